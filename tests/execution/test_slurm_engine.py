"""Cells as tasks of a Slurm array, in whose place submitit's local executor stands: the tasks are processes here."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest

from inpaintbench.errors import UsageError
from inpaintbench.execution.options import Options, parse_settings
from inpaintbench.store import Store

pytest.importorskip("submitit", reason="the extra `slurm` is not installed")
from inpaintbench.execution.engines.clusters.slurm.settings import device_of

pytestmark = pytest.mark.workers

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"
SLURM: dict[str, Any] = {"engine": "slurm", "slurm": {"cluster": "local"}, "isolation": "process"}


def tables(out: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the records of all cells that lie in a results folder, without what was measured of time."""
    found = {}
    for cell in Store(out).scan():
        assert cell.record.status == "complete", cell.record.error
        rows = pq.read_table(cell.folder / "images.parquet").drop_columns("seconds").to_pylist()
        found[str(cell.folder.relative_to(out))] = rows
    return found


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a run whose only cell stands at a gate, the first four of its six images being stored."""
    gate = tmp_path / "gate"
    gate.mkdir()
    command = [sys.executable, "-c", "from inpaintbench.cli import main; main()", "run", "--plugin", str(SPECIMENS)]
    command += ["-m", f"gated[path={gate}]", "-d", "drawn", "-k", "dots", "--metric", "psnr", "--size", "16"]
    command += ["--batch-size", "4", "--device", "cpu", "--isolation", "process", "--out", str(tmp_path / "out")]
    run = subprocess.Popen(
        [*command, "--engine", "slurm", "--slurm", "cluster=local"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: (gate / "arrived").exists() or run.poll() is not None)
    yield run
    (gate / "open").touch()
    run.kill()
    run.communicate()


def test_results_are_those_of_the_other_engines(run: Any, tmp_path: Path) -> None:
    given = {"methods": ["noise", "talkative"], "masks": ["dots", "center_square[side=6]"], "deterministic": True}
    run(**given, out=tmp_path / "inline")
    run(**given, out=tmp_path / "local", isolation="process")
    results = run(**given, out=tmp_path / "slurm", **SLURM)

    assert results.complete
    assert len(tables(tmp_path / "slurm")) == 4
    assert tables(tmp_path / "slurm") == tables(tmp_path / "inline") == tables(tmp_path / "local")
    assert all(cell.record.environment["deterministic"] for cell in Store(tmp_path / "slurm").scan())
    assert not list((tmp_path / "slurm" / "runs" / "slurm").iterdir())


@pytest.mark.slow
def test_a_task_that_vanishes_is_submitted_again(standing: subprocess.Popen[str], tmp_path: Path) -> None:
    [task] = [
        process
        for process in psutil.Process(standing.pid).children(recursive=True)
        if "submitit.core._submit" in process.cmdline()
    ]
    task.kill()
    (tmp_path / "gate" / "open").touch()
    _, err = standing.communicate(timeout=60)

    assert standing.returncode == 0, err
    assert err.count("tried again, with batches of 4. Its Slurm task has vanished") == 1
    [rows] = tables(tmp_path / "out").values()
    assert len(rows) == 6


@pytest.mark.slow
def test_ctrl_c_cancels_tasks_and_keeps_what_was_scored(standing: subprocess.Popen[str], tmp_path: Path) -> None:
    standing.send_signal(signal.SIGINT)
    _, err = standing.communicate(timeout=60)

    assert standing.returncode == 130, err
    [cell] = Store(tmp_path / "out").scan()
    assert (cell.record.status, cell.record.scored) == ("incomplete", 4)
    (tmp_path / "gate" / "arrived").unlink()  # whoever lives and waits at the gate writes it anew
    with pytest.raises(AssertionError, match="it does not happen"):
        wait_for((tmp_path / "gate" / "arrived").exists, seconds=0.5)


def test_a_failure_is_stored_as_such(run: Any) -> None:
    results = run(methods=["broken[how=raises]"], **SLURM)

    [cell] = results.cells
    assert (cell.record.status, cell.record.error["type"]) == ("failed", "ValueError")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cluster": "local", "fuel": 3}, "Slurm cannot be used so: Unknown argument 'fuel'"),
        ({"cluster": "local", "timeout_min": "long"}, "timeout_min"),
        ({"cluster": "cloud"}, "doesn't know any executor named cloud"),
    ],
)
def test_what_submitit_does_not_know_is_refused(run: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(**SLURM | {"slurm": settings})


@pytest.mark.parametrize(
    ("given", "device"),
    [
        ({}, "cpu"),
        ({"slurm": {"gpus_per_node": 4}}, "cuda"),
        ({"slurm": {"gres": "gpu:a100:1"}}, "cuda"),
        ({"slurm": {"slurm_gres": "nvme,gpu"}}, "cuda"),
        ({"slurm": {"gpus_per_task": "a100:2"}}, "cuda"),
        ({"slurm": {"num_gpus": 1}}, "cuda"),
        ({"slurm": {"gpus_per_node": 0}}, "cpu"),
        ({"slurm": {"gres": "gpu:0"}}, "cpu"),
        ({"slurm": {"account": "gpu", "name": "gpus", "exclude": "gpu[1-4]", "cpus_per_gpu": 4}}, "cpu"),
        ({"slurm": {"partition": "gpu"}}, "cpu"),
        ({"slurm": {"gpus_per_node": 4}, "device": "cpu"}, "cpu"),
    ],
)
def test_gpus_are_used_where_they_are_asked_for(given: dict[str, Any], device: str) -> None:
    assert device_of(Options(engine="slurm", isolation="process", **given)) == device


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=742", 742),
        ("a=00742", "00742"),
        ("a=7.5", 7.5),
        ("a=7.50", "7.50"),
        ("a=1e3", "1e3"),
        ("a=nan", "nan"),
        ("a=1_000", "1_000"),
        ("a=b=c", "b=c"),
        ("srun_args=--mpi=none", ("--mpi=none",)),
    ],
)
def test_only_what_a_number_would_be_written_like_is_one(text: str, value: object) -> None:
    [found] = parse_settings([text]).values()
    assert (found, type(found)) == (value, type(value))


def test_a_parameter_that_is_given_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="partition is given twice: as a, and as b"):
        parse_settings(["partition=a", "partition=b"])


@pytest.mark.parametrize("text", ["partition", "partition=", "=gpu", "a b=1"])
def test_a_parameter_without_name_or_value_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected KEY=VALUE"):
        parse_settings([text])
