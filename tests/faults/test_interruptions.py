"""A run that is stopped from outside, politely or not: what is scored is kept, and no process goes on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import inpaintbench
from inpaintbench.execution.jobs.job import CellJob
from inpaintbench.execution.options import Options
from inpaintbench.execution.planning.plan import PlannedCell
from inpaintbench.execution.run import run_suite
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.plugins import load_registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")

SOON = 5.0
"""Seconds within which everything has ended; it takes one or two where the machine has nothing else to do."""


@pytest.fixture
def standing(start: Any, options: list[str]) -> Callable[..., Any]:
    """Return a function that starts a run of `honest` and of a way to be hostile, and waits until it stands in that."""

    def standing(how: str) -> Any:
        running = start("run", *options, "-m", "honest", "-m", f"hostile[how={how}]")
        running.until(lambda: any(running.out.glob("cells/hostile*/*/*/*/journal.jsonl")) or running.process.exitcode)
        assert running.process.exitcode is None, running.err
        running.until(lambda: all(worker.status() in ("sleeping", "stopped") for worker in running.workers))
        return running

    return standing


def check_what_is_kept(running: Any, alone: Any, suite: dict[str, Any]) -> None:
    """Check that no process lives, that what was scored is stored, and that a run of the same begins from there."""
    running.until(lambda: not running.descendants, SOON)
    assert running.numbers("honest").equals(alone)
    (cell,) = [cell for name, cell in running.cells.items() if name != "honest"]
    assert (cell.record.status, cell.record.scored) == ("incomplete", 4)
    again = inpaintbench.run(**suite, methods=["honest"], out=running.out, isolation="none")
    assert again.complete
    assert running.temporary == []


def test_ctrl_c_ends_the_run_cleanly(standing: Any, alone: Any, suite: dict[str, Any]) -> None:
    running = standing("sleeps")
    running.signal(signal.SIGINT)
    assert running.wait(SOON) == 130
    assert running.err.endswith("Interrupted. Everything scored so far is kept; the same command goes on from there.\n")
    assert "Traceback" not in running.err
    check_what_is_kept(running, alone, suite)


def test_a_second_ctrl_c_ends_it_at_once(standing: Any, alone: Any, suite: dict[str, Any], tmp_path: Path) -> None:
    running = standing(f'sleeps_heedless,path="{tmp_path}"')
    running.signal(signal.SIGINT)
    running.until((tmp_path / "interrupted").exists)
    assert running.process.exitcode is None  # it waits for the worker, which does not care
    running.signal(signal.SIGINT)
    assert running.wait(2.5) == 130  # well below the patience that it has with a worker
    assert running.err.endswith("the same command goes on from there.\n")
    assert "Traceback" not in running.err
    check_what_is_kept(running, alone, suite)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("SIGTERM", "sleeps"),
        ("SIGKILL", "sleeps_deaf"),
        pytest.param("SIGKILL", "stops", marks=pytest.mark.slow),
    ],
    ids=["end", "kill-deaf", "kill-stopped"],
)
def test_workers_do_not_outlive_the_run(standing: Any, alone: Any, suite: dict[str, Any], name: str, how: str) -> None:
    number, running = signal.Signals[name], standing(how)
    assert running.workers
    running.signal(number)
    assert running.wait(SOON) == -number
    check_what_is_kept(running, alone, suite)


@pytest.mark.parametrize("how", [pytest.param("sleeps", marks=pytest.mark.slow), "sleeps_deaf"])
def test_a_fork_server_that_dies_ends_the_run_with_a_sentence(
    standing: Any, alone: Any, suite: dict[str, Any], how: str
) -> None:
    running = standing(how)
    running.fork_server.kill()
    assert running.wait(SOON) == 2
    assert running.err.endswith("bench: The process that starts workers has died; run the same command again.\n")
    assert "Traceback" not in running.err
    check_what_is_kept(running, alone, suite)


def test_memory_that_has_run_out_is_no_failure_before_the_smallest_batch_is_tried(
    suite: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: CellJob) -> None:
        raise KeyboardInterrupt  # the moment at which the run would go on with smaller batches

    arguments = {**suite, "methods": "hostile[how=small_batches]", "out": tmp_path, "isolation": "none"}
    with monkeypatch.context() as patch:
        patch.setattr(CellJob, "halved", killed)
        with pytest.raises(KeyboardInterrupt):
            inpaintbench.run(**arguments)
    (cell,) = Store(tmp_path).scan()
    assert (cell.record.status, cell.record.scored) == ("incomplete", 4)
    assert inpaintbench.run(**arguments).complete


class Counting(Listener):
    """Notes how many images are done."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def progressed(self, planned: PlannedCell, images: int) -> None:
        self.counts.append(images)


def test_what_is_scored_anew_is_scored_once_whatever_the_batches(suite: dict[str, Any], tmp_path: Path) -> None:
    chosen = Suite.load("embedded").replace(
        methods=("hostile[how=small_batches]",), size=16,
        **{name: tuple(suite[name]) for name in ("datasets", "masks", "metrics")},
    )  # fmt: skip
    registry, counts = load_registry(suite["plugins"]), list[list[int]]()
    for _ in range(2):
        counting = Counting()
        options = Options(device="cpu", batch_size=4, isolation="none", rerun="all")
        assert run_suite(chosen, registry, Store(tmp_path), options, counting).complete
        counts.append(counting.counts)
    assert counts == [[0, 4, *range(4, 25, 2)]] * 2
