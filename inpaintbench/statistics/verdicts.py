"""Which methods can be told apart: for each, how many are certainly better."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.intervals import Interval, mean_intervals
from inpaintbench.statistics.sources import Sources, linearised, positions, shares
from inpaintbench.statistics.tests import least_p, pairwise_tests, wilcoxon_test

TestName = Literal["permutation", "wilcoxon"]

MOST_PAIRS: Final = 200
"""Of more pairs of methods in a cell (from 21 methods on) only those with the best have intervals."""

ALPHA: Final = 0.05
"""The risk that among the methods of one cell any two are told apart whose numbers are exchangeable."""


@dataclass(frozen=True)
class Comparison:
    """Two methods over the same images.

    Attributes:
        difference: the first one's score less the second one's, in the metric's own unit and direction; without ends
            where there are more than `MOST_PAIRS`.
        p: of the paired test, adjusted for all pairs of methods of the cell.
    """

    difference: Interval
    p: float

    @property
    def certain(self) -> bool:
        """Whether they can be told apart: the test says so, and the interval of the difference does not hold zero."""
        return self.p <= ALPHA and not self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True)
class Verdict:
    """The methods of one cell in one metric.

    Attributes:
        images: over how many they are compared: those for which each of them has a number.
        sources: from how many sources these come; as many, if all are independent.
        means: of each method over these, with intervals.
        pairs: the comparison of each pair of methods, the one that comes first in `means` first.
        ranks: of each method. The one of the best mean and those that cannot be told from it are all first; of any
            other, one more than there are methods that are certainly better.
    """

    images: int
    sources: int
    means: Mapping[str, Interval]
    pairs: Mapping[tuple[str, str], Comparison]
    ranks: Mapping[str, int]

    @property
    def decidable(self) -> bool:
        """Whether over so many sources any pair could have been told apart among so many."""
        return len(self.pairs) * least_p(self.sources) <= ALPHA


@dataclass(frozen=True)
class Rivals:
    """What is compared: the numbers of several methods in one metric.

    Attributes:
        scores: of each method, of the same images in the same order; NaN where there is none.
        higher_is_better: direction of the metric.
        items: ids of the images, by which `judge` knows where they come from; not needed where all are independent.
    """

    scores: Mapping[str, Float64[np.ndarray, " n"]]
    higher_is_better: bool
    items: Sequence[str] = ()


def judge(
    metrics: Sequence[Rivals],
    seed: int,
    test: TestName = "permutation",
    sources: Mapping[str, str] = MappingProxyType({}),
) -> list[Verdict]:
    """Compare the methods of one cell in each metric.

    Images without a finite number of every method are left out of a metric.

    Args:
        metrics: what is compared, of the same images each time.
        seed: decides all that is drawn at random.
        test: by which methods are told apart.
        sources: of what photograph, scene or person each image is, by its id; those of one source count as one draw. An
            image of which none is known is a source of its own.
    """
    prepared = [_prepare(rivals, sources) for rivals in metrics]
    verdicts: dict[int, Verdict] = {}
    alike: dict[bytes, list[int]] = defaultdict(list)
    for place, (_, whence) in enumerate(prepared):
        alike[whence.tobytes()].append(place)
    for places in alike.values():  # those of the same images together: drawing is most of the work
        values, whence = [prepared[place][0] for place in places], prepared[places[0]][1]
        differences = [_differences(one) for one in values]
        told = [_told(values[k], metrics[place].higher_is_better) for k, place in enumerate(places)]
        columns = [
            part for one, two, chosen in zip(values, differences, told, strict=True) for part in (one, two[:, chosen])
        ]
        rows = linearised(np.concatenate(columns, axis=1), whence)
        intervals = iter(mean_intervals(rows, bootstrap_seed(seed)))
        if test == "wilcoxon":
            p_values = iter([wilcoxon_test(column) for one in differences for column in shares(one, whence).T])
        else:
            p_values = iter(_permutations(values, whence, derive_seed("signs", seed)))
        for place, apart, chosen in zip(places, differences, told, strict=True):
            verdicts[place] = _verdict(metrics[place], len(rows), apart, chosen, intervals, p_values)
    return [verdicts[place] for place in range(len(metrics))]


def bootstrap_seed(seed: int) -> int:
    """Return what decides the resamples of a cell with this seed."""
    return derive_seed("bootstrap", seed)


def _prepare(rivals: Rivals, sources: Mapping[str, str]) -> tuple[Float64[np.ndarray, "kept methods"], Sources]:
    """Return the numbers of those images of which each method has a finite one, and of what source each is."""
    scores = list(rivals.scores.values())
    values: Float64[np.ndarray, "n methods"] = np.stack(scores, axis=1) if scores else np.empty((0, 0))
    kept: NDArray[np.bool_] = np.isfinite(values).all(axis=1)
    items = [item for item, one in zip(rivals.items, kept.tolist(), strict=False) if one] if sources else []
    return values[kept], positions(items, sources) if items else np.arange(int(kept.sum()))


def _differences(values: Float64[np.ndarray, "kept methods"]) -> Float64[np.ndarray, "kept pairs"]:
    pairs = list(itertools.combinations(range(values.shape[1]), 2))
    differences: Float64[np.ndarray, "kept pairs"] = (
        values[:, [one for one, _ in pairs]] - values[:, [two for _, two in pairs]]
    )
    return differences


def _permutations(metrics: Sequence[Float64[np.ndarray, "kept _"]], sources: Sources, seed: int) -> tuple[float, ...]:
    """Return the p-values of all pairs of methods in each metric."""
    pairs: list[tuple[int, int]] = []
    start = 0
    for values in metrics:
        methods = range(start, start + values.shape[1])
        pairs += itertools.combinations(methods, 2)
        start += values.shape[1]
    around = [values - values[:, :1] for values in metrics]
    return pairwise_tests(shares(np.concatenate(around, axis=1), sources), pairs, seed)


def _told(values: Float64[np.ndarray, "kept methods"], higher_is_better: bool) -> NDArray[np.bool_]:
    """Return of which pairs the interval is computed: of all, or where there are too many, of those with the best."""
    pairs = list(itertools.combinations(range(values.shape[1]), 2))
    if len(pairs) <= MOST_PAIRS or not len(values):
        return np.ones(len(pairs), dtype=np.bool_)
    means = values.mean(axis=0)
    best = int(means.argmax() if higher_is_better else means.argmin())
    return np.array([best in pair for pair in pairs])


def _verdict(
    rivals: Rivals,
    sources: int,
    differences: Float64[np.ndarray, "kept pairs"],
    told: NDArray[np.bool_],
    intervals: Iterator[Interval],
    p_values: Iterator[float],
) -> Verdict:
    names, images = list(rivals.scores), len(differences)
    pairs = list(itertools.combinations(names, 2))
    means = {name: next(intervals) for name in names}
    apart = [
        next(intervals) if known else Interval(math.fsum(column) / images, math.nan, math.nan)
        for known, column in zip(told.tolist(), differences.T, strict=True)
    ]
    adjusted = holm([next(p_values) for _ in pairs])
    compared = {pair: Comparison(difference, p) for pair, difference, p in zip(pairs, apart, adjusted, strict=True)}
    return Verdict(images, sources, means, compared, shared_ranks(means, compared, rivals.higher_is_better))


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
