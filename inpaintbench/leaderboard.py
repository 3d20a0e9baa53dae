"""Which method is best where: stored cells become groups that can be compared, ranked scores and mean ranks.

A group holds what can be compared: the same pictures, holes, size, seed, limit and scoring protocol, with one
entry a method. Scores of one metric are compared only if they come from the same version of the metric, the
same weights and the same protocol. Entries that are not `ranked` (failures, `--limit`, incomplete or stale
results) are kept and shown, and never count as best. Only the cells' records are read, never their images.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

from inpaintbench.columns import Column, ColumnKey, name_columns
from inpaintbench.ranking import MeanRank, Score, natural, rank_scores
from inpaintbench.records import CellRecord, StoredCell

Question = tuple[str, str, str, int, int, int | None]

Standing = Literal["ranked", "failed", "limited", "incomplete", "stale"]
"""What an entry's numbers are worth. `stale`: a newer version of the same method has failed; `incomplete`:
images are missing that the cell is about, or that other methods of its group have."""


@dataclass(frozen=True, order=True)
class Source:
    """What the selector of a data set or a mask generator does not say of the pictures or holes that it gave.

    Attributes:
        version: of the plugin; 0 if the record has none.
        fingerprint: of the files' contents; empty if it reads none.
        code: hash of the plugin's source.
    """

    version: int
    fingerprint: str
    code: str

    @classmethod
    def of(cls, record: CellRecord, kind: Literal["dataset", "mask"]) -> Self:
        """Return what the cell's record says of its data set or mask."""
        identity = record.identity.get(kind) or {}
        return cls(
            version=int(identity.get("version") or 0),
            fingerprint=str(identity.get("fingerprint") or ""),
            code=str(identity.get("code") or ""),
        )


@dataclass(frozen=True, kw_only=True)
class Group:
    """What has to agree for numbers to be comparable.

    Attributes:
        dataset: the selector with its parameters; so is `mask`.
        size: of the square images, in pixels.
        seed: of the suite.
        limit: at most so many images were taken; None for all.
        protocol: version of the scoring protocol.
        pictures: version and code of the data set's plugin, and fingerprint of its items.
        holes: version and code of the mask generator, and fingerprint of the files that it reads.
    """

    dataset: str
    mask: str
    size: int
    seed: int
    limit: int | None
    protocol: int
    pictures: Source
    holes: Source

    @classmethod
    def of(cls, record: CellRecord) -> Self:
        """Return the group that a cell belongs to."""
        return cls(
            dataset=record.dataset,
            mask=record.mask,
            size=record.size,
            seed=record.seed,
            limit=record.limit,
            protocol=record.protocol,
            pictures=Source.of(record, "dataset"),
            holes=Source.of(record, "mask"),
        )

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts groups: numbers within names by their value, whole runs before limited ones."""
        limit = math.inf if self.limit is None else self.limit
        return (
            natural(self.dataset),
            natural(self.mask),
            self.size,
            -limit,
            self.seed,
            self.protocol,
            self.pictures,
            self.holes,
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One method in one group.

    Attributes:
        group: where it stands.
        record: the stored cell that is shown.
        standing: what its numbers are worth.
        scores: by `Column.key`.
        newer: the newer failure that makes it stale.
        superseded: how many older stored results of the same method are not shown.
    """

    group: Group
    record: CellRecord
    standing: Standing
    scores: Mapping[ColumnKey, Score]
    newer: CellRecord | None = None
    superseded: int = 0

    @property
    def method(self) -> str:
        """The selector with its parameters."""
        return self.record.method

    @property
    def seconds_per_image(self) -> float | None:
        """The method's own time; None if it was not measured."""
        seconds = self.record.timing.get("seconds_per_image")
        return None if seconds is None else float(seconds)


@dataclass(frozen=True)
class Leaderboard:
    """Everything that a table shows.

    Attributes:
        columns: the metrics, each with a label and a name that no other column has.
        groups: in order.
        entries: by group and method; methods in the order of `standings`.
        standings: one a method, sorted by mean rank; methods without one follow.
        contests: groups in which at least one method is ranked: what `MeanRank.groups` is out of.
    """

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    entries: tuple[Entry, ...]
    standings: tuple[MeanRank, ...]
    contests: int

    @classmethod
    def from_cells(cls, cells: Iterable[StoredCell]) -> Self:
        """Build it; of several stored results for the same question the newest complete one is taken."""
        rivals: dict[Question, list[CellRecord]] = defaultdict(list)
        for cell in cells:
            rivals[_question(cell.record)].append(cell.record)
        chosen: dict[tuple[Group, str], tuple[CellRecord, CellRecord | None]] = {}
        older: dict[tuple[Group, str], int] = {}
        for candidates in rivals.values():
            record, newer = _choose(candidates)
            key = (Group.of(record), record.method)
            chosen[key] = record, newer
            older[key] = sum(one.status == "complete" and one is not record for one in candidates)
        records = {key: record for key, (record, _) in chosen.items()}
        most: dict[Group, int] = defaultdict(int)
        for (group, _), record in records.items():
            most[group] = max(most[group], record.scored)
        worth = {key: _standing(*found, most[key[0]]) for key, found in chosen.items()}
        columns = name_columns(list(records.values()))
        ranking = rank_scores(records, {key for key, standing in worth.items() if standing == "ranked"}, columns)
        groups = sorted(most, key=lambda group: group.order)
        entries = [
            Entry(
                group=group,
                record=records[group, one.method],
                standing=worth[group, one.method],
                scores=ranking.scores[group, one.method],
                newer=chosen[group, one.method][1],
                superseded=older[group, one.method],
            )
            for group in groups
            for one in ranking.standings
            if (group, one.method) in records
        ]
        return cls(columns, tuple(groups), tuple(entries), ranking.standings, ranking.contests)

    @cached_property
    def by_group(self) -> Mapping[Group, Sequence[Entry]]:
        """The entries of each group."""
        found: dict[Group, list[Entry]] = {group: [] for group in self.groups}
        for entry in self.entries:
            found[entry.group].append(entry)
        return found


def _question(record: CellRecord) -> Question:
    """Return what was asked, whatever code, pictures and holes answered it."""
    return record.method, record.dataset, record.mask, record.size, record.seed, record.limit


def _choose(records: Sequence[CellRecord]) -> tuple[CellRecord, CellRecord | None]:
    """Return the result to show, and the newer failure of other code or parameters that makes it stale."""
    newest = max(records, key=lambda record: (record.finished, record.key))
    complete = [record for record in records if record.status == "complete"]
    if not complete:
        return newest, None
    shown = max(complete, key=lambda record: (record.finished, record.key))
    return shown, (newest if newest.status != "complete" and newest.key != shown.key else None)


def _standing(record: CellRecord, newer: CellRecord | None, most: int) -> Standing:
    if record.status != "complete":
        return "failed"
    if newer is not None:
        return "stale"
    if record.limit is not None:
        return "limited"
    return "ranked" if record.ranked and record.scored == most else "incomplete"
