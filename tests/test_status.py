"""How far a run is, as its results folder shows it: each state of a cell, and what is left to do."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import StoreError
from inpaintbench.logbook import Logbook, LoggedCell
from inpaintbench.records import CellRecord
from inpaintbench.status import CellSeen, CellState, Overview, look
from inpaintbench.store import CellWriter, Store

BEFORE, LATER = "2001-01-01T00:00:00.000+00:00", "2999-01-01T00:00:00.000+00:00"
BATCH: list[dict[str, Any]] = [{"item": "a.png", "index": 0}, {"item": "b.png", "index": 1}]
BAD = [{"item": "c.png", "reason": "it is cut short"}]


def cell(name: str) -> LoggedCell:
    return LoggedCell(name, "photos", "circle", "00", 10)


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
        writer.seal(record(name, status, **changes))
    elif status != "incomplete":
        writer.fail(record(name, status, **changes))
    writer.close()
    return writer.folder


def seen(overview: Overview) -> dict[str, tuple[CellState, int, str]]:
    return {one.cell.method: (one.state, one.done, one.why) for one in overview.cells}


def test_each_cell_of_a_running_run_is_told_by_what_lies_there(tmp_path: Path) -> None:
    names = ["done", "broken", "large", "slow", "wrong", "started", "beaten", "halved", "absent", "spoilt"]
    store(tmp_path, "halved", "incomplete", batches=1, started=BEFORE)
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
        journal = folder / "journal.jsonl"
        sealed = json.dumps({"sealed": record("done", "complete").to_json()})
        journal.write_text(journal.read_text() + sealed + "\n")  # a reader that mends would publish it
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
    with Logbook.open(tmp_path, "embedded", map(cell, names)):  # with --fail-fast it ends at once
        pass
    found = {name: state for name, (state, _, _) in seen(look(tmp_path)).items()}
    assert found == {"old": "complete", "retried": "failed", "again": "complete", "worse": "oom"}


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


def overview(state: str, seconds: float, *cells: tuple[CellState, int]) -> Overview:
    from types import SimpleNamespace

    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    run: Any = SimpleNamespace(state=state, started=at - datetime.timedelta(seconds=seconds))
    return Overview((run,), tuple(CellSeen(cell("x"), Path(), kind, done) for kind, done in cells), at)


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
    (store(tmp_path, "spoilt", "complete") / "cell.json").write_text('{"schema": 2}')
    found = look(tmp_path)

    assert found.newest is None
    assert found.counts == {"complete": 2, "failed": 1, "interrupted": 1, "unknown": 1}
    assert (found.planned_images, found.done_images) == (40, 23)
    assert "newer inpaintbench" in found.failures[1].why
    assert found.failures[1].cell.title == "spoilt × photos × circle"
    assert look(tmp_path / "nowhere").cells == ()


@pytest.mark.parametrize(
    "changes", [{"status": "perfect"}, {"finished": "yesterday"}, {"error": "no"}, {"status": None}]
)
def test_a_cell_that_says_nonsense_is_unknown(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = store(tmp_path, "odd", "failed") / "cell.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with Logbook.open(tmp_path, "embedded", [cell("odd")]):
        assert look(tmp_path).counts == {"unknown": 1}


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
    assert look(tmp_path, problems).cells == ()
    assert "000003/plan.json is damaged" in str(problems[-1])
    with pytest.raises(StoreError, match="is damaged"):
        look(tmp_path)
