"""What the folders hold that are to be joined, as little of it as decides what becomes of each cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from inpaintbench.errors import StoreError
from inpaintbench.integrity import digest
from inpaintbench.records import Status
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

Place = tuple[str, ...]
"""Where a cell lies below `cells/`: the folders of method, data set and mask, and its key."""

Question = tuple[str, str, str, int, int, int | None]
"""What was asked, whatever answered it: method, data set, mask, size, seed, limit."""


@dataclass(frozen=True)
class Found:
    """What has to be remembered of a stored cell: the records of thousands of cells would take much more room.

    Attributes:
        source: its results folder.
        place: where it lies there.
        question: what it was asked.
        status: as stored.
        finished: when.
        count: how many of how many images it has scored.
        identity: hash of all that its key is made of.
        completions: hash of the same without the metrics.
        metrics: hash of the identity of each metric that was scored.
    """

    source: Path
    place: Place
    question: Question
    status: Status
    finished: str
    count: tuple[int, int]
    identity: str
    completions: str
    metrics: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.source.joinpath("cells", *self.place)

    @property
    def title(self) -> str:
        """What messages call it."""
        method, dataset, mask, size, seed, limit = self.question
        limited = "" if limit is None else f", limit {limit}"
        return f"{method} × {dataset} × {mask} at {size} × {size}, seed {seed}{limited}"

    def read(self) -> StoredCell:
        """Return all of it.

        Raises:
            StoreError: if it has gone, or become unreadable.
        """
        if (cell := Store(self.source).read(self.folder)) is None:
            raise StoreError(f"{self.folder} has gone while it was read.")
        return cell

    @classmethod
    def of(cls, source: Path, cell: StoredCell) -> Self:
        """Return what is remembered of a cell of a results folder."""
        record = cell.record
        scored = {one.name for one in record.metrics if not one.unavailable}
        metrics = dict(record.identity.get("metrics") or {})
        return cls(
            source=source,
            place=cell.folder.relative_to(source / "cells").parts,
            question=(record.method, record.dataset, record.mask, record.size, record.seed, record.limit),
            status=record.status,
            finished=record.finished,
            count=(record.scored, record.expected),
            identity=digest(record.identity),
            completions=digest({name: value for name, value in record.identity.items() if name != "metrics"}),
            metrics={name: digest(identity) for name, identity in metrics.items() if name in scored},
        )


@dataclass(frozen=True)
class Survey:
    """All that one results folder holds.

    Attributes:
        source: the folder.
        own: whether it is the one that is joined into.
        cells: those that can be read.
        unreadable: an error for each of the others.
    """

    source: Path
    own: bool
    cells: tuple[Found, ...]
    unreadable: tuple[StoreError, ...]

    @classmethod
    def of(cls, source: Path, *, own: bool) -> Self:
        """Read the records of a results folder, one after the other."""
        problems: list[StoreError] = []
        cells = []
        for cell in Store(source).scan(problems):
            try:
                cell.verify()  # a damaged copy must not be taken for an intact one
            except StoreError as error:
                problems.append(error)
            else:
                cells.append(Found.of(source, cell))
        return cls(source, own, tuple(cells), tuple(problems))

    @cached_property
    def answered(self) -> frozenset[Question]:
        """The questions to which it holds a complete answer."""
        return frozenset(cell.question for cell in self.cells if cell.status == "complete")
