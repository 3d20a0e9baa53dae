from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import StoreError
from inpaintbench.records import CellRecord, ImageRecord, MetricColumn
from inpaintbench.store import Store

METRIC = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)
BATCHES: list[list[ImageRecord]] = [
    [{"item": "a.png", "index": 0, "psnr": 20.25}, {"item": "Ü 😀.png", "index": 1, "psnr": 30.5}],
    [{"item": "c.png", "index": 2, "psnr": None}, {"item": "d.png", "index": 3, "psnr": 10.75}],
]
UNREADABLE = {"item": "bad.png", "reason": "it is cut short"}


def record(status: str = "complete", **changes: Any) -> CellRecord:
    given: dict[str, Any] = {
        "key": "0123456789abcdef",
        "status": status,
        "method": "tv",
        "dataset": "photos",
        "mask": "center_square[side=20]",
        "size": 64,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "identity": {"size": 64},
        "metrics": (METRIC,),
        "expected": 5,
        "scored": 4,
        "unreadable": (UNREADABLE,),
    }
    return CellRecord(**(given | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Store(tmp_path).folder("tv", "photos", "center_square[side=20]", "0123456789abcdef")


def read(folder: Path) -> CellRecord:
    stored = Store(folder.parents[4]).read(folder)
    assert stored is not None
    return stored.record


def score(writer: CellWriter) -> None:
    """Append what a run appends: every batch that is not stored yet."""
    stored = len(list(writer.journal.batches()))
    for position in range(stored, len(BATCHES)):
        writer.append(BATCHES[position], [UNREADABLE] if position else [])


def run(folder: Path, **changes: Any) -> CellRecord:
    """Store a cell as a run does."""
    writer = CellWriter(folder).open()
    try:
        writer.begin(record("incomplete", scored=0, unreadable=()))
        score(writer)
        return writer.seal(record(**changes))
    finally:
        writer.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != ".lock"}


def snapshots(folder: Path, into: Path, at_every_step: Any, action: Callable[[], object]) -> list[Path]:
    """Copy the folder before and after every step by which `action` changes it: what a kill there would leave."""
    states: list[Path] = []

    def copy() -> None:
        if folder.exists():
            state = into / str(len(states)) / "cells/tv/photos/center_square[side=20]" / folder.name
            shutil.copytree(folder, state, ignore=shutil.ignore_patterns(".lock"))
            if states and contents(states[-1]) == contents(state):
                shutil.rmtree(state)
            else:
                states.append(state)

    at_every_step(copy, action)
    return states


def test_a_run_killed_at_any_step_is_taken_up_and_ends_in_the_same_files(
    folder: Path, tmp_path: Path, at_every_step: Any
) -> None:
    states = snapshots(folder, tmp_path / "killed", at_every_step, lambda: run(folder))
    seen: set[str] = set()

    assert len(states) > 12
    for state in states:
        stored = Store(state.parents[4]).read(state)
        seen.add(stored.record.status if stored else "nothing")
        if stored and stored.record.status == "complete":
            assert contents(state) == contents(folder)
        elif stored:
            assert stored.record.scored in (0, 2, 4)
            assert len(stored.images()) == 0
        run(state)
        assert contents(state) == contents(folder)
    assert seen == {"nothing", "incomplete", "complete"}


def test_a_second_run_killed_at_any_step_leaves_the_first_result_or_its_own(
    folder: Path, tmp_path: Path, at_every_step: Any
) -> None:
    run(folder, timing={"run": 1})
    first = contents(folder)
    failing = CellWriter(folder).open()
    failing.fail(record("failed"))
    failing.close()
    states = snapshots(folder, tmp_path / "killed", at_every_step, lambda: run(folder, timing={"run": 2}))
    second = contents(folder)

    assert second["cell.json"] != first["cell.json"]
    assert "failure.json" not in second
    seen: set[int] = set()
    for state in states:
        number = read(state).timing["run"]
        seen.add(number)
        assert contents(state)["cell.json"] == (first if number == 1 else second)["cell.json"]
        assert contents(state)["images.parquet"] == first["images.parquet"]
        run(state, timing={"run": 2})
        assert contents(state) == second
    assert seen == {1, 2}


@pytest.mark.parametrize(
    ("owner", "name", "steps"),
    [
        (Path, "replace", 3),
        pytest.param(os, "fsync", 5, marks=pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="syncs fewer")),
        (Path, "unlink", 4),
    ],
)
def test_a_disk_that_fails_at_any_step_of_sealing_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, steps: int
) -> None:
    function = getattr(owner, name)
    for failing in range(steps):
        calls = iter(range(100))

        def step(*arguments: Any, calls: Iterator[int] = calls, failing: int = failing, **options: Any) -> Any:
            if next(calls) == failing:
                raise OSError(28, "No space left on device")
            return function(*arguments, **options)

        shutil.rmtree(folder, ignore_errors=True)
        writer = CellWriter(folder).open()
        writer.begin(record("incomplete", scored=0))
        score(writer)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, step)
            with pytest.raises(StoreError, match=rf"{folder.name} cannot be written: \[Errno 28\]"):
                writer.seal(record())
        writer.close()
        assert read(folder).scored == 4
        run(folder)
        assert dataclasses.replace(read(folder), table={}) == record(means={"psnr": 20.5})
        assert set(contents(folder)) == {"cell.json", "images.parquet"}


def test_what_a_killed_run_has_half_written_is_removed(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in (".cell.json.partial", ".failure.json.partial", ".images.parquet.new.partial", "images.parquet.new"):
        (folder / name).write_bytes(b"half")
    CellWriter(folder).open().close()

    assert contents(folder) == {}


SECOND = """
import sys
from pathlib import Path
from inpaintbench.cell_writer import CellWriter
writer = CellWriter(Path(sys.argv[1])).open()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_is_refused_until_the_first_one_is_dead(folder: Path) -> None:
    run(folder)
    command = [sys.executable, "-c", SECOND, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="is being written by another run; wait for it, or choose another --out"):
            CellWriter(folder).open()
        assert read(folder).status == "complete"
        other.kill()
    CellWriter(folder).open().close()


def test_a_cell_is_read_while_its_writer_is_publishing_it(folder: Path) -> None:
    writer = CellWriter(folder).open()
    writer.begin(record("incomplete", scored=0))
    score(writer)
    writer.journal.append_sealed(record().to_json())

    assert (read(folder).status, read(folder).scored) == ("incomplete", 4)
    writer.close()
    assert read(folder).status == "complete"


def test_a_result_is_read_at_every_step_by_which_another_takes_its_place(folder: Path, at_every_step: Any) -> None:
    run(folder, timing={"run": 1})
    before = Store(folder.parents[4]).read(folder)
    assert before is not None
    sizes: set[int] = set()
    runs: set[int] = set()

    def look() -> None:
        cell = Store(folder.parents[4]).read(folder)
        assert cell is not None
        runs.add(cell.record.timing["run"])
        for stored in (cell, before):  # who has read the record earlier reads what is there now
            sizes.add(len(stored.images()))
            stored.verify()

    def publish() -> None:
        writer = CellWriter(folder).open()
        writer.append(BATCHES[0])
        writer.seal(record(scored=2, unreadable=(), timing={"run": 2}))
        writer.close()

    at_every_step(look, publish)
    assert (runs, sizes) == ({1, 2}, {4, 2})
