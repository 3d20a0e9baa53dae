"""The methods of one group, or of one stratum of its images, judged in all metrics at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inpaintbench.columns import Column, ColumnKey
from inpaintbench.statistics.intervals import Interval, mean_intervals
from inpaintbench.statistics.pairing import Table, side_by_side
from inpaintbench.statistics.verdicts import Rivals, TestName, Verdict, bootstrap_seed, judge

if TYPE_CHECKING:
    from jaxtyping import Float64


@dataclass(frozen=True)
class Judgement:
    """What can be said of the methods of one group.

    Attributes:
        verdicts: of the ranked methods in each metric.
        intervals: of the means of all complete results, by method and metric; those of too few images are left out.
    """

    verdicts: Mapping[ColumnKey, Verdict]
    intervals: Mapping[tuple[str, ColumnKey], Interval]


def judge_tables(
    tables: Mapping[str, Table], ranked: Collection[str], columns: Sequence[Column], seed: int, test: TestName
) -> Judgement:
    """Judge methods by their numbers of single images.

    Args:
        tables: of each method.
        ranked: the methods that are compared; of the others only the means have intervals.
        columns: the metrics.
        seed: decides all that is drawn at random.
        test: by which methods are told apart.
    """
    rivals = {}
    for column in columns:
        numbers = {method: table[column.key] for method, table in tables.items() if column.key in table}
        together = side_by_side({method: numbers[method] for method in sorted(set(numbers) & set(ranked))}).scores
        scores = {str(method): series.to_numpy() for method, series in together.items()}
        rivals[column.key] = Rivals(scores, column.metric.higher_is_better)
    verdicts = dict(zip(rivals, judge(list(rivals.values()), seed, test), strict=True))
    return Judgement(verdicts, _intervals(tables, verdicts, seed))


def _intervals(
    tables: Mapping[str, Table], verdicts: Mapping[ColumnKey, Verdict], seed: int
) -> dict[tuple[str, ColumnKey], Interval]:
    """Return the intervals of all means, over whatever images each has; most have been found with the verdicts."""
    found: dict[tuple[str, ColumnKey], Interval] = {}
    left: dict[tuple[str, ColumnKey], Float64[np.ndarray, " n"]] = {}
    for method, table in tables.items():
        for key, series in table.items():
            values = series.to_numpy()
            values = values[np.isfinite(values)]
            verdict = verdicts.get(key)
            if verdict is not None and method in verdict.means and verdict.images == len(values):
                found[method, key] = verdict.means[method]
            else:
                left[method, key] = values
    for length in {len(values) for values in left.values()}:
        alike = {place: values for place, values in left.items() if len(values) == length}
        intervals = mean_intervals(np.stack(list(alike.values()), axis=1), bootstrap_seed(seed))
        found |= zip(alike, intervals, strict=True)
    return {place: interval for place, interval in found.items() if interval.known}
