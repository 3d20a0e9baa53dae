"""The methods of one group, or of one stratum of its images, judged in all metrics at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from inpaintbench.columns import Column, ColumnKey
from inpaintbench.statistics.intervals import Interval, mean_intervals
from inpaintbench.statistics.pairing import Table, side_by_side
from inpaintbench.statistics.sources import linearised, positions
from inpaintbench.statistics.verdicts import Rivals, TestName, Verdict, bootstrap_seed, judge

if TYPE_CHECKING:
    from jaxtyping import Float64


@dataclass(frozen=True)
class Judgement:
    """What can be said of the methods of one group.

    Attributes:
        verdicts: of the ranked methods in each metric.
        intervals: of the means of all complete results, by method and metric; those of too few images are left out.
        apart: ranked methods that have no image in common with those that are compared.
        images: the most that any of those that are compared has records of, with or without a number.
    """

    verdicts: Mapping[ColumnKey, Verdict]
    intervals: Mapping[tuple[str, ColumnKey], Interval]
    apart: tuple[str, ...] = ()
    images: int = 0


def judge_tables(
    tables: Mapping[str, Table],
    ranked: Collection[str],
    columns: Sequence[Column],
    seed: int,
    test: TestName,
    sources: Mapping[str, str] = MappingProxyType({}),
) -> Judgement:
    """Judge methods by their numbers of single images.

    Args:
        tables: of each method.
        ranked: the methods that are compared; of the others only the means have intervals.
        columns: the metrics.
        seed: decides all that is drawn at random.
        test: by which methods are told apart.
        sources: of what each image is, by its id: see `judge`.
    """
    compared, apart = _of_the_same_images({method: tables[method] for method in sorted(set(tables) & set(ranked))})
    rivals = {}
    for column in columns:
        numbers = {method: tables[method][column.key] for method in compared if column.key in tables[method]}
        together = side_by_side(numbers).scores
        scores = {str(method): series.to_numpy() for method, series in together.items()}
        items = together.index.get_level_values("item").tolist() if sources and len(together) else ()
        rivals[column.key] = Rivals(scores, column.metric.higher_is_better, items)
    verdicts = dict(zip(rivals, judge(list(rivals.values()), seed, test, sources), strict=True))
    images = max((len(series) for method in compared for series in tables[method].values()), default=0)
    return Judgement(verdicts, _intervals(tables, verdicts, seed, sources), apart, images)


def _of_the_same_images(tables: Mapping[str, Table]) -> tuple[list[str], tuple[str, ...]]:
    """Return the methods that share images with that one which shares some with most, and the others.

    Results that are older than the hashes of images share none with newer ones, and must not keep those from being
    compared.
    """
    images = {method: next(iter(table.values())).index for method, table in tables.items() if table}
    sharing = {
        method: [other for other, those in images.items() if own is those or own.isin(those).any()]
        for method, own in images.items()
    }
    if not sharing:
        return [], ()
    compared = max(sharing.values(), key=len)
    return compared, tuple(method for method in images if method not in compared)


def _intervals(
    tables: Mapping[str, Table], verdicts: Mapping[ColumnKey, Verdict], seed: int, sources: Mapping[str, str]
) -> dict[tuple[str, ColumnKey], Interval]:
    """Return the intervals of all means, over whatever images each has; most have been found with the verdicts."""
    found: dict[tuple[str, ColumnKey], Interval] = {}
    left: dict[tuple[str, ColumnKey], Float64[np.ndarray, " n"]] = {}
    for method, table in tables.items():
        for key, series in table.items():
            kept = series[np.isfinite(series)]
            verdict = verdicts.get(key)
            if verdict is not None and method in verdict.means and verdict.images == len(kept):
                found[method, key] = verdict.means[method]
            else:
                whence = positions(kept.index.get_level_values("item").tolist(), sources)
                left[method, key] = linearised(kept.to_numpy()[:, None], whence)[:, 0]
    for length in {len(values) for values in left.values()}:
        alike = {place: values for place, values in left.items() if len(values) == length}
        intervals = mean_intervals(np.stack(list(alike.values()), axis=1), bootstrap_seed(seed))
        found |= zip(alike, intervals, strict=True)
    return {place: interval for place, interval in found.items() if interval.known}
