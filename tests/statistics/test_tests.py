"""Tests of differences: against scipy, by hand, and as often wrong as they say."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inpaintbench.statistics.friedman import rank_test
from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.tests import least_p, permutation_tests, wilcoxon_test


def permutation_test(differences: np.ndarray, seed: int) -> float:
    (p,) = permutation_tests(differences[:, None], seed)
    return p


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1.0, 2.0, 3.0], 2 / 8),  # of eight ways to sign them, two sum to ±6
        ([1.0, 2.0, -3.0], 1.0),
        ([3.0, 4.0, -1.0], 4 / 8),  # ±6 and ±8
        ([1.0, 0.0, 0.0, 0.0], 1.0),
        ([0.0, 0.0], 1.0),
        ([], 1.0),
        ([0.05] * 5, 2 / 32),
    ],
)
def test_the_permutation_test_by_hand(differences: list[float], p: float) -> None:
    assert permutation_test(np.array(differences), seed=0) == p


@pytest.mark.parametrize("images", [8, 13, 14, 200])
@pytest.mark.parametrize("shift", [0.0, 0.2, 0.6])
def test_the_permutation_test_agrees_with_scipy(images: int, shift: float) -> None:
    differences = np.random.default_rng(images).normal(shift, 1, images)
    other = stats.permutation_test(
        (differences,), lambda one, axis: one.mean(axis), permutation_type="samples", vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert permutation_test(differences, seed=0) == pytest.approx(other.pvalue, abs=0.015)


def test_of_equal_methods_one_in_twenty_is_told_apart() -> None:
    rng = np.random.default_rng(0)
    alarms = sum(
        permutation_test(rng.exponential(size=30) - rng.exponential(size=30), seed) <= 0.05 for seed in range(400)
    )
    assert 0.02 <= alarms / 400 <= 0.08


def test_the_signed_rank_test_is_scipys() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, 40)
    assert wilcoxon_test(differences) == stats.wilcoxon(differences, zero_method="pratt").pvalue
    assert wilcoxon_test(np.zeros(9)) == 1.0


def test_holm_by_hand() -> None:
    assert holm([]) == ()
    assert holm([0.2]) == (0.2,)
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx((0.06, 0.03, 0.06, 0.02))
    assert holm([0.9, 0.8]) == (1.0, 1.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_raises_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(one <= other <= 1 for one, other in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert sorted(adjusted) == [adjusted[index] for index in order]


@pytest.mark.parametrize("ties", [False, True])
def test_friedmans_test_agrees_with_scipy(ties: bool) -> None:
    scores = np.random.default_rng(3).normal(size=(14, 4))
    scores = scores.round(0) if ties else scores
    found = rank_test(np.apply_along_axis(stats.rankdata, 1, scores))
    other = stats.friedmanchisquare(*scores.T)
    assert found is not None
    assert (found.statistic, found.p) == pytest.approx((other.statistic, other.pvalue))


def test_the_critical_difference_is_that_of_the_published_table() -> None:
    # Demšar 2006, table 5: q is 2.569 for four methods and 2.728 for five; CD = q √(k (k + 1) / 6 N)
    for methods, q in ((4, 2.569), (5, 2.728)):
        found = rank_test(np.tile(np.arange(1.0, methods + 1), (14, 1)))
        assert found is not None
        assert found.critical_difference == pytest.approx(q * (methods * (methods + 1) / 84) ** 0.5, rel=2e-4)
        assert found.mean_ranks == tuple(range(1, methods + 1))
        assert found.statistic == pytest.approx(14 * (methods - 1))


@pytest.mark.parametrize("shape", [(1, 5), (9, 2)])
def test_of_too_little_nothing_is_said(shape: tuple[int, int]) -> None:
    assert rank_test(np.ones(shape)) is None


def test_methods_that_always_tie_do_not_differ() -> None:
    found = rank_test(np.full((6, 3), 2.0))
    assert found is not None
    assert (found.statistic, found.p) == (0.0, 1.0)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=12))
def test_no_p_value_exceeds_the_bound_or_is_below_the_least(differences: list[float]) -> None:
    values = np.array(differences)
    signs = np.array(list(itertools.product([-1, 1], repeat=len(values))))
    exact = float(np.mean(np.abs(signs @ values) >= abs(values.sum()) - 1e-9 * np.abs(values).sum()))
    (found,) = permutation_tests(values[:, None], 0)

    assert found == pytest.approx(exact)
    assert found >= least_p(len(values)) or not values.any()


def test_many_images_give_p_values_below_those_of_ten_thousand_signs() -> None:
    (found,) = permutation_tests(np.ones((64, 1)), 0)
    assert found == 2 * math.exp(-32)  # Hoeffding; the exact one is 2 / 2**64
    assert found >= 2 / 2**64
    assert least_p(64) == found
    assert least_p(17) == 1 / 10_001


def test_ranks_that_contradict_the_mean_name_no_winner() -> None:
    differences = np.array(95 * [0.1] + 5 * [-10.0]) + np.linspace(0, 1e-3, 100)
    assert stats.wilcoxon(differences).pvalue < 0.001
    assert wilcoxon_test(differences) == 1.0
    assert wilcoxon_test(np.abs(differences)) == pytest.approx(stats.wilcoxon(np.abs(differences)).pvalue)
