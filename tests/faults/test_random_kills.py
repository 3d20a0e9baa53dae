"""`kill -9` of the run or of a worker, at any moment: the next run's results are those of an undisturbed run."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

import inpaintbench
from inpaintbench.report import render
from inpaintbench.results import Results
from inpaintbench.store import Store

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")

METHODS = ("honest", "hostile[how=small_batches]", "hostile[how=keeps_and_changes]")
MEASURED = ["seconds_per_image", "finished"]
"""Columns of the table that hold times, which no two runs share."""

EVENTS = 110
"""Changes of files that are seen of an undisturbed run, or somewhat more: 135 where the machine is idle."""


def table(results: Results) -> pd.DataFrame:
    """Return what `bench table --format csv` prints, but for times."""
    printed = pd.read_csv(io.StringIO(render(results.leaderboard(), "csv")), dtype=str)
    assert set(MEASURED) <= set(printed.columns)
    return printed.drop(columns=MEASURED)


def check_equal(results: Results, expected: Results) -> None:
    assert results.complete, results.failures
    pd.testing.assert_frame_equal(table(results), table(expected))
    assert len(results.cells) == len(METHODS)
    pd.testing.assert_frame_equal(
        results.records().drop(columns="seconds"), expected.records().drop(columns="seconds"), check_exact=True
    )


def state(folder: Path) -> set[tuple[str, int]]:
    """Return the names and sizes of all files below a folder."""
    found = set()
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # it has been renamed meanwhile
                found.add((f"{base}/{name}", os.stat(f"{base}/{name}").st_size))  # noqa: PTH116
    return found


def watch(running: Any, changes: float) -> int:
    """Wait until files have been seen to change so often, or the run has ended; return how often they did."""
    seen, last = 0, state(running.out)
    while seen < changes and running.process.exitcode is None:
        now = state(running.out)
        seen += now != last
        last = now
        time.sleep(0.002)  # on one processor, the run needs it too
    return seen


def _has_workers(running: Any) -> bool:
    with contextlib.suppress(StopIteration, psutil.NoSuchProcess):
        return bool(running.workers)
    return False


def kill(running: Any, victim: str) -> bool:
    """Kill the run, or one of its workers, the first if there is none yet; return whether there was one to kill."""
    with contextlib.suppress(psutil.NoSuchProcess, StopIteration, ProcessLookupError):
        if victim == "run":
            running.signal(signal.SIGKILL)
        else:
            running.until(lambda: running.process.exitcode is not None or _has_workers(running))
            worker = next(iter(running.workers))
            worker.kill()
        return True
    return False


def check_moments(start: Any, options: list[str], suite: dict[str, Any], out: Path, moments: int) -> None:
    """Kill as many runs, at moments that lie all over their course, and complete each."""
    arguments = {**suite, "methods": METHODS, "batch_size": 4, "isolation": "none"}
    expected = inpaintbench.run(**arguments, out=out)
    chosen = [option for method in METHODS for option in ("-m", method)]
    lot = random.Random(moments)

    def strike(victim: str, changes: float) -> bool:
        """Kill a run or its worker after so many changes, and check what the next run makes of it."""
        running = start("run", *options, *chosen)
        watch(running, changes)
        hit = kill(running, victim)
        code = running.wait()
        assert code in ((0, -signal.SIGKILL) if victim == "run" else (0,)), running.err
        running.until(lambda: not running.descendants)
        struck = hit and (code != 0 or "was killed from outside" in running.err)
        results = inpaintbench.run(**arguments, out=running.out)
        check_equal(results, expected)
        assert running.temporary == []
        assert len(list(Store(running.out).scan())) == len(METHODS)
        running.end()
        return struck

    for moment in range(moments):
        victim = ("run", "worker")[moment % 2]
        changes = lot.uniform(moment, moment + 1) / moments * EVENTS
        # Where the machine is busy, fewer changes are seen, and a run may be over before the signal comes.
        assert any(strike(victim, changes * share) for share in (1.0, 0.6, 0.4, 0.2, 0.1))


def test_a_few_moments(start: Any, options: list[str], suite: dict[str, Any], tmp_path: Path) -> None:
    check_moments(start, options, suite, tmp_path, 2)


@pytest.mark.slow
def test_a_hundred_moments(start: Any, options: list[str], suite: dict[str, Any], tmp_path: Path) -> None:
    check_moments(start, options, suite, tmp_path, 100)
