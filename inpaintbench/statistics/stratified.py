"""Means over several sets of pictures: each set has its weight, whatever its size, and is resampled on its own.

A leaderboard's cells are of several data sets. Their pictures are no one sample: a mean over all cells is a weighted
sum of one mean a data set, whose error comes from the pictures of each. The interval is the bootstrap-t of `intervals`,
with the standard error of the weighted sum; the test is the paired permutation test of `tests`, in which a picture's
difference weighs as much as it does in the sum.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.intervals import FEWEST, LEVEL, ROUNDING, Interval, around
from inpaintbench.statistics.resampling import COUNT, Resamples
from inpaintbench.statistics.sources import Sources, linearised, shares
from inpaintbench.statistics.tests import permutation_tests
from inpaintbench.statistics.verdicts import Comparison, Verdict, shared_ranks


@dataclass(frozen=True)
class Stratum:
    """One set of pictures.

    Attributes:
        values: a row a picture, finite; at least one.
        weight: of the mean of each column in the sum over all strata.
        sources: of the pictures; None if all are independent.
    """

    values: Float64[np.ndarray, "n k"]
    weight: float
    sources: Sources | None = None

    @property
    def rows(self) -> Float64[np.ndarray, "sources k"]:
        """A row a source, of the same means, from whose spread their errors follow."""
        return self.values if self.sources is None else linearised(self.values, self.sources)

    @property
    def shares(self) -> Float64[np.ndarray, "sources k"]:
        """What each source adds to the sum over all strata."""
        rows = self.values if self.sources is None else shares(self.values, self.sources)
        return self.weight / len(rows) * rows


def stratified_intervals(strata: Sequence[Stratum], seed: int, level: float = LEVEL) -> tuple[Interval, ...]:
    """Return the weighted sum of the strata's means with its interval, for each column.

    Its ends are NaN where a stratum has too few pictures to tell (`intervals.FEWEST`). With one stratum of weight 1 it
    is the interval of `mean_intervals`, from other resamples.

    Args:
        strata: at least one, with as many columns each.
        seed: decides the resamples.
        level: probability that the interval covers the true sum.
    """
    columns = strata[0].values.shape[1]
    means = [
        math.fsum(one.weight * math.fsum(one.values[:, k].tolist()) / len(one.values) for one in strata)
        for k in range(columns)
    ]
    rows = [one.rows for one in strata]
    if min(map(len, rows)) < FEWEST:
        return tuple(Interval(mean, math.nan, math.nan) for mean in means)
    centre, error, largest = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    drawn, errors = np.zeros((COUNT, columns)), np.zeros((COUNT, columns))
    for place, (one, own) in enumerate(zip(strata, rows, strict=True)):
        averages, spreads = Resamples(len(own), derive_seed("stratum", seed, place)).moments(own)
        share = one.weight**2 / len(own)
        centre += one.weight * own.mean(axis=0)
        error += share * own.var(axis=0)
        largest = np.maximum(largest, abs(one.weight) * np.abs(own).max(axis=0))
        drawn += one.weight * averages
        errors += share * spreads**2
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample without spread is infinitely far off
        studentized = np.sort((drawn - centre) / np.sqrt(errors), axis=0)
    outside = math.floor((1 - level) / 2 * len(studentized))
    ends = zip(studentized[outside].tolist(), studentized[-1 - outside].tolist(), strict=True)
    own_errors = np.where(np.sqrt(error) <= ROUNDING * largest, 0.0, np.sqrt(error))
    return tuple(around(*found) for found in zip(means, own_errors.tolist(), ends, strict=True))


def stratified_tests(strata: Sequence[Stratum], seed: int) -> tuple[float, ...]:
    """Return the p-value of each column's weighted sum, if the sign of each picture's values is chance.

    Args:
        strata: differences of two methods or masks over the same pictures.
        seed: decides the signs where not all can be tried.
    """
    return permutation_tests(np.concatenate([one.shares for one in strata]), seed)


def judge_strata(
    strata: Sequence[Mapping[str, Float64[np.ndarray, " n"]]],
    higher_is_better: bool,
    seed: int,
    weights: Sequence[float] | None = None,
    sources: Sequence[Sources] | None = None,
) -> Verdict:
    """Compare what was measured on the same pictures, over several sets of them.

    Args:
        strata: for each set the finite numbers of each rival over its pictures, the same rivals each time.
        higher_is_better: decides who ranks first.
        seed: decides all that is drawn at random.
        weights: of the sets' means in that of all; equal ones if None.
        sources: of each set's pictures; None if all are independent.
    """
    names = list(strata[0])
    pairs = list(itertools.combinations(range(len(names)), 2))
    weights = weights or len(strata) * [1 / len(strata)]
    tables = [np.stack([one[name] for name in names], axis=1) for one in strata]
    apart = [table[:, [one for one, _ in pairs]] - table[:, [two for _, two in pairs]] for table in tables]
    both = [np.concatenate(parts, axis=1) for parts in zip(tables, apart, strict=True)]
    origin = sources or len(strata) * [None]
    intervals = stratified_intervals(list(map(Stratum, both, weights, origin)), derive_seed("bootstrap", seed))
    p_values = stratified_tests(list(map(Stratum, apart, weights, origin)), derive_seed("signs", seed))
    means = dict(zip(names, intervals, strict=False))
    drawn = [
        len(table) if whence is None else int(whence.max()) + 1 for table, whence in zip(tables, origin, strict=True)
    ]
    return compose(sum(map(len, tables)), means, intervals[len(names) :], p_values, higher_is_better, sum(drawn))


def compose(
    images: int,
    means: Mapping[str, Interval],
    differences: Sequence[Interval],
    p_values: Sequence[float],
    higher_is_better: bool,
    sources: int | None = None,
) -> Verdict:
    """Put a verdict together: adjust the p-values of all pairs, and let rivals share ranks that cannot be told apart.

    Args:
        images: over how many pictures.
        means: of each rival.
        differences: of each pair of them, in the order of `itertools.combinations`.
        p_values: of these, not yet adjusted.
        higher_is_better: decides who beats whom.
        sources: from how many the pictures come; as many if None.
    """
    pairs = list(itertools.combinations(means, 2))
    compared = {
        pair: Comparison(difference, p) for pair, difference, p in zip(pairs, differences, holm(p_values), strict=True)
    }
    return Verdict(
        images, images if sources is None else sources, means, compared, shared_ranks(means, compared, higher_is_better)
    )
