"""Which methods can be told apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.intervals import Interval
from inpaintbench.statistics.verdicts import Comparison, Rivals, TestName, Verdict, shared_ranks
from inpaintbench.statistics.verdicts import judge as judge_metrics


def judge(
    scores: dict[str, np.ndarray], *, higher_is_better: bool = True, seed: int = 0, test: TestName = "permutation"
) -> Verdict:
    (verdict,) = judge_metrics([Rivals(scores, higher_is_better)], seed, test)
    return verdict


def images(count: int) -> np.ndarray:
    return np.random.default_rng(count).normal(25, 4, count)


@pytest.mark.parametrize("test", ["permutation", "wilcoxon"])
def test_two_methods_with_the_same_outputs_are_a_tie(test: TestName) -> None:
    scores = images(100)
    verdict = judge({"a": scores, "b": scores.copy()}, higher_is_better=True, seed=0, test=test)
    pair = verdict.pairs["a", "b"]
    assert verdict.ranks == {"a": 1, "b": 1}
    assert (pair.difference.mean, pair.difference.low, pair.difference.high, pair.p) == (0, 0, 0, 1)


def test_a_little_better_on_five_images_is_not_declared_better() -> None:
    scores = images(5)
    verdict = judge({"a": scores + 0.05, "b": scores}, higher_is_better=True, seed=0)
    assert verdict.pairs["a", "b"].p == 2 / 32
    assert verdict.ranks == {"a": 1, "b": 1}


def test_much_better_on_many_images_is() -> None:
    scores = images(500)
    noise = np.random.default_rng(1).normal(0, 1.5, 500)
    verdict = judge({"worse": scores, "better": scores + 0.5 + noise}, higher_is_better=True, seed=0)
    pair = verdict.pairs["worse", "better"]
    assert pair.certain
    assert pair.difference.low < -0.5 < pair.difference.high < 0
    assert verdict.ranks == {"worse": 2, "better": 1}
    assert judge({"a": scores, "b": scores + 0.5 + noise}, higher_is_better=False, seed=0).ranks == {"a": 1, "b": 2}


def test_a_method_shares_the_rank_of_all_that_are_not_certainly_better() -> None:
    rng = np.random.default_rng(0)
    scores = images(60)
    given = {name: scores + shift + rng.normal(0, 1, 60) for name, shift in (("a", 2.0), ("b", 2.02), ("c", 0.0))}
    verdict = judge(given, higher_is_better=True, seed=0)
    assert verdict.ranks == {"a": 1, "b": 1, "c": 3}


def test_what_cannot_be_told_from_the_best_is_first_even_if_something_else_certainly_beats_it() -> None:
    def pair(mean: float, p: float) -> Comparison:
        return Comparison(Interval(mean, mean, mean), p)

    means = {name: Interval(mean, mean, mean) for name, mean in (("best", 3.0), ("next", 2.9), ("wild", 2.0))}
    pairs = {("best", "next"): pair(0.1, 0.5), ("best", "wild"): pair(1.0, 0.06), ("next", "wild"): pair(0.9, 0.01)}
    assert shared_ranks(means, pairs, higher_is_better=True) == {"best": 1, "next": 1, "wild": 1}
    pairs["best", "wild"] = pair(1.0, 0.05)
    assert shared_ranks(means, pairs, higher_is_better=True) == {"best": 1, "next": 1, "wild": 3}
    assert shared_ranks(means, pairs, higher_is_better=False) == {"best": 2, "next": 2, "wild": 1}
    assert shared_ranks({}, {}, higher_is_better=True) == {}


def test_images_without_a_number_of_every_method_are_left_out() -> None:
    one, two = images(30), images(30) + 1
    one[3], two[7] = np.nan, np.inf
    verdict = judge({"one": one, "two": two}, higher_is_better=True, seed=0)
    kept = [index for index in range(30) if index not in (3, 7)]
    assert verdict.images == 28
    assert verdict.means["one"].mean == pytest.approx(one[kept].mean())
    assert verdict.pairs["one", "two"].difference.mean == pytest.approx(-1)


def test_one_method_is_compared_with_nothing() -> None:
    verdict = judge({"only": images(20)}, higher_is_better=True, seed=0)
    assert (verdict.ranks, verdict.pairs) == ({"only": 1}, {})
    assert verdict.means["only"].known
    assert judge({}, higher_is_better=True, seed=0).ranks == {}


def test_metrics_of_other_images_are_judged_together_as_alone() -> None:
    rng = np.random.default_rng(0)
    first = {name: rng.normal(size=40) for name in "ab"}
    second = {name: rng.normal(size=40) for name in "abc"}
    third = {name: np.where(np.arange(40) == 3, np.nan, rng.normal(size=40)) for name in "ab"}
    together = judge_metrics([Rivals(first, True), Rivals(second, False), Rivals(third, True)], seed=5)
    for verdict, scores, direction in zip(together, (first, second, third), (True, False, True), strict=True):
        alone = judge(scores, higher_is_better=direction, seed=5)
        assert (verdict.images, verdict.ranks) == (alone.images, alone.ranks)
        for pair, comparison in verdict.pairs.items():
            assert comparison.p == pytest.approx(alone.pairs[pair].p, abs=1e-12)
            assert comparison.difference.low == pytest.approx(alone.pairs[pair].difference.low, rel=1e-9)


def test_many_equal_methods_are_seldom_told_apart() -> None:
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scores = {str(number): rng.normal(25, 1, 15) for number in range(5)}
        alarms += max(judge(scores, higher_is_better=True, seed=seed).ranks.values()) > 1
    assert alarms <= 8  # one in twenty are three


def test_of_many_methods_those_pairs_have_intervals_that_hold_the_best() -> None:
    rng = np.random.default_rng(0)
    scores = {f"m{place:02}": images(40) + place / 10 + rng.normal(0, 1, 40) for place in range(22)}
    verdict = judge(scores)
    best = max(scores, key=lambda name: scores[name].mean())

    assert len(verdict.pairs) == 231
    for pair, found in verdict.pairs.items():
        assert found.difference.known == (best in pair)
        assert found.difference.mean == pytest.approx(float((scores[pair[0]] - scores[pair[1]]).mean()))
    few = judge({name: scores[name] for name in list(scores)[:20]})
    assert all(found.difference.known for found in few.pairs.values())
    assert all(few.means[name] == verdict.means[name] for name in few.means)


def test_pairs_are_tested_as_their_differences_are() -> None:
    rng = np.random.default_rng(3)
    values = {name: images(30) + rng.normal(0, 1, 30) for name in "abc"}
    verdict = judge(values)
    pairs = list(verdict.pairs)
    expected = holm(
        [
            stats.permutation_test((values[one] - values[two],), np.mean, permutation_type="samples", rng=1).pvalue
            for one, two in pairs
        ]
    )
    assert [verdict.pairs[pair].p for pair in pairs] == pytest.approx(expected, abs=0.02)


def test_an_interval_that_holds_zero_is_not_certain_whatever_the_test_says() -> None:
    assert Comparison(Interval(1.0, 0.1, 2.0), 0.01).certain
    assert not Comparison(Interval(1.0, -0.1, 2.0), 0.01).certain
    assert not Comparison(Interval(1.0, 0.1, 2.0), 0.06).certain
    assert Comparison(Interval(1.0, float("nan"), float("nan")), 0.01).certain  # of so many pairs none is computed


def test_what_could_not_have_been_decided_is_known() -> None:
    rng = np.random.default_rng(0)
    scores = {name: images(8) + 10 * place + rng.normal(0, 0.1, 8) for place, name in enumerate("abcde")}
    five = judge(scores)
    assert not five.decidable  # ten pairs, each with p = 2/256 at least
    assert set(five.ranks.values()) == {1}
    two = judge({name: scores[name] for name in "ab"})
    assert two.decidable
    assert two.ranks == {"a": 2, "b": 1}


def test_forty_methods_can_be_told_apart() -> None:
    rng = np.random.default_rng(0)
    scores = {f"m{place:02}": images(64) + place + rng.normal(0, 0.5, 64) for place in range(40)}
    verdict = judge(scores)
    assert verdict.decidable
    assert sorted(verdict.ranks.values()) == list(range(1, 41))
