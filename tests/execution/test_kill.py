"""`kill -9` at any moment, and a second run: the results equal those of an uninterrupted run bit for bit."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import inpaintbench
from inpaintbench.results import Results

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

MOMENTS = 12
MEASURED = ["seconds_per_image", "finished"]
"""Columns of the table that hold times, which no two runs share."""


@pytest.fixture
def arguments(small: dict[str, Any]) -> dict[str, Any]:
    """Return a run of four cells in three batches each, with two pictures that cannot be decoded."""
    return small | {
        "methods": ["slow", "talkative"],
        "datasets": ["drawn[fault=unreadable]"],
        "masks": ["dots", "center_square[side=8]"],
        "batch_size": 2,
        "samples": 1,
    }


def start(arguments: Mapping[str, Any], out: Path) -> BaseProcess:
    """Start a run in another process, forked from a server that has torch imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["inpaintbench.execution.run", "inpaintbench.metrics.ssim", "pyarrow.parquet"])
    process = context.Process(target=inpaintbench.run, kwargs={**arguments, "out": out})
    process.start()
    return process


def state(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return the names and sizes of all files below a folder."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                found.append((os.path.join(base, name), os.stat(os.path.join(base, name)).st_size))  # noqa: PTH116, PTH118
            except FileNotFoundError:  # it has been renamed meanwhile
                continue
    return tuple(sorted(found))


def watch(process: BaseProcess, folder: Path, changes: float) -> int:
    """Wait until the files below a folder have been seen to change so often, or the process has ended; count."""
    seen, last = 0, state(folder)
    while seen < changes and process.exitcode is None:
        now = state(folder)
        seen += now != last
        last = now
    return seen


def files(results: Results) -> set[str]:
    """Return the names of all files, those apart that each run leaves of itself."""
    root = results.store.root
    found = {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
    return {str(path) for path in found if path.parts[0] != "runs" or path.suffix == ".partial"}


def check_equal(results: Results, expected: Results) -> None:
    assert results.complete
    for cell, other in zip(results.cells, expected.cells, strict=True):
        table, wanted = (pq.read_table(one.folder / "images.parquet") for one in (cell, other))
        assert table.schema == wanted.schema
        assert table.drop_columns("seconds").equals(wanted.drop_columns("seconds"))
        assert cell.record.means == other.record.means
        counts = ("expected", "scored", "unreadable", "unconverged", "clamped", "identity", "status")
        assert [getattr(cell.record, name) for name in counts] == [getattr(other.record, name) for name in counts]
        for sample in sorted((other.folder / "samples").iterdir()):
            assert (cell.folder / "samples" / sample.name).read_bytes() == sample.read_bytes()
    pd.testing.assert_frame_equal(
        results.table().drop(columns=MEASURED), expected.table().drop(columns=MEASURED), check_exact=True
    )
    assert files(results) == files(expected)  # nothing half-written is left


def test_a_killed_run_is_completed_by_the_next_one(arguments: dict[str, Any], tmp_path: Path) -> None:
    expected = inpaintbench.run(**arguments, out=tmp_path / "expected")
    undisturbed = start(arguments, tmp_path / "undisturbed")
    total = watch(undisturbed, tmp_path / "undisturbed", float("inf"))
    undisturbed.join()
    assert undisturbed.exitcode == 0
    assert total > 20  # the kills below fall between so many states of the folder

    killed = 0
    lot = random.Random(0)
    for moment in range(MOMENTS):
        out = tmp_path / str(moment)
        process = start(arguments, out)
        watch(process, out, lot.uniform(moment, moment + 1) / MOMENTS * 0.9 * total)
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL)
        killed += process.exitcode != 0
        check_equal(inpaintbench.run(**arguments, out=out), expected)
    assert killed >= MOMENTS / 3  # the others were done before the signal came


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_gets_there(arguments: dict[str, Any], tmp_path: Path) -> None:
    expected = inpaintbench.run(**arguments, out=tmp_path / "expected")
    lot = random.Random(1)
    kills = 0
    while True:
        process = start(arguments, tmp_path / "out")
        watch(process, tmp_path / "out", lot.randint(3, 25))
        process.kill()
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        kills += 1
        assert kills < 100
    assert kills > 2
    check_equal(inpaintbench.run(**arguments, out=tmp_path / "out"), expected)


def test_a_killed_repetition_leaves_the_complete_result(arguments: dict[str, Any], tmp_path: Path) -> None:
    expected = inpaintbench.run(**arguments, out=tmp_path / "out")
    tables = {cell.folder: (cell.folder / "images.parquet").read_bytes() for cell in expected.cells}
    process = start({**arguments, "rerun": "all"}, tmp_path / "out")
    first = expected.cells[0].folder / "journal.jsonl"
    while process.exitcode is None and not first.exists():
        pass
    process.kill()
    process.join()

    after = inpaintbench.run(**arguments, out=tmp_path / "out")
    assert after.complete
    assert {cell.folder: (cell.folder / "images.parquet").read_bytes() for cell in after.cells} == tables
    check_equal(inpaintbench.run(**arguments, out=tmp_path / "out", rerun="all"), expected)
