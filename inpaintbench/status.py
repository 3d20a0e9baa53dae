"""How far the runs in a results folder are, read from the disk alone while they go on.

No lock of a cell is touched, and nothing is mended: a run must not find its cell taken by somebody who only looks.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, get_args

from inpaintbench.errors import StoreError
from inpaintbench.journal import Journal
from inpaintbench.logbook import LoggedCell, RunSeen, read_runs
from inpaintbench.logbook.files import explaining, read_file
from inpaintbench.records import SCHEMA, Status
from inpaintbench.store import Store

CELL: Final = "cell.json"
FAILURE: Final = "failure.json"
JOURNAL: Final = "journal.jsonl"

CellState = Literal[
    "complete", "running", "failed", "oom", "timeout", "invalid-output", "interrupted", "not started", "unknown"
]
"""`interrupted`: part of it is stored, and nobody is at it. `unknown`: what is stored of it cannot be read."""

STATES: Final[tuple[CellState, ...]] = get_args(CellState)
FAILURES: Final[frozenset[CellState]] = frozenset({"failed", "oom", "timeout", "invalid-output", "unknown"})


@dataclass(frozen=True)
class CellSeen:
    """A cell as it stands now.

    Attributes:
        cell: which.
        folder: where it is stored, or would be.
        state: what has become of it.
        done: images that have been dealt with.
        why: of a failure, its message.
    """

    cell: LoggedCell
    folder: Path
    state: CellState
    done: int = 0
    why: str = ""


@dataclass(frozen=True)
class Overview:
    """What goes on in a results folder.

    Attributes:
        runs: that it tells of, oldest first.
        cells: what has become of the newest run's cells; of all that are stored, if it tells of no run.
        at: when it was looked at.
    """

    runs: tuple[RunSeen, ...]
    cells: tuple[CellSeen, ...]
    at: datetime.datetime

    @property
    def newest(self) -> RunSeen | None:
        """The run that the cells are of."""
        return self.runs[-1] if self.runs else None

    @cached_property
    def counts(self) -> Mapping[CellState, int]:
        """How many cells there are in each state that has some."""
        found = Counter(seen.state for seen in self.cells)
        return {state: found[state] for state in STATES if found[state]}

    @property
    def failures(self) -> tuple[CellSeen, ...]:
        """The cells that have failed."""
        return tuple(seen for seen in self.cells if seen.state in FAILURES)

    @property
    def planned_images(self) -> int:
        """How many images the cells are about."""
        return sum(seen.cell.images for seen in self.cells)

    @property
    def done_images(self) -> int:
        """How many of them have been dealt with, in cells that have not failed."""
        return sum(seen.done for seen in self.cells)

    @property
    def seconds_left(self) -> float | None:
        """How long the newest run still takes if it keeps its pace; None if it does not live or has done nothing yet.

        Cells that have failed are done with. Cells cost different times: it is a rough guess.
        """
        if self.newest is None or self.newest.state != "running":
            return None
        left = sum(seen.cell.images - seen.done for seen in self.cells if seen.state not in FAILURES)
        seconds = (self.at - self.newest.started).total_seconds()
        # What it has taken up of an interrupted run counts as its own: how much that was, nobody has written down.
        done = sum(seen.done for seen in self.cells if seen.state in ("complete", "running"))
        return seconds / done * left if done and seconds > 0 else None


def look(root: Path, problems: list[StoreError] | None = None) -> Overview:
    """Look at what goes on in a results folder.

    Args:
        root: the folder.
        problems: receives an error for each run that cannot be read; without it the first one is raised.

    Raises:
        StoreError: if a run's files are damaged, or come from a newer version of this package.
    """
    runs = read_runs(root, problems)
    at = datetime.datetime.now(datetime.UTC)
    try:
        cells = tuple(_see_planned(Store(root), runs[-1]) if runs else _see_stored(Store(root)))
    except StoreError as error:
        if problems is None:
            raise
        problems.append(error)
        cells = ()
    return Overview(tuple(runs), cells, at)


def _see_planned(store: Store, run: RunSeen) -> Iterator[CellSeen]:
    for cell in run.cells:
        yield _see(cell, store.folder(cell.method, cell.dataset, cell.mask, cell.key), run)


def _see_stored(store: Store) -> Iterator[CellSeen]:
    for path in sorted(store.cells_folder.glob(f"*/*/*/*/{CELL}")):
        folder = path.parent
        mask, dataset, method = (place.name for place in folder.parents[:3])
        cell = LoggedCell(method, dataset, mask, folder.name, 0)  # as the folders are called, which may be shortened
        try:
            document = read_file(path, SCHEMA)
            with explaining(path):
                method, dataset, mask = (str(document[name]) for name in ("method", "dataset", "mask"))
                cell = LoggedCell(method, dataset, mask, folder.name, int(document["expected"]))
        except StoreError as error:
            yield CellSeen(cell, folder, "unknown", why=str(error))
        else:
            yield _see(cell, folder, None)


def _see(cell: LoggedCell, folder: Path, run: RunSeen | None) -> CellSeen:
    """Look at one cell."""
    try:
        with explaining(folder / CELL):
            state, why = _state(cell, folder, run)
            done = _count(folder, state, cell.images)
    except StoreError as error:
        return CellSeen(cell, folder, "unknown", why=str(error))
    return CellSeen(cell, folder, state, done, why)


def _state(cell: LoggedCell, folder: Path, run: RunSeen | None) -> tuple[CellState, str]:
    """Say what has become of a cell, and why it failed. What was stored before the run began, it is still to do."""
    alive = run is not None and run.state == "running"
    running = run is not None and cell.title in run.now
    document = read_file(folder / CELL, SCHEMA)
    if not document:
        return "running" if running else "not started", ""
    status = document["status"]
    if status not in get_args(Status):
        raise ValueError(f"its status is {status!r}")
    if status == "incomplete":
        begun = alive and not _precedes(document, "started", run)  # since the last beat
        return "running" if running or begun else "interrupted", ""
    if run is None or not _precedes(document, "finished", run):  # the last beat may still have it among the running
        return status, _message(document)
    later = read_file(folder / FAILURE, SCHEMA) if status == "complete" else {}  # an attempt beside an earlier result
    if later and not _precedes(later, "finished", run):
        return later["status"], _message(later)
    if running:
        return "running", ""
    if run.state == "ended":
        return status, _message(document)
    return ("interrupted" if (folder / JOURNAL).exists() else "not started"), ""


def _precedes(document: Mapping[str, Any], when: str, run: RunSeen | None) -> bool:
    """Whether what a document tells of was before a run."""
    time = document.get(when)
    return bool(run and time and datetime.datetime.fromisoformat(time) < run.started)


def _message(document: Mapping[str, Any]) -> str:
    return str((document.get("error") or {}).get("message", ""))


def _count(folder: Path, state: CellState, images: int) -> int:
    """Return how many images have been dealt with."""
    if state in ("running", "interrupted"):
        batches = Journal(folder / JOURNAL).batches()
        return sum(len(batch["records"]) + len(batch["unreadable"]) for batch in batches)
    return images if state == "complete" else 0
