"""Ranks of methods: within a group for each column, and their means over a whole leaderboard."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

import pandas as pd

from inpaintbench.columns import Column, ColumnKey, column_key
from inpaintbench.records import CellRecord

Place = Literal[0, 1, 2]
"""1: best, 2: second best, 0: neither. Everything that ties with the best is best; what comes next is second. Nothing
is best where there is nothing else to compare it with.

By means alone, equal means tie. Once a leaderboard is judged (see `inpaintbench.statistics`), so do methods that cannot
be told apart."""

GroupT = TypeVar("GroupT", bound=Hashable)

_PLACES: Final[dict[float, Place]] = {1.0: 1, 2.0: 2}


@dataclass(frozen=True)
class Score:
    """One number of a table.

    Attributes:
        mean: over the scored images; None where there is none.
        rank: among the ranked entries of the group by their means, 1 for the best; ties share their average. None if
            not ranked.
        place: whether it is best or second best.
        low: end of the 95 % interval of the mean; so is `high`. None where it was not judged, or of too few images.
        shared: the rank that it shares with those that it cannot be told from: see `Verdict.ranks`. None where it was
            not judged.
        sources: how many independent sources its images count as (see `inpaintbench.statistics.sources`). None where it
            was not judged.
    """

    mean: float | None = None
    rank: float | None = None
    place: Place = 0
    low: float | None = None
    high: float | None = None
    shared: int | None = None
    sources: int | None = None


@dataclass(frozen=True)
class MeanRank:
    """A method over the whole leaderboard.

    Attributes:
        method: the selector with its parameters.
        mean: of its ranks over groups × ranked metrics; None unless it is ranked wherever any method is.
        groups: in how many groups it is ranked on all ranked metrics.
        place: whether it is best or second best.
    """

    method: str
    mean: float | None
    groups: int
    place: Place


@dataclass(frozen=True)
class Ranking(Generic[GroupT]):
    """What `rank_scores` finds.

    Attributes:
        scores: of each cell, by column.
        mean_ranks: one a method, sorted by mean rank; methods without one follow.
        ranked_group_count: groups in which at least one method is ranked: what `MeanRank.groups` is out of.
    """

    scores: Mapping[tuple[GroupT, str], Mapping[ColumnKey, Score]]
    mean_ranks: tuple[MeanRank, ...]
    ranked_group_count: int


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts numbers within text by value.

    >>> sorted(["side=10", "side=9"], key=natural)
    ['side=9', 'side=10']
    """
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(part), "") if index % 2 else (1, 0, part) for index, part in enumerate(parts))


def rank_scores(
    records: Mapping[tuple[GroupT, str], CellRecord], ranked: Collection[tuple[GroupT, str]], columns: Sequence[Column]
) -> Ranking[GroupT]:
    """Rank the cells of each group on each column, and the methods over all groups.

    Args:
        records: the cells, by group and method.
        ranked: the keys of those that take part; the others only have their means.
        columns: all columns that the records fill.
    """
    frame = _numbers(records, ranked, columns)
    lower_is_better = (frame["mean"] * frame["sign"]).where(frame["ranked"])
    by_group_and_column = lower_is_better.groupby([frame["group"], frame["column"]])
    frame["rank"] = by_group_and_column.rank()
    frame["place"] = by_group_and_column.rank(method="dense").where(by_group_and_column.transform("count") > 1)
    keys = list(records)
    scores: dict[tuple[GroupT, str], dict[ColumnKey, Score]] = {key: {} for key in keys}
    shown = frame[["cell", "column", "mean", "rank", "place"]]
    for cell, column, mean, rank, place in shown.itertuples(index=False, name=None):
        score = Score(mean, None if math.isnan(rank) else rank, _PLACES.get(place, 0))
        scores[keys[cell]][columns[column].key] = score
    mean_ranks, ranked_group_count = _mean_ranks(frame, _methods(records))
    return Ranking(scores, mean_ranks, ranked_group_count)


def _numbers(
    records: Mapping[tuple[GroupT, str], CellRecord], ranked: Collection[tuple[GroupT, str]], columns: Sequence[Column]
) -> pd.DataFrame:
    """Return one row a number."""
    # Numbers stand for groups and methods: pandas has no strings for names that are no Unicode text.
    groups = {group: index for index, group in enumerate(dict.fromkeys(group for group, _ in records))}
    methods = {method: index for index, method in enumerate(_methods(records))}
    positions = {column.key: index for index, column in enumerate(columns)}
    rows = []
    for cell, ((group, method), record) in enumerate(records.items()):
        for metric in record.metrics:
            mean = record.means.get(metric.name)
            if mean is not None and not math.isnan(mean) and not metric.unavailable:
                column = positions[column_key(metric, record.protocol)]
                sign = -1.0 if metric.higher_is_better else 1.0
                taking_part = (group, method) in ranked
                rows.append(
                    (
                        cell,
                        groups[group],
                        methods[method],
                        column,
                        mean,
                        sign,
                        taking_part,
                        columns[column].metric.ranked,
                    )
                )
    names = ["cell", "group", "method", "column", "mean", "sign", "ranked", "votes"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"mean": "float64", "sign": "float64", "ranked": "bool", "votes": "bool"})


def _methods(records: Mapping[tuple[GroupT, str], CellRecord]) -> list[str]:
    return list(dict.fromkeys(method for _, method in records))


def _mean_ranks(frame: pd.DataFrame, methods: Sequence[str]) -> tuple[tuple[MeanRank, ...], int]:
    """Average the ranks of the methods that have one wherever any method has, and sort all methods."""
    votes = frame[frame["votes"] & frame["rank"].notna()]
    wanted = votes.groupby("group")["column"].nunique()
    counts = votes.groupby(["method", "group"]).size()
    full = counts[counts == wanted.reindex(counts.index.get_level_values("group")).to_numpy()]
    covered = full.groupby("method").size().to_dict()
    average = votes.groupby("method")["rank"].mean().to_dict()
    means = {method: average[method] for method, groups in covered.items() if groups == len(wanted)}
    ladder = sorted(set(means.values()))
    places = {method: _PLACES.get(ladder.index(mean) + 1, 0) for method, mean in means.items() if len(means) > 1}
    found = [
        MeanRank(one, means.get(index), covered.get(index, 0), places.get(index, 0))
        for index, one in enumerate(methods)
    ]
    found.sort(key=lambda one: (one.mean is None, one.mean or 0.0, -one.groups, natural(one.method)))
    return tuple(found), len(wanted)
