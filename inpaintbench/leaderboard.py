"""Which method is best where: stored cells become groups that can be compared, ranked scores and mean ranks.

A group holds what can be compared: the same pictures, holes, size, seed, limit and scoring protocol, with one
entry a method. Scores of one metric are compared only if they come from the same version of the metric, the
same weights and the same protocol. Entries that are not `ranked` (failures, `--limit`, incomplete or stale
results) are kept and shown, and never count as best. Only the cells' records are read, never their images.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

from inpaintbench.columns import Column, ColumnKey, name_columns
from inpaintbench.ranking import MeanRank, Score, natural, rank_scores
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.samples import Sample, saved
from inpaintbench.stored import StoredCell

Question = tuple[str, str, str, int, int, int | None]

Standing = Literal["ranked", "failed", "limited", "incomplete", "stale"]
"""What an entry's numbers are worth. `stale`: a newer version of the same method, or the one that was asked for,
has failed; `incomplete`: images are missing that the cell is about, or that other methods of its group have."""


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
        cell: the stored result that is shown. Its record also has the metrics that only `others` hold.
        standing: what its numbers are worth.
        scores: by `Column.key`.
        others: further results of the same completions, newest first; a metric that only they hold has its
            numbers of each image in their folders.
        newer: the failure that makes it stale: a newer one, or that of the cell that was asked for.
        superseded: how many other complete results of the same method are not shown.
    """

    group: Group
    cell: StoredCell
    standing: Standing
    scores: Mapping[ColumnKey, Score]
    others: tuple[StoredCell, ...] = ()
    newer: CellRecord | None = None
    superseded: int = 0

    @property
    def record(self) -> CellRecord:
        """What is stored of `cell`, together with the metrics that only `others` hold."""
        return self.cell.record

    @property
    def method(self) -> str:
        """The selector with its parameters."""
        return self.record.method

    @property
    def seconds_per_image(self) -> float | None:
        """The method's own time; None if it was not measured."""
        seconds = self.record.timing.get("seconds_per_image")
        return None if seconds is None else float(seconds)

    def samples(self) -> dict[int, Sample]:
        """Return its saved pictures by the images' positions in the data set: of each in the first cell that has it."""
        found: dict[int, Sample] = {}
        for cell in (self.cell, *self.others):
            found = saved(cell.folder) | found
        return found


@dataclass(frozen=True)
class Leaderboard:
    """Everything that a table shows.

    Attributes:
        columns: the metrics, each with a label and a name that no other column has.
        groups: in order.
        entries: by group and method; methods in the order of `mean_ranks`.
        mean_ranks: one a method, sorted by mean rank; methods without one follow.
        ranked_group_count: groups in which at least one method is ranked: what `MeanRank.groups` is out of.
    """

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    entries: tuple[Entry, ...]
    mean_ranks: tuple[MeanRank, ...]
    ranked_group_count: int

    @classmethod
    def from_cells(cls, cells: Iterable[StoredCell], wanted: Collection[str] = frozenset()) -> Self:
        """Build it; of several stored results for the same question the newest complete one is taken.

        Results that differ from it in nothing but their metrics are of the same completions, and add the metrics
        that it lacks.

        Args:
            cells: what is stored.
            wanted: keys of the cells that a plan asks for. Such a cell comes before newer ones of the same question:
                code that has been reverted is shown with its own result.
        """
        rivals: dict[Question, list[StoredCell]] = defaultdict(list)
        for cell in cells:
            rivals[_question(cell.record)].append(cell)
        answers: dict[tuple[Group, str], _Answer] = {}
        for candidates in rivals.values():
            answer = _choose(candidates, wanted)
            answers[Group.of(answer.cell.record), answer.cell.record.method] = answer
        records = {key: answer.cell.record for key, answer in answers.items()}
        most: dict[Group, int] = defaultdict(int)
        for (group, _), record in records.items():
            most[group] = max(most[group], record.scored)
        worth = {key: _standing(answer, most[key[0]]) for key, answer in answers.items()}
        columns = name_columns(list(records.values()))
        ranking = rank_scores(records, {key for key, standing in worth.items() if standing == "ranked"}, columns)
        groups = sorted(most, key=lambda group: group.order)
        entries = [
            Entry(
                group=group,
                cell=answers[group, one.method].cell,
                standing=worth[group, one.method],
                scores=ranking.scores[group, one.method],
                others=answers[group, one.method].others,
                newer=answers[group, one.method].newer,
                superseded=answers[group, one.method].superseded,
            )
            for group in groups
            for one in ranking.mean_ranks
            if (group, one.method) in answers
        ]
        return cls(columns, tuple(groups), tuple(entries), ranking.mean_ranks, ranking.ranked_group_count)

    @cached_property
    def by_group(self) -> Mapping[Group, Sequence[Entry]]:
        """The entries of each group."""
        found: dict[Group, list[Entry]] = {group: [] for group in self.groups}
        for entry in self.entries:
            found[entry.group].append(entry)
        return found


@dataclass(frozen=True)
class _Answer:
    """What is shown for one question; the attributes are those of `Entry`."""

    cell: StoredCell
    others: tuple[StoredCell, ...] = ()
    newer: CellRecord | None = None
    superseded: int = 0


def _question(record: CellRecord) -> Question:
    """Return what was asked, whatever code, pictures and holes answered it."""
    return record.method, record.dataset, record.mask, record.size, record.seed, record.limit


def _choose(cells: Sequence[StoredCell], wanted: Collection[str]) -> _Answer:
    """Return the first complete result, with the metrics of later ones of the same completions.

    First come the cells that are wanted, then the newest. A failure that comes before the result makes it stale if it
    is of other completions: of other code, pictures or holes.
    """

    def precedence(cell: StoredCell) -> tuple[bool, str, str]:
        return cell.record.key in wanted, cell.record.finished, cell.record.key

    ordered = sorted(cells, key=precedence, reverse=True)
    complete = [cell for cell in ordered if cell.record.status == "complete"]
    if not complete:
        return _Answer(ordered[0])
    shown, *rest = complete
    completions = _completions(shown.record)
    others = tuple(
        cell for cell in rest if _completions(cell.record) == completions and cell.record.scored == shown.record.scored
    )
    first = ordered[0]
    stale = first is not shown and _completions(first.record) != completions
    return _Answer(
        cell=_with_metrics(shown, others),
        others=others,
        newer=first.record if stale else None,
        superseded=len(rest) - len(others),
    )


def _completions(record: CellRecord) -> dict[str, Any]:
    """Return everything that the completions depend on: metrics only measure them."""
    return {name: value for name, value in record.identity.items() if name != "metrics"}


def _with_metrics(cell: StoredCell, others: Sequence[StoredCell]) -> StoredCell:
    """Return the cell with the metrics that it lacks and one of the others has; the first that has numbers counts."""
    if not others:
        return cell
    metrics: dict[str, MetricColumn] = {}
    means: dict[str, float | None] = {}
    for record in (one.record for one in (cell, *others)):
        for metric in record.metrics:
            known = metrics.get(metric.name)
            if known is None or (known.unavailable and not metric.unavailable):
                metrics[metric.name] = metric
                means[metric.name] = record.means.get(metric.name)
    return StoredCell(cell.folder, dataclasses.replace(cell.record, metrics=tuple(metrics.values()), means=means))


def _standing(answer: _Answer, most: int) -> Standing:
    record = answer.cell.record
    if record.status != "complete":
        return "failed"
    if answer.newer is not None:
        return "stale"
    if record.limit is not None:
        return "limited"
    return "ranked" if record.ranked and record.scored == most else "incomplete"
