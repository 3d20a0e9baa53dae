"""Two sides image by image: the difference of each pair of cells in each metric, and whether it is certain."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from inpaintbench.columns import Column, ColumnKey, column_key, name_columns
from inpaintbench.comparing.pairs import CellPair, Pairing
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report.views import choose_columns
from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.intervals import Interval
from inpaintbench.statistics.pairing import pair, read_scores
from inpaintbench.statistics.verdicts import ALPHA, Rivals, TestName, judge

if TYPE_CHECKING:
    import pandas as pd

SideName = Literal["a", "b"]


@dataclass(frozen=True)
class CellDifference:
    """One metric in one pair of cells.

    Attributes:
        pair: the cells.
        column: the metric, whose version, weights and protocol both sides share.
        a: mean over the images that are compared, with its interval; so is `b`.
        difference: B less A, in the metric's own unit and direction.
        p: of the paired test, adjusted for all cells of the metric; None where a cell is not whole, so that nothing is
            judged.
        images: how many are compared: those for which both have a number.
        left_out: images that one side has, and that are not compared.
        lost: of these, how many A has a number of.
        scores: the columns `a` and `b`, a row an image that both have, in the data set's order.
    """

    pair: CellPair
    column: Column
    a: Interval
    b: Interval
    difference: Interval
    p: float | None
    images: int
    left_out: int
    lost: int
    scores: pd.DataFrame = field(repr=False, compare=False)

    @property
    def better(self) -> SideName | None:
        """The side that is certainly better; None if they cannot be told apart, or are not judged."""
        if self.p is None or self.p > ALPHA:
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
    return Differences(pairing, test, tuple(columns), tuple(_adjusted(cells)), tuple(obstacles))


def _adjusted(cells: Sequence[CellDifference]) -> list[CellDifference]:
    """Return the same with p-values that are adjusted for all cells of a metric."""
    families: dict[ColumnKey, list[float]] = defaultdict(list)
    for cell in cells:
        if cell.p is not None:
            families[cell.column.key].append(cell.p)
    adjusted = {key: iter(holm(p_values)) for key, p_values in families.items()}
    return [cell if cell.p is None else dataclasses.replace(cell, p=next(adjusted[cell.column.key])) for cell in cells]


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
    for side, entry in sides.items():
        try:
            if shared:
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
    for cell in _judged(pair_, present, tables, test) if present else []:
        if cell.images:
            cells.append(cell)
        else:
            why = "no image has a number on both sides: pictures or holes differ, or the metric is undefined"
            obstacles[cell.column.key.name] = _obstacle(pair_, cell.column, why)
    return cells, list(obstacles.values())


def _judged(
    pair_: CellPair, columns: Sequence[Column], tables: dict[str, pd.DataFrame], test: TestName
) -> list[CellDifference]:
    reverse = {"b": tables["b"], "a": tables["a"]}  # a verdict's differences are the first one's less the second's
    paired = [pair(reverse, column.key.name) for column in columns]
    rivals = [
        Rivals({side: one.scores[side].to_numpy() for side in reverse}, column.metric.higher_is_better)
        for column, one in zip(columns, paired, strict=True)
    ]
    verdicts = judge(rivals, derive_seed("compare", *pair_.place), test)
    cells = []
    for column, one, verdict in zip(columns, paired, verdicts, strict=True):
        ((_, comparison),) = verdict.pairs.items()
        numbers = tables["a"][column.key.name]
        cells.append(
            CellDifference(
                pair=pair_,
                column=column,
                a=verdict.means["a"],
                b=verdict.means["b"],
                difference=comparison.difference,
                p=comparison.p if pair_.whole else None,
                images=verdict.images,
                left_out=len(one.scores) + one.left_out - verdict.images,
                lost=int(_finite(numbers).sum()) - verdict.images,
                scores=one.scores,
            )
        )
    return cells


def _finite(numbers: pd.Series[float]) -> pd.Series[bool]:
    return numbers.abs() < float("inf")  # NaN is less than nothing


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
