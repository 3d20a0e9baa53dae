"""Whether two sets of different pictures differ in their means: a two-sample permutation test.

What is permuted is Welch's statistic, the difference of the means in its own standard errors, and not the difference
itself. Pictures of one data set may be spread far more widely than those of another, and so sets are not exchangeable
even where their means are equal: of 20 pictures against 100 that are spread a third as widely, the bare difference
tells some 30 % apart that are equal in their means. The studentized one keeps its level as the sets grow, whatever
their spreads and sizes (Janssen 1997, Statist. Probab. Lett. 36, 9–21; Chung & Romano 2013, Ann. Statist. 41, 484–507),
and exactly where the sets are exchangeable, however small.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64
from numpy.random import PCG64

from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.intervals import ROUNDING, mean_intervals
from inpaintbench.statistics.resampling import COUNT
from inpaintbench.statistics.stratified import Stratum, compose, stratified_intervals
from inpaintbench.statistics.verdicts import Verdict

_NUMBERS: Final = 2**21  # held at once
_SLACK: Final = 1e-9  # relative: statistics that differ by rounding alone are equal
_LEAST: Final = 1e-12  # of the largest squared error that a division could have; less is rounding


def unpaired_test(one: Float64[np.ndarray, " n"], two: Float64[np.ndarray, " m"], seed: int) -> float:
    """Return how probable a difference of means as large as this one is, in standard errors, if both were one set.

    Two-sided in Welch's statistic |mean₁ − mean₂| / √(s₁²/n + s₂²/m). All ways to divide the pictures are tried if
    there are at most `COUNT`, else so many at random. A single picture has no spread, so that against one the bare
    difference is taken.

    Args:
        one: finite numbers; so is `two`.
        two: of other pictures.
        seed: decides the divisions where not all can be tried.

    Returns:
        The p-value; 1 where either is empty, or all numbers are equal.
    """
    if not len(one) or not len(two):
        return 1.0
    few, other = sorted((one, two), key=len)
    together = np.concatenate([few, other])
    if np.ptp(together) <= ROUNDING * np.abs(together).max():
        return 1.0
    around = together - together.mean()  # then one part's sum says all, for the other one's is its opposite
    around /= np.abs(around).max()
    observed = np.zeros((1, len(around)), dtype=np.bool_)
    observed[0, : len(few)] = True
    (least,) = _squared_statistics(observed, around) * (1 - _SLACK)
    ways = math.comb(len(around), len(few))
    exact = ways <= COUNT
    divisions = _all_divisions(len(around), len(few)) if exact else _divisions(len(around), len(few), seed)
    extreme = sum(int(np.count_nonzero(_squared_statistics(chosen, around) >= least)) for chosen in divisions)
    return extreme / ways if exact else (1 + extreme) / (1 + COUNT)  # one way is what was observed


def judge_unpaired(samples: Mapping[str, Float64[np.ndarray, " _"]], higher_is_better: bool, seed: int) -> Verdict:
    """Compare the means of several sets of different pictures.

    Args:
        samples: finite numbers of each set, at least one.
        higher_is_better: decides who ranks first.
        seed: decides all that is drawn at random.
    """
    drawn = {name: derive_seed("bootstrap", seed, name) for name in samples}
    means = {name: mean_intervals(values[:, None], drawn[name])[0] for name, values in samples.items()}
    differences, p_values = [], []
    for (name, one), (other, two) in itertools.combinations(samples.items(), 2):
        pair = derive_seed("pair", seed, name, other)
        (difference,) = stratified_intervals([Stratum(one[:, None], 1.0), Stratum(two[:, None], -1.0)], pair)
        differences.append(difference)
        p_values.append(unpaired_test(one, two, pair))
    return compose(sum(map(len, samples.values())), means, differences, p_values, higher_is_better)


def _squared_statistics(
    chosen: Bool[np.ndarray, "rows images"], around: Float64[np.ndarray, " images"]
) -> Float64[np.ndarray, " rows"]:
    """Return the square of Welch's statistic for each division, up to a factor.

    Args:
        chosen: a row a division: which images are the fewer set, as many in each row.
        around: all numbers less their mean.
    """
    few = int(np.count_nonzero(chosen[0]))
    many = len(around) - few
    sums, squares = (chosen.astype(np.float64) @ np.stack([around, around**2], axis=1)).T
    if few < 2:
        return np.asarray(sums**2)
    total = float((around**2).sum())
    parts = ((squares, few), (total - squares, many))
    error = sum((square - sums**2 / count) / (count * (count - 1)) for square, count in parts)
    # Both parts constant: what is left of their spread is rounding, and the statistic as good as infinite.
    return np.asarray(sums**2 / np.maximum(error, _LEAST * total / (few * (few - 1))))


def _all_divisions(images: int, few: int) -> Iterator[Bool[np.ndarray, "rows images"]]:
    """Yield all choices of so few images, some at a time."""
    ways = itertools.combinations(range(images), few)
    while places := list(itertools.islice(ways, max(1, _NUMBERS // images))):
        chosen = np.zeros((len(places), images), dtype=np.bool_)
        np.put_along_axis(chosen, np.array(places), True, axis=1)
        yield chosen


def _divisions(images: int, few: int, seed: int) -> Iterator[Bool[np.ndarray, "rows images"]]:
    """Yield random choices of so few images, some at a time: those with the smallest of as many random words."""
    words = PCG64(seed)
    step = max(1, _NUMBERS // images)
    for start in range(0, COUNT, step):
        rows = min(step, COUNT - start)
        keys = words.random_raw(rows * images).reshape(rows, images)
        yield keys <= np.partition(keys, few - 1, axis=1)[:, few - 1 : few]
