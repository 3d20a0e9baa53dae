"""Means over several sets of pictures: by hand, against each other, and as often right as they say."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from inpaintbench.statistics.intervals import mean_intervals
from inpaintbench.statistics.stratified import Stratum, judge_strata, stratified_intervals, stratified_tests
from inpaintbench.statistics.verdicts import Rivals, judge


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_sets_weigh_as_they_are_told_to_whatever_their_size() -> None:
    strata = [Stratum(column(1, 2, 3, 4, 5), 0.5), Stratum(column(*[11.0] * 50), 0.5)]
    (found,) = stratified_intervals(strata, seed=0)

    assert found.mean == 0.5 * 3 + 0.5 * 11
    assert 5.5 < found.low < 7 < found.high < 8.5


@pytest.mark.parametrize("count", [8, 200])
def test_one_set_is_the_interval_of_its_mean(count: int) -> None:
    values = np.random.default_rng(count).gamma(2, size=(count, 2))
    for one, other in zip(stratified_intervals([Stratum(values, 1.0)], 1), mean_intervals(values, 2), strict=True):
        assert one.mean == pytest.approx(other.mean, rel=1e-12)
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.08 * (other.high - other.low))


def test_without_spread_nothing_is_uncertain_and_of_few_pictures_nothing_is_known() -> None:
    (equal,) = stratified_intervals([Stratum(column(*[2.0] * 6), 1.0), Stratum(column(*[5.0] * 7), -1.0)], seed=0)
    (few,) = stratified_intervals([Stratum(column(1, 2, 3, 4), 1.0), Stratum(column(*range(40)), 1.0)], seed=0)

    assert (equal.mean, equal.low, equal.high) == (-3.0, -3.0, -3.0)
    assert (few.mean, few.known) == (2.5 + 19.5, False)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        sets = [Stratum(rng.exponential(3.0, (15, 1)), 0.5), Stratum(rng.normal(10.0, 1.0, (30, 1)), 0.5)]
        (found,) = stratified_intervals(sets, seed)
        covered += found.low <= 6.5 <= found.high

    assert 0.92 <= covered / 200 <= 0.98


def test_the_paired_test_tries_all_signs() -> None:
    strata = [Stratum(column(1.0, 2.0, -0.5), 0.5), Stratum(column(4.0, 1.0), 0.5)]
    shares = [0.5 / 3, 1.0 / 3, -0.25 / 3, 1.0, 0.25]
    observed = abs(sum(shares))
    signed = [
        abs(math.fsum(map(math.prod, zip(signs, shares, strict=True))))
        for signs in itertools.product([1, -1], repeat=5)
    ]

    assert stratified_tests(strata, seed=0) == (sum(one >= observed - 1e-12 for one in signed) / 32,)


def test_one_set_is_judged_as_a_cell_is() -> None:
    rng = np.random.default_rng(3)
    hard = rng.normal(20, 4, 12)
    scores = {"one": hard + rng.normal(1.5, 0.3, 12), "two": hard + rng.normal(1.4, 0.3, 12), "three": hard}
    (cell,) = judge([Rivals(scores, True)], seed=0)
    found = judge_strata([scores], True, seed=0)

    assert found.images == 12
    assert found.ranks == cell.ranks == {"one": 1, "two": 1, "three": 3}
    for pair, comparison in cell.pairs.items():
        assert found.pairs[pair].p == comparison.p  # of twelve pictures all signs are tried
        assert found.pairs[pair].difference.mean == pytest.approx(comparison.difference.mean)


def test_what_two_sets_say_together() -> None:
    rng = np.random.default_rng(4)
    sets = [{"a": base + 1, "b": base} for base in (rng.normal(20, 3, 6), rng.normal(30, 3, 300))]
    found = judge_strata(sets, False, seed=0)

    assert found.means["a"].mean - found.means["b"].mean == pytest.approx(1.0)
    assert found.means["b"].mean == pytest.approx((sets[0]["b"].mean() + sets[1]["b"].mean()) / 2)
    assert found.ranks == {"a": 2, "b": 1}
