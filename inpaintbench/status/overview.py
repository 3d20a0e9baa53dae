"""What goes on in a results folder, as it was seen at one moment."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, get_args

from inpaintbench.logbook import LoggedCell, RunSeen

CellState = Literal[
    "complete", "running", "failed", "oom", "timeout", "invalid-output", "interrupted", "not started", "unknown"
]
"""`interrupted`: part of it is stored, and nobody is known to be at it. `unknown`: what is stored of it cannot be
read."""

STATES: Final[tuple[CellState, ...]] = get_args(CellState)
FAILURES: Final[frozenset[CellState]] = frozenset({"failed", "oom", "timeout", "invalid-output", "unknown"})
UNDONE: Final[frozenset[CellState]] = frozenset({"running", "interrupted", "not started", "unknown"})
"""The same command would do them."""


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
        cells: what has become of the newest run's cells; of all that are stored, where it tells of no run, or what the
            newest was to do cannot be read.
        at: when it was looked at.
        planned_by: the run whose cells these are; None if they are all that are stored.
        newest: the newest run; None if there is none, or if it cannot be read.
        lost: name of the newest run's folder, if that cannot be read, or that of all of them; else empty.
    """

    runs: tuple[RunSeen, ...]
    cells: tuple[CellSeen, ...]
    at: datetime.datetime
    planned_by: RunSeen | None = None
    newest: RunSeen | None = None
    lost: str = ""

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
    def unreadable(self) -> tuple[CellSeen, ...]:
        """Those of which nothing is known, because what is stored of them cannot be read."""
        return tuple(seen for seen in self.cells if seen.state == "unknown")

    @property
    def nothing_left(self) -> bool:
        """Whether a run's cells are known, and all of them have been done: by the run, or by whoever came after it."""
        return self.planned_by is not None and not any(seen.state in UNDONE for seen in self.cells)

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
        if self.planned_by is None or self.planned_by.state != "running":
            return None
        left = sum(seen.cell.images - seen.done for seen in self.cells if seen.state not in FAILURES)
        seconds = (self.at - self.planned_by.started).total_seconds()
        # What it has taken up of an interrupted run counts as its own: how much that was, nobody has written down.
        done = sum(seen.done for seen in self.cells if seen.state in ("complete", "running"))
        return seconds / done * left if done and seconds > 0 else None
