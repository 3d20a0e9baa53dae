"""Methods over all groups of a leaderboard: by mean ranks, by means of means, or by who beats whom.

Groups count alike, however many pictures they have; pictures or pixels of different groups are never pooled. Only
methods that are ranked wherever any method is take part, as in `MeanRank`.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from inpaintbench.columns import Column, ColumnKey
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.certainty import Certainty, columns_of
from inpaintbench.statistics.friedman import RankTest, rank_test
from inpaintbench.statistics.pairing import Table, read_sources, read_table
from inpaintbench.statistics.sources import positions
from inpaintbench.statistics.stratified import judge_strata
from inpaintbench.statistics.verdicts import Verdict

if TYPE_CHECKING:
    import pandas as pd


_Tables: TypeAlias = "dict[tuple[Group, str], Table]"


@dataclass(frozen=True)
class MeanRanks:
    """Ranks of the methods that are ranked everywhere, among each other, by their means in each group.

    Attributes:
        methods: in the order of `RankTest.mean_ranks`.
        by_column: in each metric that votes; None where there are too few methods or groups to test.
        together: over groups, of the methods' ranks over all these metrics.
    """

    methods: tuple[str, ...]
    by_column: Mapping[ColumnKey, RankTest | None]
    together: RankTest | None


@dataclass(frozen=True)
class Points:
    """Borda counts: a point for each rival certainly beaten in a group, half of one for each not told apart.

    Attributes:
        by_column: points of each method in each metric that votes.
        most: how many a method could have in each.
    """

    by_column: Mapping[ColumnKey, Mapping[str, float]]
    most: Mapping[ColumnKey, int]


def everywhere(leaderboard: Leaderboard) -> tuple[str, ...]:
    """Return the methods that are ranked wherever any method is, the best mean rank first."""
    return tuple(one.method for one in leaderboard.mean_ranks if one.mean is not None)


def voters(leaderboard: Leaderboard) -> list[Column]:
    """Return the ranked metrics in which anything is ranked."""
    ranked = {key for entry in leaderboard.entries for key, score in entry.scores.items() if score.rank is not None}
    return [column for column in leaderboard.columns if column.metric.ranked and column.key in ranked]


def mean_ranks(leaderboard: Leaderboard, certainty: Certainty | None = None) -> MeanRanks:
    """Return mean ranks over groups, tested after Friedman and Nemenyi.

    Args:
        leaderboard: whose methods are ranked.
        certainty: what is known of its numbers: then methods are ranked by their means over the same images.
    """
    from scipy.stats import rankdata

    methods = everywhere(leaderboard)
    by_column: dict[ColumnKey, RankTest | None] = {}
    of_group: dict[Group, list[list[float]]] = defaultdict(list)
    for column in voters(leaderboard):
        rows = []
        for group, entries in _fields(leaderboard, column, methods).items():
            sign = -1.0 if column.metric.higher_is_better else 1.0
            verdict = certainty.of(group, column) if certainty else None
            common = {} if verdict is None else verdict.means
            means = [common[one].mean if one in common else _mean(entries[one], column) for one in methods]
            rows.append(rankdata([sign * mean for mean in means]).tolist())
            of_group[group].append(rows[-1])
        by_column[column.key] = _test(rows)
    together = [rankdata(np.mean(ranks, axis=0)).tolist() for ranks in of_group.values()]
    return MeanRanks(methods, by_column, _test(together))


def points(leaderboard: Leaderboard, certainty: Certainty) -> Points:
    """Return Borda counts over groups."""
    methods = everywhere(leaderboard)
    by_column: dict[ColumnKey, dict[str, float]] = {}
    most: dict[ColumnKey, int] = {}
    for column in voters(leaderboard):
        counts = dict.fromkeys(methods, 0.0)
        verdicts = [certainty.of(group, column) for group in _fields(leaderboard, column, methods)]
        for verdict in verdicts:
            for pair in itertools.combinations(methods, 2):
                for method, won in zip(pair, _points_of(verdict, pair, column), strict=True):
                    counts[method] += won
        by_column[column.key], most[column.key] = counts, len(verdicts) * (len(methods) - 1)
    return Points(by_column, most)


def groups_of(leaderboard: Leaderboard, column: Column) -> int:
    """Return in how many groups all methods that are ranked everywhere have a rank in a metric."""
    return len(_fields(leaderboard, column, everywhere(leaderboard)))


def plain_means(leaderboard: Leaderboard, columns: Sequence[Column]) -> dict[ColumnKey, dict[str, float]]:
    """Return the mean over groups of each method's means in each metric; metrics without such groups are left out."""
    methods = everywhere(leaderboard)
    found = {}
    for column in columns:
        if fields := _fields(leaderboard, column, methods):
            found[column.key] = {
                method: math.fsum(_mean(entries[method], column) for entries in fields.values()) / len(fields)
                for method in methods
            }
    return found


def means(leaderboard: Leaderboard, columns: Sequence[Column]) -> dict[ColumnKey, Verdict]:
    """Return the mean over groups of each method's means in each metric, and which methods can be told apart by it.

    Several groups may hold the same pictures under different masks. A picture's numbers under all of them are averaged
    first, so that intervals and tests do not take one picture for several; data sets are resampled apart.
    """
    methods = everywhere(leaderboard)
    tables: _Tables = {}
    found: dict[ColumnKey, Verdict] = {}
    for column in columns:
        fields = _fields(leaderboard, column, methods)
        families = _families(fields, column, methods, columns, tables)
        if families:
            strata = [{method: one[method].to_numpy() for method in methods} for one, _, _ in families]
            seed = derive_seed("means", *methods, *map(str, column.key), *map(str, fields))
            weights = [weight for _, weight, _ in families]
            whence = [positions(one.index.get_level_values("item").tolist(), sources) for one, _, sources in families]
            found[column.key] = judge_strata(strata, column.metric.higher_is_better, seed, weights, whence)
    return found


def _fields(leaderboard: Leaderboard, column: Column, methods: Sequence[str]) -> dict[Group, dict[str, Entry]]:
    """Return the groups in which each of the methods is ranked in a metric, with their entries."""
    found = {}
    for group, entries in leaderboard.by_group.items():
        ranked = {
            entry.method: entry
            for entry in entries
            if column.key in entry.scores and entry.scores[column.key].rank is not None
        }
        if methods and set(methods) <= set(ranked):
            found[group] = {method: ranked[method] for method in methods}
    return found


def _mean(entry: Entry, column: Column) -> float:
    mean = entry.scores[column.key].mean
    return math.nan if mean is None else mean


def _test(rows: Sequence[Sequence[float]]) -> RankTest | None:
    return rank_test(np.array(rows)) if rows else None


def _points_of(verdict: Verdict | None, pair: tuple[str, str], column: Column) -> tuple[float, float]:
    """Return the points of both methods of a pair in one group."""
    found = (verdict.pairs.get(pair), verdict.pairs.get(pair[::-1])) if verdict else (None, None)
    comparison = found[0] or found[1]
    if comparison is None or not comparison.certain:
        return 0.5, 0.5
    ahead = (comparison.difference.mean > 0) == column.metric.higher_is_better
    first_wins = ahead if found[0] else not ahead
    return (1.0, 0.0) if first_wins else (0.0, 1.0)


def _families(
    fields: Mapping[Group, Mapping[str, Entry]],
    column: Column,
    methods: Sequence[str],
    columns: Sequence[Column],
    tables: _Tables,
) -> list[tuple[pd.DataFrame, float, dict[str, str]]]:
    """Return each set of pictures with its weight and sources: numbers averaged over masks, in a column a method.

    Nothing if the numbers of some set cannot be read, or have no picture in common.
    """
    families: dict[object, list[Group]] = defaultdict(list)
    for group in fields:
        families[group.dataset, group.size, group.limit, group.protocol, group.pictures].append(group)
    found = []
    for groups in families.values():
        try:
            pictures = _pictures({group: fields[group] for group in groups}, column, methods, columns, tables)
            sources = read_sources(next(iter(fields[groups[0]].values())))
        except StoreError:
            return []
        if pictures.empty:
            return []
        found.append((pictures, len(groups) / len(fields), sources))
    return found


def _pictures(
    fields: Mapping[Group, Mapping[str, Entry]],
    column: Column,
    methods: Sequence[str],
    columns: Sequence[Column],
    tables: _Tables,
) -> pd.DataFrame:
    """Return one row a picture that has a number under each mask of every method, averaged over the masks."""
    import pandas as pd

    numbers = {}
    for place, entries in enumerate(fields.values()):
        for method in methods:
            entry = entries[method]
            whose = (entry.group, method)
            if whose not in tables:
                tables[whose] = read_table(entry, columns_of(entry, columns))
            numbers[method, place] = tables[whose][column.key].droplevel("hole_hash")
    together = pd.concat(numbers, axis="columns", join="inner").replace([math.inf, -math.inf], math.nan).dropna()
    return pd.DataFrame({method: together[method].to_numpy().mean(axis=1) for method in methods}, together.index)
