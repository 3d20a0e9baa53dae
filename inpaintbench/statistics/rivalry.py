"""The methods of one group, or of one stratum of its images, judged in all metrics at once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from inpaintbench.columns import Column, ColumnKey
from inpaintbench.statistics.intervals import Interval, mean_intervals
from inpaintbench.statistics.pairing import Table, side_by_side
from inpaintbench.statistics.sources import linearised, positions
from inpaintbench.statistics.verdicts import Rivals, TestName, Verdict, bootstrap_seed, judge

if TYPE_CHECKING:
    import pandas as pd
    from jaxtyping import Float64


@dataclass(frozen=True)
class Judgement:
    """What can be said of the methods of one group.

    Attributes:
        verdicts: of the ranked methods in each metric.
        intervals: of the means of all complete results, by method and metric; those of too few images are left out.
        apart: ranked methods that have no image in common with those that are compared.
        images: the most that any of those that are compared has records of, with or without a number.
        sources: from how many sources the finite numbers of each complete result in each metric come; as many as there
            are numbers, if all are independent.
    """

    verdicts: Mapping[ColumnKey, Verdict]
    intervals: Mapping[tuple[str, ColumnKey], Interval]
    apart: tuple[str, ...] = ()
    images: int = 0
    sources: Mapping[tuple[str, ColumnKey], int] = field(default_factory=dict)


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
    intervals, counts = _intervals(tables, verdicts, seed, sources)
    return Judgement(verdicts, intervals, apart, images, counts)


def _of_the_same_images(tables: Mapping[str, Table]) -> tuple[list[str], tuple[str, ...]]:
    """Return the methods that share images with that one which shares some with most, and the others.

    Results that are older than the hashes of images share none with newer ones, and must not keep those from being
    compared.
    """
    images = {method: next(iter(table.values())).index for method, table in tables.items() if table}
    alike: list[tuple[pd.Index[Any], list[str]]] = []  # mostly one, so that nothing else has to be asked
    for method, own in images.items():
        for those, methods in alike:
            if len(own) and own.equals(those):
                methods.append(method)
                break
        else:
            alike.append((own, [method]))
    if not alike:
        return [], ()
    sharing = [set(methods) for _, methods in alike]
    hashed = [set(own) for own, _ in alike] if len(alike) > 1 else []
    for one, two in itertools.combinations(range(len(hashed)), 2):
        if not hashed[one].isdisjoint(hashed[two]):
            sharing[one].update(alike[two][1])
            sharing[two].update(alike[one][1])
    compared = max(sharing, key=len)
    return [one for one in images if one in compared], tuple(one for one in images if one not in compared)


def _intervals(
    tables: Mapping[str, Table], verdicts: Mapping[ColumnKey, Verdict], seed: int, sources: Mapping[str, str]
) -> tuple[dict[tuple[str, ColumnKey], Interval], dict[tuple[str, ColumnKey], int]]:
    """Return the intervals of all means, over whatever images each has, and how many sources each counts.

    Most have been found with the verdicts.
    """
    found: dict[tuple[str, ColumnKey], Interval] = {}
    counts: dict[tuple[str, ColumnKey], int] = {}
    left: dict[tuple[str, ColumnKey], Float64[np.ndarray, " n"]] = {}
    for method, table in tables.items():
        for key, series in table.items():
            kept = series[np.isfinite(series)]
            verdict = verdicts.get(key)
            if verdict is not None and method in verdict.means and verdict.images == len(kept):
                found[method, key], counts[method, key] = verdict.means[method], verdict.sources
            else:
                whence = positions(kept.index.get_level_values("item").tolist(), sources)
                left[method, key] = linearised(kept.to_numpy()[:, None], whence)[:, 0]
                counts[method, key] = len(left[method, key])
    for length in {len(values) for values in left.values()}:
        alike = {place: values for place, values in left.items() if len(values) == length}
        intervals = mean_intervals(np.stack(list(alike.values()), axis=1), bootstrap_seed(seed))
        found |= zip(alike, intervals, strict=True)
    return {place: interval for place, interval in found.items() if interval.known}, counts
