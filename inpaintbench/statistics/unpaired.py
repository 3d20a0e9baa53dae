"""Whether two sets of different pictures differ in their means: the two-sample permutation test."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64
from numpy.random import PCG64

from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.intervals import mean_intervals
from inpaintbench.statistics.resampling import COUNT
from inpaintbench.statistics.stratified import Stratum, compose, stratified_intervals
from inpaintbench.statistics.verdicts import Verdict

_NUMBERS: Final = 2**21  # held at once
_SLACK: Final = 1e-9  # relative: sums that differ by rounding alone are equal


def unpaired_test(one: Float64[np.ndarray, " n"], two: Float64[np.ndarray, " m"], seed: int) -> float:
    """Return how probable a difference of means as large as this one is, if all pictures came from one set.

    The permutation test of two samples (Pitman 1937, Suppl. J. R. Statist. Soc. 4, 119–130), two-sided in the absolute
    difference of the means. All ways to divide the pictures are tried if there are at most `COUNT`, else so many at
    random.

    Args:
        one: finite numbers; so is `two`.
        two: of other pictures.
        seed: decides the divisions where not all can be tried.

    Returns:
        The p-value; 1 where either is empty.
    """
    if not len(one) or not len(two):
        return 1.0
    few = min(len(one), len(two))
    together = np.concatenate([one, two])
    around = together - together.mean()  # then one part's sum says all, for the other one's is its opposite
    part = around[: len(one)] if len(one) == few else around[len(one) :]
    least = abs(part.sum()) - _SLACK * np.abs(around).sum()
    ways = math.comb(len(around), few)
    exact = ways <= COUNT
    divisions = _all_divisions(len(around), few) if exact else _divisions(len(around), few, seed)
    extreme = sum(int(np.count_nonzero(np.abs(chosen @ around) >= least)) for chosen in divisions)
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


def _all_divisions(images: int, few: int) -> Iterator[Bool[np.ndarray, "ways images"]]:
    places = np.array(list(itertools.combinations(range(images), few)))
    chosen = np.zeros((len(places), images), dtype=np.bool_)
    np.put_along_axis(chosen, places, True, axis=1)
    yield chosen


def _divisions(images: int, few: int, seed: int) -> Iterator[Bool[np.ndarray, "rows images"]]:
    """Yield random choices of so few images, some at a time: those with the smallest of as many random words."""
    words = PCG64(seed)
    step = max(1, _NUMBERS // images)
    for start in range(0, COUNT, step):
        rows = min(step, COUNT - start)
        keys = words.random_raw(rows * images).reshape(rows, images)
        yield keys <= np.partition(keys, few - 1, axis=1)[:, few - 1 : few]
