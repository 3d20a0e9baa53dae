"""How far a run is, as its results folder shows it: each state of a cell, and what is left to do."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import StoreError
from inpaintbench.integrity import sealed
from inpaintbench.journal import Journal
from inpaintbench.logbook import Logbook, LoggedCell
from inpaintbench.records import CellRecord
from inpaintbench.status import CellSeen, CellState, Overview, look
from inpaintbench.store import Store

BEFORE, LATER = "2001-01-01T00:00:00.000+00:00", "2999-01-01T00:00:00.000+00:00"
BATCH: list[dict[str, Any]] = [
    {"item": item, "index": index, "seconds": 0.1, "clamped": False, "converged": None}
    for index, item in enumerate(("a.png", "b.png"))
]
BAD = [{"item": "c.png", "reason": "it is cut short"}]


def cell(name: str, stored: str | None = None, failed: str | None = None) -> LoggedCell:
    return LoggedCell(name, "photos", "circle", "00", 10, stored, failed)


def record(name: str, status: str, **changes: Any) -> CellRecord:
    given: dict[str, Any] = {"key": "00", "status": status, "method": name, "dataset": "photos", "mask": "circle"}
    given |= {"size": 64, "seed": 0, "limit": None, "protocol": 1, "identity": {}, "metrics": (), "expected": 10}
    if status not in ("complete", "incomplete"):
        given["error"] = {"type": "ValueError", "message": f"{name} is tired"}
    return CellRecord(**given | {"scored": 10, "started": LATER, "finished": LATER} | changes)


def store(root: Path, name: str, status: str, *, batches: int = 0, **changes: Any) -> Path:
    """Store a cell as a run does, or leave it half-done."""
    writer = CellWriter(Store(root).folder(name, "photos", "circle", "00")).open()
    writer.begin(record(name, "incomplete", **changes))
    for _ in range(batches):
        writer.append(BATCH, BAD)
    if status == "complete":
        writer.seal(record(name, status, **{"scored": 2 * batches, "unreadable": tuple(BAD * batches)} | changes))
    elif status != "incomplete":
        writer.fail(record(name, status, **changes))
    writer.close()
    return writer.folder


def seen(overview: Overview) -> dict[str, tuple[CellState, int, str]]:
    return {one.cell.method: (one.state, one.done, one.why) for one in overview.cells}


def test_each_cell_of_a_running_run_is_told_by_what_lies_there(tmp_path: Path) -> None:
    names = ["done", "broken", "large", "slow", "wrong", "started", "beaten", "halved", "absent", "spoilt"]
    store(tmp_path, "halved", "incomplete", batches=1, finished=BEFORE)
    with Logbook.open(tmp_path, "embedded", map(cell, names)) as book:
        store(tmp_path, "done", "complete", batches=1)
        for name, status in (("broken", "failed"), ("large", "oom"), ("slow", "timeout"), ("wrong", "invalid-output")):
            store(tmp_path, name, status, batches=1)
        store(tmp_path, "started", "incomplete", batches=2)
        book.beat([f"{name} × photos × circle" for name in ("beaten", "done")])
        (store(tmp_path, "spoilt", "complete") / "cell.json").write_text("{")
        overview = look(tmp_path)

    found = seen(overview)
    [(state, done, why)] = [found.pop("spoilt")]
    assert (state, done) == ("unknown", 0)
    assert "cell.json is damaged" in why
    assert found == {
        "done": ("complete", 10, ""),
        "broken": ("failed", 0, "broken is tired"),
        "large": ("oom", 0, "large is tired"),
        "slow": ("timeout", 0, "slow is tired"),
        "wrong": ("invalid-output", 0, "wrong is tired"),
        "started": ("running", 6, ""),
        "beaten": ("running", 0, ""),
        "halved": ("interrupted", 3, ""),
        "absent": ("not started", 0, ""),
    }
    assert list(overview.counts.items())[:2] == [("complete", 1), ("running", 2)]
    assert sum(overview.counts.values()) == 10
    assert (overview.planned_images, overview.done_images) == (100, 19)
    assert [one.cell.method for one in overview.failures] == ["broken", "large", "slow", "wrong", "spoilt"]


def test_looking_writes_nothing_and_takes_no_lock_of_a_cell(tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "embedded", [cell("done"), cell("absent")]):
        folder = store(tmp_path, "done", "incomplete", batches=1)
        journal = Journal(folder / "journal.jsonl")
        journal.append_sealed(record("done", "complete", scored=2, unreadable=BAD).to_json())
        assert journal.sealed() is not None  # a reader that mends would publish it
        (folder / ".lock").unlink()
        before = sorted(tmp_path.rglob("*"))
        look(tmp_path)
        assert sorted(tmp_path.rglob("*")) == before


def test_what_was_stored_before_a_run_is_still_to_be_done_by_it(tmp_path: Path) -> None:
    store(tmp_path, "old", "complete", finished=BEFORE)
    store(tmp_path, "retried", "failed", finished=BEFORE)
    store(tmp_path, "again", "complete", finished=BEFORE)
    store(tmp_path, "worse", "complete", finished=BEFORE)
    names = ["old", "retried", "again", "worse"]
    book = Logbook.open(tmp_path, "embedded", map(cell, names))
    writer = CellWriter(Store(tmp_path).folder("again", "photos", "circle", "00")).open()
    writer.append(BATCH)
    writer.close()
    store(tmp_path, "worse", "oom", finished=LATER)
    expected = {
        "old": ("not started", 0, ""),
        "retried": ("not started", 0, ""),
        "again": ("interrupted", 2, ""),
        "worse": ("oom", 0, "worse is tired"),
    }
    assert seen(look(tmp_path)) == expected
    book.beat([f"{name} × photos × circle" for name in ("old", "worse")])
    assert seen(look(tmp_path)) == expected | {"old": ("running", 0, "")}

    book.end("interrupted", {})
    assert seen(look(tmp_path)) == expected
    with Logbook.open(tmp_path, "embedded", map(cell, names)):  # so ended earlier versions with --fail-fast
        pass
    found = {name: state for name, (state, _, _) in seen(look(tmp_path)).items()}
    assert found == {"old": "complete", "retried": "failed", "again": "complete", "worse": "oom"}


def test_what_a_run_has_done_is_told_without_the_clocks(tmp_path: Path) -> None:
    """The run's cells are done by a machine whose clock is far behind, or was set back."""
    at = [f"2020-01-01T00:00:{second:02d}.000+00:00" for second in range(10)]
    stored = {"old": at[0], "redone": at[1], "worse": at[2], "tired": at[3], "retired": at[4], "halved": at[5]}
    for name, finished in stored.items():
        store(tmp_path, name, "incomplete" if name == "halved" else "complete", batches=1, finished=finished)
    for name, finished in (("tired", at[6]), ("retired", at[7])):
        store(tmp_path, name, "oom", finished=finished)  # beside a complete result
    failed = {"tired": at[6], "retired": at[7]}
    cells = [cell(name, finished, failed.get(name, "")) for name, finished in stored.items()]
    with Logbook.open(tmp_path, "embedded", [*cells, cell("new", "", ""), cell("begun", "", "")]):
        store(tmp_path, "redone", "complete", batches=1, finished=BEFORE)
        store(tmp_path, "worse", "oom", finished=BEFORE)
        store(tmp_path, "retired", "timeout", finished=BEFORE)
        store(tmp_path, "new", "complete", batches=1, finished=BEFORE)
        store(tmp_path, "begun", "incomplete", batches=2, finished=BEFORE)
        found = seen(look(tmp_path))

    assert found == {
        "old": ("not started", 0, ""),
        "redone": ("complete", 10, ""),
        "worse": ("oom", 0, "worse is tired"),
        "tired": ("not started", 0, ""),
        "retired": ("timeout", 0, "retired is tired"),
        "halved": ("interrupted", 3, ""),
        "new": ("complete", 10, ""),
        "begun": ("running", 6, ""),
    }


def test_what_a_run_could_not_store_is_not_shown_as_done(tmp_path: Path) -> None:
    store(tmp_path, "refused", "complete", finished=LATER)
    with Logbook.open(tmp_path, "embedded", [cell("refused", LATER, "")]):
        pass
    assert seen(look(tmp_path)) == {"refused": ("not started", 0, "")}


def test_a_result_that_takes_the_place_of_another_is_never_unknown(tmp_path: Path) -> None:
    folder = store(tmp_path, "again", "complete", batches=1, finished=BEFORE)
    with Logbook.open(tmp_path, "embedded", [cell("again", BEFORE, "")]) as book:
        writer = CellWriter(folder).open()
        writer.append(BATCH)
        writer.journal.append_sealed(record("again", "complete", scored=2).to_json())
        (folder / "images.parquet").write_bytes(b"of another size")  # the table comes first, and then its record
        assert look(tmp_path).counts == {"interrupted": 1}
        book.beat(["again × photos × circle"])
        assert look(tmp_path).counts == {"running": 1}
        writer.close()
        CellWriter(folder).open().close()  # whoever opens it puts the rest in place
        assert look(tmp_path).counts == {"complete": 1}


def test_nothing_runs_in_a_run_that_was_killed(tmp_path: Path) -> None:
    book = Logbook.open(tmp_path, "embedded", [cell("beaten"), cell("started")])
    book.beat(["beaten × photos × circle"])
    for name in ("beaten", "started"):
        store(tmp_path, name, "incomplete", batches=1)
    assert look(tmp_path).counts == {"running": 2}

    book._lock.release()  # as a kill does
    overview = look(tmp_path)
    assert overview.counts == {"interrupted": 2}
    assert overview.newest is not None
    assert overview.newest.state == "killed"
    assert overview.seconds_left is None
    assert not overview.nothing_left

    path = book.folder / "plan.json"
    path.write_text(path.read_text().replace(json.dumps(platform.node()), '"elsewhere"'))
    for name in ("plan.json", "beat.json"):
        os.utime(book.folder / name, (0, 0))
    overview = look(tmp_path)
    assert overview.newest is not None
    assert (overview.newest.state, overview.counts, overview.seconds_left) == ("silent", {"interrupted": 2}, None)


@pytest.mark.parametrize(
    ("statuses", "nothing_left"),
    [
        (("complete", "complete"), True),
        (("complete", "oom"), True),
        (("complete", "incomplete"), False),
        (("complete",), False),
    ],
)
def test_of_a_killed_run_that_all_has_been_done_is_seen(
    tmp_path: Path, statuses: tuple[str, ...], nothing_left: bool
) -> None:
    book = Logbook.open(tmp_path, "embedded", [cell("a", "", ""), cell("b", "", "")])
    book._lock.release()  # as a kill does
    for name, status in zip("ab", statuses, strict=False):
        store(tmp_path, name, status, batches=1)
    assert look(tmp_path).nothing_left is nothing_left


def overview(state: str, seconds: float, *cells: tuple[CellState, int]) -> Overview:
    from types import SimpleNamespace

    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    run: Any = SimpleNamespace(state=state, started=at - datetime.timedelta(seconds=seconds))
    return Overview((run,), tuple(CellSeen(cell("x"), Path(), kind, done) for kind, done in cells), at, run, run)


def test_the_time_left_follows_the_pace_since_the_run_began() -> None:
    cells: tuple[tuple[CellState, int], ...] = (("complete", 10), ("running", 5), ("not started", 0), ("failed", 0))
    # 15 of the 30 images that count are done in 60 seconds, so that 15 more take as long
    assert overview("running", 60, *cells).seconds_left == 60
    # of those 5 of an interrupted cell that another run has done, this one need not do
    assert overview("running", 60, *cells, ("interrupted", 5)).seconds_left == pytest.approx(80)
    assert overview("running", 60, ("not started", 0)).seconds_left is None
    assert overview("running", -60, *cells).seconds_left is None  # the clock was set back
    assert overview("ended", 60, *cells).seconds_left is None
    assert overview("running", 60, ("complete", 10)).seconds_left == 0


def test_without_a_run_the_stored_cells_are_counted(tmp_path: Path) -> None:
    store(tmp_path, "done", "complete")
    store(tmp_path, "broken", "failed")
    store(tmp_path, "halved", "incomplete", batches=1)
    store(tmp_path, "kept", "complete", finished=BEFORE)
    store(tmp_path, "kept", "oom")  # beside a complete result, which stays
    (store(tmp_path, "spoilt", "complete") / "cell.json").write_text('{"schema": 99}')
    found = look(tmp_path)

    assert (found.newest, found.planned_by, found.lost, found.nothing_left) == (None, None, "", False)
    assert found.counts == {"complete": 2, "failed": 1, "interrupted": 1, "unknown": 1}
    assert (found.planned_images, found.done_images) == (40, 23)
    assert "newer inpaintbench" in found.failures[1].why
    assert found.failures[1].cell.title == "spoilt × photos × circle"
    assert look(tmp_path / "nowhere").cells == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "perfect"},
        {"finished": "yesterday"},
        {"error": "no"},
        {"status": None},
        {"key": "01"},
        {"schema": 99},
    ],
)
def test_a_cell_that_says_nonsense_is_unknown(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = store(tmp_path, "odd", "failed") / "cell.json"
    path.write_text(json.dumps(sealed(json.loads(path.read_text()) | changes)))
    with Logbook.open(tmp_path, "embedded", [cell("odd")]):
        assert look(tmp_path).counts == {"unknown": 1}


def altered(folder: Path) -> None:
    path = folder / "cell.json"
    path.write_text(path.read_text().replace('"scored": 2', '"scored": 3'))


def nested(folder: Path) -> None:
    (folder / "cell.json").write_text("[" * 100_000)


def without_table(folder: Path) -> None:
    (folder / "images.parquet").unlink()


def with_nested_failure(folder: Path) -> None:
    (folder / "failure.json").write_text("[" * 100_000)


@pytest.mark.parametrize("spoil", [altered, nested, without_table, with_nested_failure])
def test_a_cell_that_was_damaged_is_unknown(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(store(tmp_path, "spoilt", "complete", batches=1, finished=BEFORE))
    with Logbook.open(tmp_path, "embedded", [cell("spoilt", BEFORE, "")]):
        found = look(tmp_path)
    assert found.counts == {"unknown": 1}
    assert found.unreadable == found.failures


def test_the_newest_run_counts_and_damaged_ones_are_named(tmp_path: Path) -> None:
    for name in ("first", "second", "third"):
        with Logbook.open(tmp_path, name, [cell(name)]):
            pass
    (tmp_path / "runs/000001/plan.json").write_text("{")
    problems: list[StoreError] = []
    found = look(tmp_path, problems)
    assert ([run.suite for run in found.runs], list(seen(found))) == (["second", "third"], ["third"])
    assert "000001/plan.json is damaged" in str(problems[0])

    path = tmp_path / "runs/000003/plan.json"
    path.write_text(path.read_text().replace('"images": 10', '"images": "ten"'))
    store(tmp_path, "old", "complete", batches=1)
    found = look(tmp_path, problems)
    assert found.newest is not None
    assert (found.newest.suite, found.planned_by, found.lost) == ("third", None, "")
    assert list(seen(found)) == ["old"]  # rather than nothing at all
    assert "000003/plan.json is damaged" in str(problems[-1])
    with pytest.raises(StoreError, match="is damaged"):
        look(tmp_path)


@pytest.mark.parametrize("content", ["{", '{"schema": 99, "cells": [\n]}'])
def test_an_older_run_is_not_taken_for_the_newest(tmp_path: Path, content: str) -> None:
    for name in ("first", "second"):
        with Logbook.open(tmp_path, name, [cell(name)]):
            pass
    store(tmp_path, "stored", "complete", batches=1)
    (tmp_path / "runs/000002/plan.json").write_text(content)
    problems: list[StoreError] = []
    found = look(tmp_path, problems)

    assert [run.suite for run in found.runs] == ["first"]
    assert (found.newest, found.planned_by, found.lost, len(problems)) == (None, None, "000002", 1)
    assert seen(found) == {"stored": ("complete", 10, "")}


def test_without_the_plan_of_a_run_that_lives_its_beat_tells_what_runs(tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "embedded", [cell("a"), cell("b")]) as book:
        for name in "ab":
            store(tmp_path, name, "incomplete", batches=1)
        book.beat(["a × photos × circle"])
        path = book.folder / "plan.json"
        path.write_text(path.read_text()[:-5])
        found = {name: state for name, (state, _, _) in seen(look(tmp_path, [])).items()}
    assert found == {"a": "running", "b": "interrupted"}


def test_a_folder_that_cannot_be_looked_into_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        store(tmp_path, name, "complete", batches=1)
    closed, scandir = tmp_path / "cells/a/photos", os.scandir

    def refuse(path: Path) -> Any:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    problems: list[StoreError] = []
    assert list(seen(look(tmp_path, problems))) == ["b"]
    assert [f"{closed} cannot be read" in str(problem) for problem in problems] == [True]
    with pytest.raises(StoreError, match="Permission denied"):
        look(tmp_path)
