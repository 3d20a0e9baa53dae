"""Intervals of means: they cover the truth as often as they say, and are exact to repeat."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import bootstrap

from inpaintbench.statistics.intervals import Interval, mean_intervals
from inpaintbench.statistics.resampling import Resamples

Draw = Callable[[np.random.Generator, int], np.ndarray]

TRUTHS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, count: rng.normal(25, 3, count), 25.0),
    "skewed": (lambda rng, count: rng.gamma(2, size=count), 2.0),
    "long-tailed": (lambda rng, count: rng.lognormal(0, 0.5, count), math.exp(0.125)),
}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("images", [12, 60])
def test_an_interval_covers_the_truth_in_95_of_100_cases(name: str, images: int) -> None:
    draw, truth = TRUTHS[name]
    rng = np.random.default_rng(images)
    samples = np.stack([draw(rng, images) for _ in range(2000)], axis=1)
    covered = sum(one.low <= truth <= one.high for one in mean_intervals(samples, seed=0))
    assert 0.93 <= covered / 2000 <= 0.97


def test_an_interval_is_near_that_of_another_bootstrap_where_there_are_many_images() -> None:
    values = np.random.default_rng(0).gamma(3, size=400)
    (found,) = mean_intervals(values[:, None], seed=0)
    other = bootstrap((values,), np.mean, n_resamples=10_000, method="BCa", rng=np.random.default_rng(1))
    width = other.confidence_interval.high - other.confidence_interval.low
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(other.confidence_interval.low, abs=0.05 * width)
    assert found.high == pytest.approx(other.confidence_interval.high, abs=0.05 * width)


def test_a_level_is_kept() -> None:
    values = np.random.default_rng(0).normal(size=(100, 1))
    (wide,), (narrow,) = (mean_intervals(values, seed=0, level=level) for level in (0.99, 0.5))
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_it_is_exact_to_repeat_and_columns_do_not_depend_on_each_other() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3))
    found = mean_intervals(values, seed=1)
    assert mean_intervals(values, seed=1) == found
    assert mean_intervals(values, seed=2) != found
    alone = mean_intervals(values[:, 1:2], seed=1)[0]
    assert (alone.low, alone.high) == pytest.approx((found[1].low, found[1].high), rel=1e-12)


def test_what_is_common_to_two_methods_does_not_widen_the_interval_of_their_difference() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(25, 10, 80)
    one, two = hard + rng.normal(0, 0.1, 80), hard + rng.normal(0, 0.1, 80)
    first, difference = mean_intervals(np.stack([one, one - two], axis=1), seed=0)
    assert first.high - first.low > 3
    assert difference.high - difference.low < 0.1


def test_turned_about_a_difference_has_the_mirrored_interval() -> None:
    values = np.random.default_rng(0).gamma(1, size=30)
    one, other = mean_intervals(np.stack([values, -values], axis=1), seed=0)
    assert (-other.high, -other.low) == pytest.approx((one.low, one.high))


@pytest.mark.parametrize(("values", "expected"), [([2.5] * 9, (2.5, 2.5)), ([1.0, 2.0, 3.0, 4.0], (math.nan,) * 2)])
def test_nothing_is_uncertain_of_equal_values_and_nothing_is_told_of_few(
    values: list[float], expected: tuple[float, float]
) -> None:
    (found,) = mean_intervals(np.array(values)[:, None], seed=0)
    assert found.mean == 2.5
    assert (found.low, found.high) == pytest.approx(expected, nan_ok=True)
    assert found.known == (len(values) > 4)


def test_nothing_has_no_mean() -> None:
    (found,) = mean_intervals(np.empty((0, 1)), seed=0)
    assert isinstance(found, Interval)
    assert math.isnan(found.mean)


def test_resamples_are_the_stated_ones() -> None:
    values = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    means, spreads = Resamples(3, seed=5, count=4000).moments(values)
    assert np.allclose(means[:, 1], 10 * means[:, 0])  # the same draws for both columns
    assert np.allclose(spreads[:, 1], 10 * spreads[:, 0], atol=1e-6)
    possible = {a + b + c for a in (1, 2, 4) for b in (1, 2, 4) for c in (1, 2, 4)}
    assert {round(3 * mean) for mean in means[:, 0]} == possible
    assert means[:, 0].mean() == pytest.approx(7 / 3, abs=0.05)
    assert np.count_nonzero(spreads[:, 0] < 1e-6) == pytest.approx(4000 / 9, rel=0.2)  # three times the same image


def test_many_images_are_drawn_in_parts() -> None:
    values = np.random.default_rng(0).normal(size=(5000, 1))
    means, _ = Resamples(5000, seed=0, count=1000).moments(values)
    assert len(means) == 1000
    assert means.std() == pytest.approx(values.std() / math.sqrt(5000), rel=0.1)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 33.3, 100.0, -7.7])
@pytest.mark.parametrize("count", [5, 7, 20, 64])
def test_equal_values_leave_nothing_open_whatever_their_rounding(value: float, count: int) -> None:
    (found,) = mean_intervals(np.full((count, 1), value), 1)
    assert found == Interval(pytest.approx(value), found.mean, found.mean)


def test_where_nearly_all_values_are_equal_no_interval_is_told() -> None:
    values = np.full((20, 1), 100.0)
    values[3] = 20.0
    (found,) = mean_intervals(values, 0)
    assert found.mean == 96.0
    assert not found.known
    assert math.isnan(found.high)
