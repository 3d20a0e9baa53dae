"""Looking at a results folder: which runs it tells of, and what has become of each cell of the newest."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from inpaintbench.errors import StoreError
from inpaintbench.journal import Journal
from inpaintbench.logbook import LoggedCell, RunSeen, read_runs
from inpaintbench.logbook.files import PLAN, explaining, read_file
from inpaintbench.records import SCHEMA, CellRecord
from inpaintbench.status.overview import CellSeen, CellState, Overview
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

CELL: Final = "cell.json"
FAILURE: Final = "failure.json"
JOURNAL: Final = "journal.jsonl"


def look(root: Path, problems: list[StoreError] | None = None) -> Overview:
    """Look at what goes on in a results folder.

    Args:
        root: the folder.
        problems: receives an error for each run that cannot be read, and for each folder; without it the first one is
            raised. A cell that cannot be read is `unknown`.

    Raises:
        StoreError: if a run's files are damaged, or come from a newer version of this package, or if a folder cannot be
            looked into.
    """
    unread: dict[Path, StoreError] = {}
    runs = read_runs(root, None if problems is None else unread)
    at = datetime.datetime.now(datetime.UTC)
    lost = next(reversed(unread), None)  # they come oldest first
    if lost is not None and runs and int(lost.name) < int(runs[-1].folder.name):
        lost = None
    newest = runs[-1] if runs and lost is None else None
    cells, planned_by = None, newest
    if newest is not None:
        try:
            cells = tuple(_see_planned(Store(root), newest))
        except StoreError as error:
            if problems is None:
                raise
            unread[newest.folder], planned_by = error, None
    if problems is not None:
        problems += unread.values()
    if cells is None:
        cells = tuple(_see_stored(Store(root), runs, problems))
    return Overview(tuple(runs), cells, at, planned_by, newest, lost.name if lost else "")


def _see_planned(store: Store, run: RunSeen) -> Iterator[CellSeen]:
    running = frozenset(run.now if run.state == "running" else ())
    for cell in run.cells:
        with explaining(run.folder / PLAN):
            folder = store.folder(cell.method, cell.dataset, cell.mask, cell.key)
        try:
            yield _see(cell, _read(folder), folder, run, running)
        except StoreError as error:
            yield CellSeen(cell, folder, "unknown", why=str(error))


def _see_stored(store: Store, runs: Iterable[RunSeen], problems: list[StoreError] | None) -> Iterator[CellSeen]:
    running = frozenset(title for run in runs if run.state == "running" for title in run.now)
    for folder in store.folders(problems):
        mask, dataset, method = (place.name for place in folder.parents[:3])
        cell = LoggedCell(method, dataset, mask, folder.name, 0)  # as the folders are called, which may be shortened
        try:
            if (record := _read(folder)) is not None:
                cell = LoggedCell(record.method, record.dataset, record.mask, folder.name, record.expected)
                yield _see(cell, record, folder, None, running)
        except StoreError as error:
            yield CellSeen(cell, folder, "unknown", why=str(error))


def _read(folder: Path) -> CellRecord | None:
    """Return what is stored of a cell; None if nothing is.

    Raises:
        StoreError: if it cannot be read.
    """
    with explaining(folder / CELL):
        stored = StoredCell.at(folder)
    return None if stored is None else stored.record


def _see(
    cell: LoggedCell, record: CellRecord | None, folder: Path, run: RunSeen | None, running: Collection[str]
) -> CellSeen:
    """Look at one cell.

    Args:
        cell: which.
        record: what is stored of it.
        folder: where.
        run: that is to do it; None if that is not known.
        running: titles of those that somebody is at.

    Raises:
        StoreError: if what lies beside the record cannot be read.
    """
    with explaining(folder):
        state, why = _state(cell, record, folder, run, cell.title in running)
        done = _count(folder, state, cell.images)
    return CellSeen(cell, folder, state, done, why)


def _state(
    cell: LoggedCell, record: CellRecord | None, folder: Path, run: RunSeen | None, running: bool
) -> tuple[CellState, str]:
    """Say what has become of a cell, and why it failed. What was stored before the run began, it is still to do."""
    if record is None:
        return "running" if running else "not started", ""
    new = run is None or _is_new(record, cell.stored, run)
    if record.status == "incomplete":
        begun = new and run is not None and run.state == "running"  # since the last beat
        return "running" if running or begun else "interrupted", ""
    if new:  # the last beat may still have it among the running
        return record.status, _message(record)
    later = _read_failure(folder) if record.status == "complete" else None  # an attempt beside an earlier result
    if later is not None and later.status != "incomplete" and run is not None and _is_new(later, cell.failed, run):
        return later.status, _message(later)
    if running:
        return "running", ""
    if run is not None and run.state == "ended" and cell.stored is None:
        return record.status, _message(record)  # an earlier version, which said so too of what it left undone
    return ("interrupted" if (folder / JOURNAL).exists() else "not started"), ""


def _is_new(record: CellRecord, before: str | None, run: RunSeen) -> bool:
    """Whether a record is another than the one that was stored before a run.

    Args:
        record: that is stored now.
        before: when the one of that time was written, as it said itself; None if nobody has noted that. Then the clocks
            have to tell, which may differ from machine to machine, or have been set back.
        run: which.
    """
    if before is not None:
        return record.finished != before
    return not (record.finished and datetime.datetime.fromisoformat(record.finished) < run.started)


def _read_failure(folder: Path) -> CellRecord | None:
    path = folder / FAILURE
    document = read_file(path, SCHEMA)
    try:
        return None if document is None else CellRecord.from_json(document)
    except StoreError as error:
        raise StoreError(f"{path} {error}") from error


def _message(record: CellRecord) -> str:
    return (record.error or {}).get("message", "")


def _count(folder: Path, state: CellState, images: int) -> int:
    """Return how many images have been dealt with."""
    if state in ("running", "interrupted"):
        batches = Journal(folder / JOURNAL).batches()
        return sum(len(batch["records"]) + len(batch["unreadable"]) for batch in batches)
    return images if state == "complete" else 0
