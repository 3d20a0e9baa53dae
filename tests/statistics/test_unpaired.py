"""Two sets of different pictures: by hand, against scipy, and as often wrong as they say."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from jaxtyping import Float64
from scipy import stats

from inpaintbench.statistics.unpaired import judge_unpaired, unpaired_test


@pytest.mark.parametrize(
    ("one", "two", "p"),
    [
        ([1.0, 2.0], [3.0, 4.0], 2 / 6),  # of six ways to halve them, this and its mirror
        ([10.0], [0.0, 1.0, 2.0], 1 / 4),
        ([0.0, 1.0, 2.0], [10.0], 1 / 4),
        ([1.0], [0.0, 2.0], 1.0),
        ([5.0, 5.0], [5.0, 5.0, 5.0], 1.0),
        ([1.0, 2.0, 3.0], [], 1.0),
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], 1.0),
        ([0.0] * 4, [1.0] * 4, 2 / 70),
    ],
)
def test_by_hand(one: list[float], two: list[float], p: float) -> None:
    assert unpaired_test(np.array(one), np.array(two), seed=0) == p


def welch(one: Float64[np.ndarray, ...], two: Float64[np.ndarray, ...], axis: int) -> Float64[np.ndarray, ...]:
    error = one.var(axis, ddof=1) / one.shape[axis] + two.var(axis, ddof=1) / two.shape[axis]
    return np.abs(one.mean(axis) - two.mean(axis)) / np.sqrt(error)


@pytest.mark.parametrize(
    ("sizes", "tolerance"), [((5, 6), 0.0), ((6, 5), 0.0), ((3, 9), 0.0), ((40, 25), 0.015), ((12, 300), 0.015)]
)
@pytest.mark.parametrize("spread", [1.0, 4.0])
@pytest.mark.parametrize("shift", [0.0, 0.4, 0.8])
def test_it_agrees_with_scipy(sizes: tuple[int, int], tolerance: float, spread: float, shift: float) -> None:
    rng = np.random.default_rng(sum(sizes))
    one, two = rng.exponential(size=sizes[0]), spread * rng.exponential(size=sizes[1]) + shift
    other = stats.permutation_test(
        (one, two), welch, alternative="greater", vectorized=True, n_resamples=10_000, rng=np.random.default_rng(1)
    )
    assert unpaired_test(one, two, seed=0) == pytest.approx(other.pvalue, abs=tolerance + 1e-12)


@pytest.mark.parametrize(
    ("sizes", "spreads"),
    [((20, 30), (1.0, 1.0)), ((20, 100), (3.0, 1.0)), ((20, 100), (1.0, 3.0))],
)
def test_of_equal_means_one_in_twenty_is_told_apart(sizes: tuple[int, int], spreads: tuple[float, float]) -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for seed in range(200):
        one, two = (spread * rng.normal(size=size) for spread, size in zip(spreads, sizes, strict=True))
        alarms += unpaired_test(one, two, seed) <= 0.05

    assert 0.02 <= alarms / 200 <= 0.08


def test_numbers_far_from_zero_and_rounding_change_nothing() -> None:
    one, two = np.array([1.0, 2.0, 4.0, 7.0]), np.array([3.0, 5.0, 9.0, 11.0, 12.0])
    p = unpaired_test(one, two, seed=0)

    assert 0 < p < 1
    assert unpaired_test(1e6 + one, 1e6 + two, seed=0) == p
    assert unpaired_test(1e-200 * one, 1e-200 * two, seed=0) == p
    assert unpaired_test(np.full(4, 0.1), np.full(6, 0.1 * (1 + 1e-15)), seed=0) == 1.0


def test_one_picture_against_thousands_takes_little_memory() -> None:
    two = np.arange(9_000.0)
    tracemalloc.start()
    try:
        p = unpaired_test(np.array([9_000.0]), two, seed=0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert p == 2 / 9_001  # it and the smallest lie as far from the mean of all
    assert most < 100e6  # all ways at once would take 81 MB as truth values, and 648 MB as numbers


@pytest.mark.parametrize(
    ("higher_is_better", "ranks"), [(True, {"a": 1, "b": 1, "c": 3}), (False, {"a": 2, "b": 2, "c": 1})]
)
def test_sets_are_ranked(higher_is_better: bool, ranks: dict[str, int]) -> None:
    rng = np.random.default_rng(0)
    sets = {"a": rng.normal(20, 2, 80), "b": rng.normal(20, 2, 50), "c": rng.normal(17, 2, 40)}
    found = judge_unpaired(sets, higher_is_better, seed=0)

    assert found.ranks == ranks
    assert found.images == 170
    assert found.means["b"].mean == pytest.approx(sets["b"].mean())
    difference = found.pairs["a", "c"].difference
    assert difference.mean == pytest.approx(sets["a"].mean() - sets["c"].mean())
    other = stats.ttest_ind(sets["a"], sets["c"], equal_var=False).confidence_interval()
    assert (difference.low, difference.high) == pytest.approx((other.low, other.high), abs=0.15)
    assert judge_unpaired(sets, higher_is_better, seed=0) == found
