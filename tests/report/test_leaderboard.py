from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.records import MetricColumn
from inpaintbench.report import render
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]


def entry(board: Leaderboard, method: str, **group: object) -> Entry:
    """Return the one entry of this method in the group with these attributes."""
    (found,) = [
        one
        for one in board.entries
        if one.method == method and all(getattr(one.group, name) == value for name, value in group.items())
    ]
    return found


def score(board: Leaderboard, method: str, metric: str, **group: object) -> Score:
    (found,) = [value for key, value in entry(board, method, **group).scores.items() if key.name.startswith(metric)]
    return found


def column(board: Leaderboard, name: str) -> Column:
    (found,) = [one for one in board.columns if one.name == name]
    return found


def test_ranks_follow_each_metrics_direction(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        [
            make_cell("a", {"psnr": 20.0, "lpips[net=squeeze]": 0.1}),
            make_cell("b", {"psnr": 25.0, "lpips[net=squeeze]": 0.2}),
            make_cell("c", {"psnr": 22.0, "lpips[net=squeeze]": 0.3}),
        ]
    )
    assert [score(board, method, "psnr").rank for method in "abc"] == [3, 1, 2]
    assert [score(board, method, "lpips").rank for method in "abc"] == [1, 2, 3]
    assert [score(board, method, "psnr").place for method in "abc"] == [0, 1, 2]
    assert [score(board, method, "lpips").place for method in "abc"] == [1, 2, 0]


def test_ties_share_the_average_rank_and_are_all_best(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        make_cell(method, {"psnr": mean}) for method, mean in [("a", 25.0), ("b", 25.0), ("c", 20.0), ("d", 19.0)]
    )
    assert [score(board, method, "psnr").rank for method in "abcd"] == [1.5, 1.5, 3, 4]
    assert [score(board, method, "psnr").place for method in "abcd"] == [1, 1, 2, 0]


def test_means_that_print_alike_but_differ_are_no_tie(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 25.001}), make_cell("b", {"psnr": 25.002})])
    assert (score(board, "a", "psnr").rank, score(board, "b", "psnr").rank) == (2, 1)


@given(st.lists(st.sampled_from([10.0, 12.5, 20.0, 20.25, 31.0]), min_size=1, max_size=8))
def test_ranks_equal_their_definition(make_cell: MakeCell, means: list[float]) -> None:
    board = Leaderboard.from_cells(make_cell(f"m{i}", {"psnr": mean}) for i, mean in enumerate(means))
    for i, mean in enumerate(means):
        better, equal = sum(other > mean for other in means), means.count(mean)
        assert score(board, f"m{i}", "psnr").rank == better + (equal + 1) / 2


def test_mean_rank_worked_by_hand(make_cell: MakeCell) -> None:
    # Ranks of a: 1, 1 | 2, 2. Of b: 2, 2 | 3, 1. Of c: 3, 3 | 1, 3.  L1 does not vote.
    first = {"a": (30.0, 0.9, 0.5), "b": (29.0, 0.8, 0.4), "c": (28.0, 0.7, 0.1)}
    second = {"a": (20.0, 0.8, 0.5), "b": (19.0, 0.9, 0.4), "c": (21.0, 0.7, 0.1)}
    board = Leaderboard.from_cells(
        make_cell(method, {"psnr": psnr, "ssim": ssim, "l1": l1}, mask=mask)
        for mask, numbers in {"circle": first, "square": second}.items()
        for method, (psnr, ssim, l1) in numbers.items()
    )
    assert [(one.method, one.mean, one.groups, one.place) for one in board.mean_ranks] == [
        ("a", 1.5, 2, 1),
        ("b", 2.0, 2, 2),
        ("c", 2.5, 2, 0),
    ]
    assert board.ranked_group_count == 2


def test_a_method_without_a_ranked_cell_somewhere_has_no_mean_rank(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        [
            *(make_cell(method, {"psnr": 20.0 + i}, mask="circle") for i, method in enumerate("abc")),
            *(make_cell(method, {"psnr": 20.0 + i}, mask="square") for i, method in enumerate("ab")),
            make_cell("c", {"psnr": 99.0}, mask="square", status="failed"),
        ]
    )
    assert [(one.method, one.mean, one.groups) for one in board.mean_ranks] == [
        ("b", 1.5, 2),
        ("a", 2.5, 2),
        ("c", None, 1),
    ]


def test_a_method_that_lacks_one_ranked_metric_has_no_mean_rank(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0, "ssim": 0.5}), make_cell("b", {"psnr": 30.0})])
    assert {one.method: (one.mean, one.groups) for one in board.mean_ranks} == {"a": (1.5, 1), "b": (None, 0)}


@pytest.mark.parametrize("status", ["failed", "oom", "timeout", "invalid-output"])
def test_a_failed_cell_is_shown_and_never_ranked(make_cell: MakeCell, status: str) -> None:
    board = Leaderboard.from_cells(
        [
            make_cell("a", {"psnr": 20.0}),
            make_cell("b", {"psnr": 21.0}),
            make_cell("broken", {"psnr": 99.0}, status=status),
        ]
    )
    assert entry(board, "broken").standing == "failed"
    assert entry(board, "broken").scores == {}
    assert score(board, "b", "psnr").place == 1


@pytest.mark.parametrize(
    ("changes", "standing"),
    [({"limit": 64}, "limited"), ({"scored": 63}, "incomplete"), ({"expected": 65}, "incomplete")],
)
def test_partial_results_keep_their_numbers_but_no_rank(
    make_cell: MakeCell, changes: dict[str, int], standing: str
) -> None:
    cells = [make_cell("whole", {"psnr": 20.0}), make_cell("other", {"psnr": 19.0})]
    board = Leaderboard.from_cells([*cells, make_cell("partial", {"psnr": 99.0}, **changes)])
    assert entry(board, "partial").standing == standing
    assert score(board, "partial", "psnr") == Score(99.0, None, 0)
    assert score(board, "whole", "psnr").place == 1


def test_unreadable_files_do_not_make_a_cell_incomplete(make_cell: MakeCell) -> None:
    unreadable = ({"item": "broken.jpg", "reason": "truncated"},)
    board = Leaderboard.from_cells(
        make_cell(method, {"psnr": 20.0}, scored=63, unreadable=unreadable) for method in "ab"
    )
    assert {one.standing for one in board.entries} == {"ranked"}


def test_fewer_images_than_another_method_are_not_ranked_against_it(make_cell: MakeCell) -> None:
    unreadable = ({"item": "broken.jpg", "reason": "truncated"},)
    easy = make_cell("easy", {"psnr": 99.0}, scored=63, unreadable=unreadable)
    board = Leaderboard.from_cells([easy, make_cell("whole", {"psnr": 20.0})])
    assert entry(board, "easy").standing == "incomplete"
    assert entry(board, "whole").standing == "ranked"


def test_nothing_is_best_where_there_is_nothing_to_compare(make_cell: MakeCell) -> None:
    assert score(Leaderboard.from_cells([make_cell("a", {"psnr": 20.0})]), "a", "psnr") == Score(20.0, 1.0, 0)


def test_limited_groups_are_listed_by_name_and_do_not_stand_in_the_way_of_mean_ranks(make_cell: MakeCell) -> None:
    limited = [make_cell(method, {"psnr": 20.0 + i}, limit=8) for i, method in enumerate(["m10", "m9", "m1"])]
    board = Leaderboard.from_cells(limited)
    assert [one.method for one in board.entries] == ["m1", "m9", "m10"]
    assert board.ranked_group_count == 0
    whole = [make_cell(method, {"psnr": 20.0 + i}) for i, method in enumerate(["m10", "m9", "m1"])]
    both = Leaderboard.from_cells([*limited, *whole])
    assert [(one.method, one.mean) for one in both.mean_ranks] == [("m1", 1.0), ("m9", 2.0), ("m10", 3.0)]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("dataset", ("photos", "faces")),
        ("mask", ("circle", "square")),
        ("size", (64, 128)),
        ("seed", (0, 1)),
        ("limit", (None, 8)),
        ("protocol", (1, 2)),
        ("identity", ({"dataset": {"fingerprint": "aa"}}, {"dataset": {"fingerprint": "bb"}})),
        ("identity", ({"dataset": {"version": 1}}, {"dataset": {"version": 2}})),
        ("identity", ({"mask": {"version": 1}}, {"mask": {"version": 2}})),
        ("identity", ({"mask": {"fingerprint": "aa"}}, {"mask": {"fingerprint": "bb"}})),
    ],
)
def test_what_differs_is_never_compared(make_cell: MakeCell, field: str, values: Sequence[object]) -> None:
    board = Leaderboard.from_cells(
        make_cell(method, {"psnr": 20.0}, **{field: value}) for method, value in zip("ab", values, strict=True)
    )
    assert len(board.groups) == 2
    assert all(one.place == 0 for entry in board.entries for one in entry.scores.values())
    titles = [line for line in render(board).splitlines() if " · 64 × 64" in line or " · 128 × 128" in line]
    assert len(set(titles)) == 2


@pytest.mark.parametrize("change", [{"weights": "ff99ee" + 58 * "0"}, {"version": 2}])
def test_scores_of_other_weights_or_versions_have_their_own_column(
    make_cell: MakeCell, make_metric: MakeMetric, change: dict[str, object]
) -> None:
    name = "lpips[net=squeeze]"
    other = make_metric(name, **change)
    board = Leaderboard.from_cells(
        [
            make_cell("a", {name: 0.2}),
            make_cell("b", {name: 0.3}),
            make_cell("c", {name: 0.1}, metrics=(other,)),
        ]
    )
    assert len(board.columns) == 2
    assert score(board, "a", name).place == 1
    assert score(board, "c", name) == Score(0.1, 1.0, 0)
    told = {"weights": "LPIPS (squeeze) ff99ee", "version": "LPIPS (squeeze) version 2"}
    assert told[next(iter(change))] in {one.label for one in board.columns}
    assert len({one.name for one in board.columns}) == len({one.field for one in board.columns}) == 2


def test_protocols_have_their_own_columns(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0}), make_cell("b", {"psnr": 21.0}, protocol=2)])
    assert [one.label for one in board.columns] == ["PSNR protocol 1", "PSNR protocol 2"]


def test_results_of_older_mask_code_stay_until_they_are_replaced_and_are_never_compared(make_cell: MakeCell) -> None:
    old, new = ({"mask": {"name": "circle", "version": 1, "code": code}} for code in ("aaaaaa1", "bbbbbb2"))
    cells = [
        make_cell("a", {"psnr": 30.0}, identity=old, finished="2026-01-01T00:00:00.000+00:00"),
        make_cell("b", {"psnr": 29.0}, identity=old, finished="2026-01-01T00:00:00.000+00:00"),
        make_cell("a", {"psnr": 20.0}, identity=new, finished="2026-01-02T00:00:00.000+00:00", key="newer"),
    ]
    board = Leaderboard.from_cells(cells)
    found = {(one.group.holes.code, one.method): one.scores for one in board.entries}
    assert set(found) == {("aaaaaa1", "b"), ("bbbbbb2", "a")}
    assert all(score.place == 0 for scores in found.values() for score in scores.values())
    replaced = Leaderboard.from_cells(
        [*cells, make_cell("b", {"psnr": 21.0}, identity=new, finished="2026-01-02T00:00:00.000+00:00", key="newer")]
    )
    assert [(one.group.holes.code, one.method) for one in replaced.entries] == [("bbbbbb2", "b"), ("bbbbbb2", "a")]


def test_hashes_are_shown_to_the_digit_that_tells_them_apart(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    name = "lpips[net=squeeze]"
    alike = [make_metric(name, weights="ab12cd34" + digit + 55 * "0") for digit in "12"]
    board = Leaderboard.from_cells(
        make_cell(m, {name: 0.1}, metrics=(one,)) for m, one in zip("ab", alike, strict=True)
    )
    assert [one.label for one in board.columns] == ["LPIPS (squeeze) ab12cd341", "LPIPS (squeeze) ab12cd342"]


def test_parameters_tell_columns_of_one_plugin_apart(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    alex = make_metric("lpips[net=squeeze]", name="lpips[net=alex]", label="LPIPS (alex)")
    squeeze = make_metric("lpips[net=squeeze]")
    cell = make_cell("a", {"lpips[net=squeeze]": 0.2, "lpips[net=alex]": 0.1}, metrics=(squeeze, alex))
    board = Leaderboard.from_cells([cell])
    assert [one.label for one in board.columns] == ["LPIPS (alex)", "LPIPS (squeeze)"]
    assert column(board, "lpips[net=alex]").field == "lpips[net=alex]"


def test_columns_stand_in_the_protocols_order(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    extra = make_metric("l1", name="aaa", plugin="aaa", label="AAA")
    metrics = (extra, *(make_metric(name) for name in ("psnr_hole", "ssim", "psnr")))
    cell = make_cell("a", {"aaa": 1.0, "psnr_hole": 2.0, "ssim": 0.5, "psnr": 3.0}, metrics=metrics)
    assert [one.name for one in Leaderboard.from_cells([cell]).columns] == ["psnr", "ssim", "psnr_hole", "aaa"]


def test_an_unavailable_metric_has_an_empty_column_only_if_nobody_has_it(
    make_cell: MakeCell, make_metric: MakeMetric
) -> None:
    name = "lpips[net=squeeze]"
    absent = make_metric(name, weights="", unavailable="the weights are missing")
    lacking = make_cell("a", {"psnr": 20.0, name: None}, metrics=(make_metric("psnr"), absent))
    assert [one.name for one in Leaderboard.from_cells([lacking]).columns] == ["psnr", name]
    having = make_cell("b", {"psnr": 21.0, name: 0.1})
    board = Leaderboard.from_cells([lacking, having])
    assert [(one.name, one.key.weights[:6]) for one in board.columns] == [("psnr", ""), (name, "ab12cd")]


def test_a_column_stays_though_its_newest_cell_lacks_it(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    having = make_cell("a", {"psnr": 20.0}, finished="2026-01-01")
    absent = make_metric("psnr", unavailable="no reason to speak of")
    lacking = make_cell("b", {"psnr": None}, metrics=(absent,), finished="2026-01-02")
    (only,) = Leaderboard.from_cells([having, lacking]).columns
    assert not only.metric.unavailable


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_a_mean_of_nothing_is_no_score(make_cell: MakeCell, nothing: float | None) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr_hole": nothing}), make_cell("b", {"psnr_hole": 12.0})])
    assert entry(board, "a").scores == {}
    assert score(board, "b", "psnr_hole") == Score(12.0, 1.0, 0)


def test_the_newest_complete_result_is_taken(make_cell: MakeCell) -> None:
    versions = [make_cell("a", {"psnr": 20.0 + day}, key=str(day), finished=f"2026-01-0{day}") for day in (1, 3, 2)]
    board = Leaderboard.from_cells(versions)
    assert score(board, "a", "psnr").mean == 23.0
    assert entry(board, "a").superseded == 2


def test_a_wanted_result_is_taken_before_newer_ones(make_cell: MakeCell) -> None:
    versions = [make_cell("a", {"psnr": 20.0 + day}, key=str(day), finished=f"2026-01-0{day}") for day in (1, 3, 2)]
    board = Leaderboard.from_cells(versions, {"1", "of another question"})
    assert score(board, "a", "psnr").mean == 21.0
    assert (entry(board, "a").standing, entry(board, "a").superseded) == ("ranked", 2)


def test_a_newer_failure_of_other_code_does_not_touch_a_wanted_result(make_cell: MakeCell) -> None:
    failure = make_cell("a", key="other", status="failed", finished="2027-01-01")
    cells = [make_cell("a", {"psnr": 20.0}, key="wanted"), failure]
    assert entry(Leaderboard.from_cells(cells), "a").standing == "stale"
    assert entry(Leaderboard.from_cells(cells, {"wanted"}), "a").standing == "ranked"


def test_a_wanted_failure_makes_a_newer_result_of_other_code_stale(make_cell: MakeCell) -> None:
    failure = make_cell("a", key="wanted", status="failed", finished="2025-01-01")
    cells = [make_cell("a", {"psnr": 20.0}, key="other"), failure]
    assert entry(Leaderboard.from_cells(cells), "a").standing == "ranked"
    assert entry(Leaderboard.from_cells(cells, {"wanted"}), "a").standing == "stale"


def test_a_wanted_result_still_gains_the_metrics_of_the_same_completions(make_cell: MakeCell) -> None:
    same = {"method": {"code": "aa"}}
    fewer = make_cell("a", {"psnr": 20.0}, key="fewer", identity={**same, "metrics": {"psnr": {}}})
    newer = make_cell("a", {"psnr": 21.0, "ssim": 0.5}, key="newer", identity={**same, "metrics": {}}, finished="2027")
    board = Leaderboard.from_cells([fewer, newer], {"fewer"})
    assert (score(board, "a", "psnr").mean, score(board, "a", "ssim").mean) == (20.0, 0.5)


def test_an_older_failure_changes_nothing(make_cell: MakeCell) -> None:
    failure = make_cell("a", key="old", status="failed", finished="2025-01-01")
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0}), failure])
    assert (entry(board, "a").standing, entry(board, "a").superseded) == ("ranked", 0)


def test_a_newer_failure_makes_an_older_result_stale(make_cell: MakeCell) -> None:
    cells = [make_cell("a", {"psnr": 99.0}), make_cell("b", {"psnr": 20.0}), make_cell("c", {"psnr": 19.0})]
    failure = make_cell("a", key="new", status="failed", finished="2027-01-01")
    board = Leaderboard.from_cells([*cells, failure])
    assert entry(board, "a").standing == "stale"
    assert score(board, "a", "psnr") == Score(99.0, None, 0)
    assert score(board, "b", "psnr").place == 1


def test_a_failed_repetition_of_the_same_key_leaves_the_result_as_it_is(make_cell: MakeCell) -> None:
    failure = make_cell("a", status="failed", finished="2027-01-01")
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0}), failure])
    assert entry(board, "a").standing == "ranked"


def test_of_several_failures_the_newest_is_shown(make_cell: MakeCell) -> None:
    old = make_cell("a", key="old", status="failed", finished="2025-01-01")
    new = make_cell("a", key="new", status="oom", finished="2026-01-01")
    assert entry(Leaderboard.from_cells([new, old]), "a").record.status == "oom"


def test_a_later_run_with_fewer_metrics_hides_none(make_cell: MakeCell) -> None:
    same = {"method": {"code": "aa"}}
    full = make_cell(
        "a", {"psnr": 20.0, "ssim": 0.5}, key="full", identity={**same, "metrics": {"psnr": {}, "ssim": {}}}
    )
    fewer = make_cell("a", {"psnr": 21.0}, key="fewer", identity={**same, "metrics": {"psnr": {}}}, finished="2027")
    board = Leaderboard.from_cells([full, fewer, make_cell("b", {"psnr": 19.0, "ssim": 0.6})])
    assert (score(board, "a", "psnr"), score(board, "a", "ssim")) == (Score(21.0, 1.0, 1), Score(0.5, 2.0, 2))
    shown = entry(board, "a")
    assert (shown.standing, shown.superseded) == ("ranked", 0)
    assert (shown.record.key, shown.others) == ("fewer", (full,))
    assert {one.method: one.mean for one in board.mean_ranks} == {"a": 1.5, "b": 1.5}


@pytest.mark.parametrize("part", ["method", "dataset", "mask", "core"])
def test_metrics_of_other_completions_are_not_taken(make_cell: MakeCell, part: str) -> None:
    old = make_cell("a", {"psnr": 20.0, "ssim": 0.5}, key="old", identity={part: {"code": "aa"}, "metrics": {}})
    new = make_cell("a", {"psnr": 21.0}, key="new", identity={part: {"code": "bb"}, "metrics": {}}, finished="2027")
    shown = entry(Leaderboard.from_cells([old, new]), "a")
    assert (shown.record, shown.others, shown.superseded) == (new.record, (), 1)


def test_metrics_of_fewer_images_are_not_taken(make_cell: MakeCell) -> None:
    same = {"method": {"code": "aa"}}
    unreadable = ({"item": "x.jpg", "reason": "no decoder"},)
    old = make_cell("a", {"ssim": 0.5}, key="old", identity=same, scored=63, unreadable=unreadable)
    new = make_cell("a", {"psnr": 21.0}, key="new", identity=same, finished="2027")
    shown = entry(Leaderboard.from_cells([old, new]), "a")
    assert (shown.record, shown.superseded) == (new.record, 1)


def test_a_metric_that_a_later_run_could_not_compute_keeps_its_numbers(
    make_cell: MakeCell, make_metric: MakeMetric
) -> None:
    name, same = "lpips[net=squeeze]", {"method": {"code": "aa"}}
    having = make_cell("a", {name: 0.1}, key="having", identity=same)
    absent = make_metric(name, weights="", unavailable="the weights are missing")
    lacking = make_cell("a", {name: None}, metrics=(absent,), key="lacking", identity=same, finished="2027")
    board = Leaderboard.from_cells([having, lacking])
    assert score(board, "a", name).mean == 0.1
    assert [metric.unavailable for metric in entry(board, "a").record.metrics] == [""]


def test_a_failure_with_other_metrics_leaves_the_result_as_it_is(make_cell: MakeCell) -> None:
    same = {"method": {"code": "aa"}}
    whole = make_cell("a", {"psnr": 20.0}, key="whole", identity={**same, "metrics": {"psnr": {}}})
    failure = make_cell("a", key="more", identity={**same, "metrics": {}}, status="oom", finished="2027")
    assert entry(Leaderboard.from_cells([whole, failure]), "a").standing == "ranked"


def test_numbers_within_names_sort_by_value(make_cell: MakeCell) -> None:
    masks = ["square[side=9]", "square[side=10]", "square[side=100]"]
    board = Leaderboard.from_cells(make_cell("a", {"psnr": 1.0}, mask=mask) for mask in reversed(masks))
    assert [group.mask for group in board.groups] == masks


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_cells_does_not_matter(make_cell: MakeCell, source: random.Random) -> None:
    cells = [
        make_cell(method, {"psnr": float(len(method + mask) % 3), "ssim": 0.5}, mask=mask, limit=limit)
        for method in ("tv", "harmonic", "mean_fill")
        for mask in ("circle", "square")
        for limit in (None, 8)
    ]
    shuffled = list(cells)
    source.shuffle(shuffled)
    assert Leaderboard.from_cells(shuffled) == Leaderboard.from_cells(cells)


def test_no_cells_make_an_empty_leaderboard() -> None:
    board = Leaderboard.from_cells([])
    assert (board.columns, board.groups, board.entries, board.mean_ranks, board.ranked_group_count) == (
        (),
        (),
        (),
        (),
        0,
    )


def test_ten_thousand_cells_are_tabulated_in_three_seconds(make_cell: MakeCell) -> None:
    source = random.Random(0)
    names = ("psnr", "ssim", "lpips[net=squeeze]", "l1", "psnr_hole")
    cells = [
        make_cell(f"method{m}", {name: source.random() for name in names}, dataset=f"data{d}", mask=f"mask{k}")
        for m in range(10)
        for d in range(10)
        for k in range(100)
    ]
    begin = time.process_time()  # of this process alone: others on the machine do not count
    text = render(Leaderboard.from_cells(cells))
    assert time.process_time() - begin < 3
    assert text.count("method7 ") == 1001  # a row in each group, and its mean rank
