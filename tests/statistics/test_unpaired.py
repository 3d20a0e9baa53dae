"""Two sets of different pictures: by hand, against scipy, and as often wrong as they say."""

from __future__ import annotations

import numpy as np
import pytest
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


@pytest.mark.parametrize(("sizes", "tolerance"), [((5, 6), 0.0), ((3, 9), 0.0), ((40, 25), 0.015), ((12, 300), 0.015)])
@pytest.mark.parametrize("shift", [0.0, 0.4, 0.8])
def test_it_agrees_with_scipy(sizes: tuple[int, int], tolerance: float, shift: float) -> None:
    rng = np.random.default_rng(sum(sizes))
    one, two = rng.exponential(size=sizes[0]), rng.exponential(size=sizes[1]) + shift
    other = stats.permutation_test(
        (one, two), lambda a, b, axis: np.abs(a.mean(axis) - b.mean(axis)), alternative="greater", vectorized=True,
        n_resamples=10_000,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert unpaired_test(one, two, seed=0) == pytest.approx(other.pvalue, abs=tolerance + 1e-12)


def test_of_equal_sets_one_in_twenty_is_told_apart() -> None:
    rng = np.random.default_rng(0)
    alarms = sum(unpaired_test(rng.exponential(size=20), rng.exponential(size=30), seed) <= 0.05 for seed in range(200))

    assert 0.02 <= alarms / 200 <= 0.09


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
