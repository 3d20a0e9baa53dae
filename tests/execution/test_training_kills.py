"""`kill -9` of a training at any moment, and a second one: the weights equal those of an uninterrupted one."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.checkpoints import Checkpoint

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

LEARNERS = Path(__file__).parent.parent / "plugins" / "learners.py"
METHOD = "tiny[dropout=0.4,steps=30]"
MOMENTS = 6
FILES = [".lock", "card.json", "losses.png", "samples.png", "weights.safetensors"]


SCRIPT = """
import torch
from pathlib import Path
from unittest.mock import patch
from inpaintbench.checkpoints import Library
from inpaintbench.execution.planning.plan import make_plan
from inpaintbench.execution.teaching.school import School
from inpaintbench.plugins import load_registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite

torch.set_num_threads(1)
parts = {"methods": (method,), "datasets": ("pictures",), "masks": ("half",), "metrics": ("psnr",)}
suite, library = Suite(name="s", size=16, **parts), Library(Path(folder))
[planned] = make_plan(suite, load_registry([plugin]), Store(Path(folder)), library=library).trainings
school = School(torch.device("cpu"), library, save_seconds=save_seconds)
with (
    patch("inpaintbench.training.loop.draw_losses", lambda folder, *rest: (folder / "losses.png").touch()),
    patch("inpaintbench.execution.teaching.material.POOL", 64),
):
    found = school.obtain(planned.training)
"""
"""Trains a method whose trainer draws from torch's own generator, and changes its optimizer in each step."""


def given(folder: Path, save_seconds: float) -> dict[str, Any]:
    """Return what the script needs to know."""
    return {"plugin": str(LEARNERS), "method": METHOD, "folder": str(folder), "save_seconds": save_seconds}


def train(folder: Path, save_seconds: float = 0.0) -> Checkpoint:
    """Train in this process."""
    names = given(folder, save_seconds)
    exec(SCRIPT, names)
    found: Checkpoint = names["found"]
    return found


def start(folder: Path) -> BaseProcess:
    """Train in another process, which saves after every step, forked from a server that has torch imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["inpaintbench.execution.teaching.school"])
    process = context.Process(target=exec, args=(SCRIPT, given(folder, 0.0)))
    process.start()
    return process


def state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return the names, sizes and times of all files below a folder."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.stat(os.path.join(base, name))  # noqa: PTH116, PTH118
            except FileNotFoundError:  # it has been renamed meanwhile
                continue
            found.append((name, status.st_size, status.st_mtime_ns))
    return tuple(sorted(found))


def watch(process: BaseProcess, folder: Path, changes: float) -> int:
    """Wait until the files below a folder have been seen to change so often, or the process has ended; count."""
    seen, last = 0, state(folder)
    while seen < changes and process.exitcode is None:
        now = state(folder)
        seen += now != last
        last = now
        process.join(0.001)  # a loop that never waits would take the processor from the training
    return seen


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Return what an uninterrupted training makes, which saves nothing."""
    return train(tmp_path_factory.mktemp("expected"), 60.0)


@pytest.fixture
def check(expected: Checkpoint) -> Callable[[Checkpoint], None]:
    """Return a function that compares a checkpoint with what an uninterrupted training has made."""

    def check(found: Checkpoint) -> None:
        assert found.weights.read_bytes() == expected.weights.read_bytes()
        timeless = ("seconds", "finished")
        assert {name: value for name, value in vars(found.card).items() if name not in timeless} == {
            name: value for name, value in vars(expected.card).items() if name not in timeless
        }
        assert (found.folder / "samples.png").read_bytes() == (expected.folder / "samples.png").read_bytes()
        assert sorted(path.name for path in found.folder.iterdir()) == FILES  # nothing half-written is left

    return check


def test_a_killed_training_is_taken_up(check: Any, tmp_path: Path) -> None:
    undisturbed = start(tmp_path / "undisturbed")
    total = watch(undisturbed, tmp_path / "undisturbed", float("inf"))
    undisturbed.join()
    assert undisturbed.exitcode == 0
    check(train(tmp_path / "undisturbed"))
    assert total > 20  # the kills below fall between so many states of the folder

    killed = 0
    lot = random.Random(0)
    for moment in range(MOMENTS):
        folder = tmp_path / str(moment)
        process = start(folder)
        watch(process, folder, lot.uniform(moment, moment + 1) / MOMENTS * total)
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        killed += process.exitcode != 0
        check(train(folder, save_seconds=lot.choice([0.0, 60.0])))
    assert killed >= MOMENTS / 2  # the others were done before the signal came


@pytest.mark.slow
def test_a_training_that_is_killed_again_and_again_gets_there(check: Any, tmp_path: Path) -> None:
    lot = random.Random(1)
    kills = 0
    while True:
        process = start(tmp_path)
        watch(process, tmp_path, lot.randint(4, 15))
        process.kill()
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        kills += 1
        assert kills < 100
    assert kills > 1
    check(train(tmp_path))


def test_whoever_waits_takes_a_killed_training_up(check: Any, tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(2)]
    while not list(tmp_path.rglob("progress.safetensors")) and any(process.is_alive() for process in processes):
        processes[0].join(0.001)
    processes[0].kill()
    for process in processes:
        process.join()

    assert processes[1].exitcode == 0
    check(train(tmp_path))
