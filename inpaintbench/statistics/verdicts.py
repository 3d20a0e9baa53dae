"""Which methods can be told apart: for each, how many are certainly better."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.intervals import Interval, mean_intervals
from inpaintbench.statistics.tests import permutation_tests, wilcoxon_test

TestName = Literal["permutation", "wilcoxon"]

ALPHA: Final = 0.05
"""The risk that among the methods of one cell any two are told apart that are equal."""


@dataclass(frozen=True)
class Comparison:
    """Two methods over the same images.

    Attributes:
        difference: the first one's score less the second one's, in the metric's own unit and direction.
        p: of the paired test, adjusted for all pairs of methods of the cell.
    """

    difference: Interval
    p: float

    @property
    def certain(self) -> bool:
        """Whether they can be told apart."""
        return self.p <= ALPHA


@dataclass(frozen=True)
class Verdict:
    """The methods of one cell in one metric.

    Attributes:
        images: over how many they are compared: those for which each of them has a number.
        means: of each method over these, with intervals.
        pairs: the comparison of each pair of methods, the one that comes first in `means` first.
        ranks: of each method. The one of the best mean and those that cannot be told from it are all first; of any
            other, one more than there are methods that are certainly better.
    """

    images: int
    means: Mapping[str, Interval]
    pairs: Mapping[tuple[str, str], Comparison]
    ranks: Mapping[str, int]


@dataclass(frozen=True)
class Rivals:
    """What is compared: the numbers of several methods in one metric.

    Attributes:
        scores: of each method, of the same images in the same order; NaN where there is none.
        higher_is_better: direction of the metric.
    """

    scores: Mapping[str, Float64[np.ndarray, " n"]]
    higher_is_better: bool


def judge(metrics: Sequence[Rivals], seed: int, test: TestName = "permutation") -> list[Verdict]:
    """Compare the methods of one cell in each metric.

    Images without a finite number of every method are left out of a metric.

    Args:
        metrics: what is compared, of the same images each time.
        seed: decides all that is drawn at random.
        test: by which methods are told apart.
    """
    prepared = [_prepare(rivals) for rivals in metrics]
    verdicts: dict[int, Verdict] = {}
    alike: dict[bytes, list[int]] = defaultdict(list)
    for place, (_, kept) in enumerate(prepared):
        alike[kept.tobytes()].append(place)
    for places in alike.values():  # those of the same images together: drawing is most of the work
        columns = [_columns(*prepared[place]) for place in places]
        values = np.concatenate([np.concatenate(pair, axis=1) for pair in columns], axis=1)
        differences = np.concatenate([pair[1] for pair in columns], axis=1)
        intervals = iter(mean_intervals(values, bootstrap_seed(seed)))
        p_values = iter(_p_values(differences, derive_seed("signs", seed), test))
        for place in places:
            verdicts[place] = _verdict(metrics[place], int(prepared[place][1].sum()), intervals, p_values)
    return [verdicts[place] for place in range(len(metrics))]


def bootstrap_seed(seed: int) -> int:
    """Return what decides the resamples of a cell with this seed."""
    return derive_seed("bootstrap", seed)


def _prepare(rivals: Rivals) -> tuple[Float64[np.ndarray, "n methods"], NDArray[np.bool_]]:
    """Return all numbers, and which images each method has a finite one of."""
    scores = list(rivals.scores.values())
    values: Float64[np.ndarray, "n methods"] = np.stack(scores, axis=1) if scores else np.empty((0, 0))
    kept: NDArray[np.bool_] = np.isfinite(values).all(axis=1)
    return values, kept


def _columns(
    values: Float64[np.ndarray, "n methods"], kept: NDArray[np.bool_]
) -> tuple[Float64[np.ndarray, "kept methods"], Float64[np.ndarray, "kept pairs"]]:
    values = values[kept]
    pairs = list(itertools.combinations(range(values.shape[1]), 2))
    return values, values[:, [one for one, _ in pairs]] - values[:, [two for _, two in pairs]]


def _verdict(rivals: Rivals, images: int, intervals: Iterator[Interval], p_values: Iterator[float]) -> Verdict:
    names = list(rivals.scores)
    pairs = list(itertools.combinations(names, 2))
    means = {name: next(intervals) for name in names}
    differences = [next(intervals) for _ in pairs]
    adjusted = holm([next(p_values) for _ in pairs])
    compared = {
        pair: Comparison(difference, p) for pair, difference, p in zip(pairs, differences, adjusted, strict=True)
    }
    return Verdict(images, means, compared, shared_ranks(means, compared, rivals.higher_is_better))


def shared_ranks(
    means: Mapping[str, Interval], pairs: Mapping[tuple[str, str], Comparison], higher_is_better: bool
) -> dict[str, int]:
    """Return the ranks that rivals share with those that they cannot be told from: see `Verdict.ranks`."""
    worse_than: dict[str, set[str]] = {name: set() for name in means}
    for (one, two), comparison in pairs.items():
        if comparison.certain:
            first_is_better = (comparison.difference.mean > 0) == higher_is_better
            worse_than[two if first_is_better else one].add(one if first_is_better else two)
    if not means:
        return {}
    best = (max if higher_is_better else min)(means, key=lambda name: means[name].mean)
    return {name: 1 + len(better) if best in better else 1 for name, better in worse_than.items()}


def _p_values(differences: Float64[np.ndarray, "n k"], seed: int, test: TestName) -> tuple[float, ...]:
    if test == "wilcoxon":
        return tuple(wilcoxon_test(column) for column in differences.T)
    return permutation_tests(differences, seed)
