"""Two sides image by image: the difference of each pair of cells in each metric, and whether it is certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from inpaintbench.columns import Column, column_key, name_columns
from inpaintbench.comparing.adjusting import adjust
from inpaintbench.comparing.pairs import CellPair, Pairing
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report.options import choose_columns
from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.intervals import Interval
from inpaintbench.statistics.pairing import pair, read_scores, read_sources
from inpaintbench.statistics.verdicts import Comparison, Rivals, TestName, judge

if TYPE_CHECKING:
    import pandas as pd

SideName = Literal["a", "b"]

ROUNDING: Final = 1e-9
"""Relative: numbers that differ by no more are equal, and a margin is met exactly that is exceeded by no more."""


@dataclass(frozen=True)
class CellDifference:
    """One metric in one pair of cells.

    Attributes:
        pair: the cells.
        column: the metric, whose version, weights and protocol both sides share.
        a: mean over the images that are compared, with its interval; so is `b`.
        difference: B less A, in the metric's own unit and direction.
        p: of the paired test, adjusted for all cells of the metric; 1 where both means are equal up to rounding, and
            None where a cell is not whole, so that nothing is judged.
        decidable: whether a difference could have been certain: whether p could have been small enough over so many
            images, given the other cells of the metric.
        images: how many are compared: those for which both have a finite number.
        sources: how many of these are independent of each other.
        left_out: images that one side has, and that are not compared.
        lost: of these, how many A has a number of, and B none.
        fallen: of these, on how many B is worse, where one of both numbers is infinite.
        scores: the columns `a` and `b`, a row an image that both have, in the data set's order.
        origins: of what source each image is, by its id, where the data set tells it.
    """

    pair: CellPair
    column: Column
    a: Interval
    b: Interval
    difference: Interval
    p: float | None
    decidable: bool
    images: int
    sources: int
    left_out: int
    lost: int
    fallen: int
    scores: pd.DataFrame = field(repr=False, compare=False)
    origins: Mapping[str, str] = field(repr=False, compare=False, default_factory=dict)

    @property
    def equal(self) -> bool:
        """Whether both means are the same, up to rounding."""
        return equal(self.a.mean, self.b.mean)

    @property
    def too_few(self) -> bool:
        """Whether nothing could be told here: no side is better, and over so many images none could have been."""
        return self.p is not None and self.better is None and not self.equal and not self.decidable

    @property
    def better(self) -> SideName | None:
        """The side that is certainly better; None if they cannot be told apart, or are not judged."""
        if self.p is None or not Comparison(self.difference, self.p).certain:
            return None
        return "b" if (self.difference.mean > 0) == self.column.metric.higher_is_better else "a"


@dataclass(frozen=True)
class Obstacle:
    """Why one metric cannot be compared in one pair of cells.

    Attributes:
        pair: the cells.
        metric: its name with parameters.
        label: its name in a table.
        why: a clause without an end mark.
        has: the sides that have numbers, `a`, `b`, both or neither.
    """

    pair: CellPair
    metric: str
    label: str
    why: str
    has: str


@dataclass(frozen=True)
class Differences:
    """All that two sides differ in.

    Attributes:
        pairing: what is compared with what.
        test: the paired test.
        columns: the metrics asked for, each with at least one side's numbers or an obstacle.
        cells: by column and pair.
        obstacles: what could not be compared.
    """

    pairing: Pairing
    test: TestName
    columns: tuple[Column, ...]
    cells: tuple[CellDifference, ...]
    obstacles: tuple[Obstacle, ...]

    def of(self, column: Column, method: str | None = None) -> tuple[CellDifference, ...]:
        """Return the differences in one metric, of all methods or of one of A's."""
        return tuple(
            cell for cell in self.cells if cell.column.key == column.key and method in (None, cell.pair.a.method)
        )


def equal(one: float, two: float) -> bool:
    """Return whether two numbers differ by rounding at most.

    >>> equal(20.0, 20.0 + 1e-9), equal(20.0, 20.001)
    (True, False)
    """
    return abs(one - two) <= ROUNDING * max(abs(one), abs(two))


def find_columns(pairing: Pairing, metrics: Sequence[str] | None) -> tuple[Column, ...]:
    """Return the metrics of both sides that are asked for; the ranked ones and the PSNR over the hole if none are.

    Raises:
        UnknownNameError: if a metric is on neither side.
    """
    entries = (
        *(entry for pair_ in pairing.pairs for entry in (pair_.a, pair_.b)),
        *pairing.only_a,
        *pairing.only_b,
    )
    board = Leaderboard(name_columns([entry.record for entry in entries]), (), (), (), 0)
    return tuple(choose_columns(board, "mask", metrics))


def find_differences(pairing: Pairing, columns: Sequence[Column], test: TestName = "permutation") -> Differences:
    """Compare all pairs of cells.

    Args:
        pairing: what is compared with what.
        columns: the metrics.
        test: the paired test by which a difference is told from chance.
    """
    cells: list[CellDifference] = []
    obstacles: list[Obstacle] = []
    for pair_ in pairing.pairs:
        found, missing = _compare(pair_, columns, test)
        cells += found
        obstacles += missing
    order = {column.key: place for place, column in enumerate(columns)}
    cells.sort(key=lambda cell: order[cell.column.key])
    return Differences(pairing, test, tuple(columns), tuple(adjust(cells)), tuple(obstacles))


def _compare(pair_: CellPair, columns: Sequence[Column], test: TestName) -> tuple[list[CellDifference], list[Obstacle]]:
    """Compare one pair of cells in all metrics: p-values are not adjusted yet."""
    sides = {"a": pair_.a, "b": pair_.b}
    own = {side: _metrics(entry) for side, entry in sides.items()}
    obstacles: dict[str, Obstacle] = {}
    shared: list[Column] = []
    for column in columns:
        why = _why_apart(column.key.name, own, sides)
        if why:
            has = "".join(side for side, metrics in own.items() if column.key.name in metrics)
            obstacles[column.key.name] = Obstacle(pair_, column.key.name, column.metric.label, why, has)
        elif column.key == column_key(own["a"][column.key.name], pair_.a.group.protocol):
            shared.append(column)
    tables: dict[str, pd.DataFrame] = {}
    origins: dict[str, str] = {}
    for side, entry in sides.items():
        try:
            if shared:
                origins |= read_sources(entry)
                tables[side] = read_scores(entry, [own[side][column.key.name] for column in shared])
        except StoreError as error:
            return [], [*obstacles.values(), *(_obstacle(pair_, one, f"{side.upper()}: {error}") for one in shared)]
    present = []
    for column in shared:
        absent = [side for side, table in tables.items() if column.key.name not in table]
        if absent:
            why = f"the table of {' and '.join(map(str.upper, absent))} has no such column"
            obstacles[column.key.name] = _obstacle(pair_, column, why)
        else:
            present.append(column)
    cells = []
    for cell in _judged(pair_, present, tables, origins, test) if present else []:
        if cell.images:
            cells.append(cell)
        else:
            why = "no image has a finite number on both sides: pictures or holes differ, or the metric is undefined"
            obstacles[cell.column.key.name] = _obstacle(pair_, cell.column, why)
    return cells, list(obstacles.values())


def _judged(
    pair_: CellPair,
    columns: Sequence[Column],
    tables: dict[str, pd.DataFrame],
    origins: dict[str, str],
    test: TestName,
) -> list[CellDifference]:
    reverse = {"b": tables["b"], "a": tables["a"]}  # a verdict's differences are the first one's less the second's
    paired = [pair(reverse, column.key.name) for column in columns]
    rivals = [
        Rivals(
            {side: one.scores[side].to_numpy() for side in reverse},
            column.metric.higher_is_better,
            one.scores.index.get_level_values("item").tolist(),
        )
        for column, one in zip(columns, paired, strict=True)
    ]
    verdicts = judge(rivals, derive_seed("compare", *pair_.place), test, origins)
    cells = []
    for column, one, verdict in zip(columns, paired, verdicts, strict=True):
        ((_, comparison),) = verdict.pairs.items()
        means = verdict.means
        p = 1.0 if equal(means["a"].mean, means["b"].mean) else comparison.p
        cells.append(
            CellDifference(
                pair=pair_,
                column=column,
                a=means["a"],
                b=means["b"],
                difference=comparison.difference,
                p=p if pair_.whole else None,
                decidable=True,  # not known before all cells are
                images=verdict.images,
                sources=verdict.sources,
                left_out=len(one.scores) + one.left_out - verdict.images,
                lost=int(tables["a"][column.key.name].notna().sum()) - int(one.scores.notna().all(axis=1).sum()),
                fallen=_fallen(one.scores, column),
                scores=one.scores,
                origins=origins,
            )
        )
    return cells


def _fallen(scores: pd.DataFrame, column: Column) -> int:
    """Return on how many images B is worse, where either number is infinite."""
    a, b = scores["a"].to_numpy(), scores["b"].to_numpy()
    worse = b < a if column.metric.higher_is_better else b > a
    return int(np.count_nonzero(worse & (np.isinf(a) | np.isinf(b))))


def _metrics(entry: Entry) -> dict[str, MetricColumn]:
    """Return the metrics that an entry has numbers of, by name."""
    if entry.record.status != "complete":
        return {}
    return {one.name: one for one in entry.record.metrics if not one.unavailable}


def _why_apart(name: str, own: dict[str, dict[str, MetricColumn]], sides: dict[str, Entry]) -> str:
    """Return why a metric's numbers on both sides may not be compared; empty if they may."""
    for side, entry in sides.items():
        if name not in own[side]:
            if entry.record.status != "complete":
                return f"{side.upper()} is {entry.record.status}"
            unavailable = {one.name: one.unavailable for one in entry.record.metrics}
            reason = " ".join(unavailable.get(name, "").split()).rstrip(".")
            return f"{side.upper()} was not scored with it" + (f": {reason}" if reason else "")
    keys = [column_key(own[side][name], entry.group.protocol) for side, entry in sides.items()]
    differ = [
        f"{word} {getattr(keys[0], one)[:12] or 'none'} against {getattr(keys[1], one)[:12] or 'none'}"
        if one == "weights"
        else f"{word} {getattr(keys[0], one)} against {getattr(keys[1], one)}"
        for one, word in (("protocol", "scoring protocol"), ("version", "version"), ("weights", "weights"))
        if getattr(keys[0], one) != getattr(keys[1], one)
    ]
    return ", ".join(differ)


def _obstacle(pair_: CellPair, column: Column, why: str) -> Obstacle:
    return Obstacle(pair_, column.key.name, column.metric.label, why, "ab")
