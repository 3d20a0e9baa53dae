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
from inpaintbench.statistics.intervals import FEWEST, LEVEL, Interval
from inpaintbench.statistics.resampling import COUNT, Resamples
from inpaintbench.statistics.tests import permutation_tests
from inpaintbench.statistics.verdicts import Comparison, Verdict, shared_ranks


@dataclass(frozen=True)
class Stratum:
    """One set of pictures.

    Attributes:
        values: a row a picture, finite; at least one.
        weight: of the mean of each column in the sum over all strata.
    """

    values: Float64[np.ndarray, "n k"]
    weight: float


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
    if min(len(one.values) for one in strata) < FEWEST:
        return tuple(Interval(mean, math.nan, math.nan) for mean in means)
    centre, error = np.zeros(columns), np.zeros(columns)
    drawn, errors = np.zeros((COUNT, columns)), np.zeros((COUNT, columns))
    for place, one in enumerate(strata):
        averages, spreads = Resamples(len(one.values), derive_seed("stratum", seed, place)).moments(one.values)
        share = one.weight**2 / len(one.values)
        centre += one.weight * one.values.mean(axis=0)
        error += share * one.values.var(axis=0)
        drawn += one.weight * averages
        errors += share * spreads**2
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample without spread is infinitely far off
        studentized = np.sort((drawn - centre) / np.sqrt(errors), axis=0)
    outside = math.floor((1 - level) / 2 * len(studentized))
    lowest, highest = studentized[outside], studentized[-1 - outside]
    return tuple(
        Interval(mean, mean - float(highest[k]) * one_error, mean - float(lowest[k]) * one_error)
        if one_error
        else Interval(mean, mean, mean)
        for k, (mean, one_error) in enumerate(zip(means, np.sqrt(error).tolist(), strict=True))
    )


def stratified_tests(strata: Sequence[Stratum], seed: int) -> tuple[float, ...]:
    """Return the p-value of each column's weighted sum, if the sign of each picture's values is chance.

    Args:
        strata: differences of two methods or masks over the same pictures.
        seed: decides the signs where not all can be tried.
    """
    shares = np.concatenate([one.weight / len(one.values) * one.values for one in strata])
    return permutation_tests(shares, seed)


def judge_strata(
    strata: Sequence[Mapping[str, Float64[np.ndarray, " n"]]],
    higher_is_better: bool,
    seed: int,
    weights: Sequence[float] | None = None,
) -> Verdict:
    """Compare what was measured on the same pictures, over several sets of them.

    Args:
        strata: for each set the finite numbers of each rival over its pictures, the same rivals each time.
        higher_is_better: decides who ranks first.
        seed: decides all that is drawn at random.
        weights: of the sets' means in that of all; equal ones if None.
    """
    names = list(strata[0])
    pairs = list(itertools.combinations(range(len(names)), 2))
    weights = weights or len(strata) * [1 / len(strata)]
    tables = [np.stack([one[name] for name in names], axis=1) for one in strata]
    apart = [table[:, [one for one, _ in pairs]] - table[:, [two for _, two in pairs]] for table in tables]
    both = [np.concatenate(parts, axis=1) for parts in zip(tables, apart, strict=True)]
    intervals = stratified_intervals(list(map(Stratum, both, weights)), derive_seed("bootstrap", seed))
    p_values = stratified_tests(list(map(Stratum, apart, weights)), derive_seed("signs", seed))
    means = dict(zip(names, intervals, strict=False))
    return compose(sum(map(len, tables)), means, intervals[len(names) :], p_values, higher_is_better)


def compose(
    images: int,
    means: Mapping[str, Interval],
    differences: Sequence[Interval],
    p_values: Sequence[float],
    higher_is_better: bool,
) -> Verdict:
    """Put a verdict together: adjust the p-values of all pairs, and let rivals share ranks that cannot be told apart.

    Args:
        images: over how many pictures.
        means: of each rival.
        differences: of each pair of them, in the order of `itertools.combinations`.
        p_values: of these, not yet adjusted.
        higher_is_better: decides who beats whom.
    """
    pairs = list(itertools.combinations(means, 2))
    compared = {
        pair: Comparison(difference, p) for pair, difference, p in zip(pairs, differences, holm(p_values), strict=True)
    }
    return Verdict(images, means, compared, shared_ranks(means, compared, higher_is_better))
