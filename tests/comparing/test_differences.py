"""Differences of two sides: by hand, in the right direction, and certain only where they are."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from inpaintbench.comparing.differences import CellDifference, Differences
from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.tests import least_p

StoreCell = Callable[..., Any]
Compare = Callable[..., Differences]


def numbers(count: int, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(25, 4, count).tolist()


def shifted(values: list[float], by: float, noise: float = 0.0) -> list[float]:
    return (np.array(values) + by + np.random.default_rng(9).normal(0, noise or 1e-30, len(values))).tolist()


def only(found: Differences) -> CellDifference:
    (cell,) = found.cells
    return cell


def test_by_hand(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("a", {"psnr": [20.0, 30.0, 25.0]})
    store_cell("b", {"psnr": [21.0, 32.0, 28.0]})
    cell = only(compare("a", "b"))

    assert (cell.a.mean, cell.b.mean, cell.difference.mean) == (25.0, 27.0, 2.0)
    assert cell.p == 2 / 8  # all three signs alike, or all turned
    assert (cell.images, cell.left_out, cell.lost, cell.better) == (3, 0, 0, None)


def test_equal_outputs_are_a_tie(store_cell: StoreCell, compare: Compare) -> None:
    same = {"psnr": numbers(50), "lpips": numbers(50, 1)}
    store_cell("a", same)
    store_cell("b", same)

    for cell in compare("a", "b").cells:
        assert (cell.difference.mean, cell.difference.low, cell.difference.high) == (0.0, 0.0, 0.0)
        assert (cell.p, cell.better) == (1.0, None)


@pytest.mark.parametrize(
    ("count", "by", "noise", "better"),
    [(5, 0.05, 0.0, None), (500, 0.5, 2.0, "b"), (500, -0.5, 2.0, "a"), (500, 0.0, 2.0, None)],
)
@pytest.mark.parametrize("test", ["permutation", "wilcoxon"])
def test_a_difference_is_certain_or_not(
    store_cell: StoreCell, compare: Compare, count: int, by: float, noise: float, better: str | None, test: str
) -> None:
    values = numbers(count)
    store_cell("a", {"psnr": values})
    store_cell("b", {"psnr": shifted(values, by, noise)})

    assert only(compare("a", "b", test=test)).better == better


@pytest.mark.parametrize("test", ["permutation", "wilcoxon"])
def test_rounding_is_no_difference(store_cell: StoreCell, compare: Compare, test: str) -> None:
    values = numbers(40)
    store_cell("a", {"psnr": values, "lpips": values})
    store_cell("b", {"psnr": [one * (1 + 1e-10) for one in values], "lpips": [one * (1 + 1e-8) for one in values]})
    rounding, real = compare("a", "b", test=test).cells

    assert rounding.difference.low > 0
    assert (rounding.p, rounding.better, rounding.equal) == (1.0, None, True)
    assert (real.better, real.equal) == ("a", False)


def test_nothing_is_certain_where_the_interval_holds_zero(store_cell: StoreCell, compare: Compare) -> None:
    differences = np.array([*np.linspace(0.5, 1.5, 18), -6.0, -7.0])
    values = numbers(len(differences))
    store_cell("a", {"psnr": values})
    store_cell("b", {"psnr": (values + differences).tolist()})
    cell = only(compare("a", "b", test="wilcoxon"))

    assert cell.p is not None
    assert cell.p < 0.05
    assert cell.difference.low < 0 < cell.difference.high
    assert (cell.better, cell.too_few) == (None, False)


def undecided(count: int) -> list[float]:
    """Differences that are no more than chance."""
    return [1.0 if index % 2 else -0.9 for index in range(count)]


def store_differences(store_cell: StoreCell, mask: str, differences: list[float], **where: Any) -> None:
    values = numbers(len(differences))
    store_cell("a", {"psnr": values}, mask=mask, **where)
    store_cell("b", {"psnr": np.add(values, differences).tolist()}, mask=mask, **where)


@pytest.mark.parametrize(
    ("images", "cells", "too_few"),
    [(5, 1, True), (6, 1, False), (6, 2, True), (8, 7, True), (8, 6, False)],  # the least p is 2 of 2ⁿ, times the cells
)
def test_where_nothing_could_be_certain_there_are_too_few_images(
    store_cell: StoreCell, compare: Compare, images: int, cells: int, too_few: bool
) -> None:
    for number in range(cells):
        store_differences(store_cell, f"mask{number}", undecided(images))
    found = compare("a", "b").cells

    assert [cell.better for cell in found] == cells * [None]
    assert [cell.too_few for cell in found] == cells * [too_few]


@pytest.mark.parametrize(("others", "too_few"), [([1.0] * 60, False), (undecided(60), True)])
def test_cells_that_are_certain_leave_more_room_to_the_rest(
    store_cell: StoreCell, compare: Compare, others: list[float], too_few: bool
) -> None:
    store_differences(store_cell, "few", undecided(7))
    store_differences(store_cell, "none", [0.0] * 7)
    for mask in ("one", "two"):
        store_differences(store_cell, mask, others)
    few, none, *_ = compare("a", "b").cells

    assert few.too_few == too_few  # the least p is 2/128: times two beside cells that are certain, else times four
    assert not none.too_few  # what is equal is no matter of their number


def test_equal_images_are_not_too_few_and_limited_ones_not_judged(store_cell: StoreCell, compare: Compare) -> None:
    store_differences(store_cell, "equal", [0.0, 0.0])
    store_differences(store_cell, "limited", [1.0, 2.0], limit=2)

    assert [(cell.too_few, cell.better) for cell in compare("a", "b").cells] == [(False, None)] * 2


@pytest.mark.parametrize(
    ("metric", "a", "b", "fallen"),
    [
        ("psnr", math.inf, 5.0, 1),
        ("psnr", 5.0, math.inf, 0),
        ("psnr", 5.0, -math.inf, 1),
        ("psnr", math.inf, math.inf, 0),
        ("lpips", 5.0, math.inf, 1),
        ("lpips", math.inf, 5.0, 0),
    ],
)
def test_an_infinite_number_is_no_lost_one(
    store_cell: StoreCell, compare: Compare, metric: str, a: float, b: float, fallen: int
) -> None:
    store_cell("a", {metric: [20.0, 21.0, a]})
    store_cell("b", {metric: [20.0, 21.0, b]})
    cell = only(compare("a", "b", metrics=[metric]))

    assert (cell.images, cell.left_out, cell.lost, cell.fallen) == (2, 1, 0, fallen)


def test_an_image_that_is_there_twice_is_an_obstacle(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("a", {"psnr": numbers(3)}, items=["0", "1", "1"])
    store_cell("b", {"psnr": numbers(3)}, items=["0", "1", "2"])
    found = compare("a", "b")
    (obstacle,) = found.obstacles

    assert not found.cells
    assert re.fullmatch(r"A: .*images\.parquet holds an image twice: 1", obstacle.why)


@pytest.mark.parametrize(("metric", "better"), [("psnr", "b"), ("lpips", "a"), ("l1", "a"), ("psnr_hole", "b")])
def test_more_is_better_or_worse(store_cell: StoreCell, compare: Compare, metric: str, better: str) -> None:
    store_cell("a", {metric: numbers(40)})
    store_cell("b", {metric: shifted(numbers(40), 1.0, 0.2)})
    cell = only(compare("a", "b", metrics=[metric]))

    assert cell.difference.mean == pytest.approx(1.0, abs=0.2)
    assert cell.better == better


def test_p_values_are_adjusted_for_all_cells_of_a_metric(store_cell: StoreCell, compare: Compare) -> None:
    raw = []
    for mask, by in (("circle", 0.3), ("half", 0.9), ("square", 0.0)):
        one, two = numbers(9), shifted(numbers(9), by, 1.0)
        store_cell("a", {"psnr": one}, mask=mask)
        store_cell("b", {"psnr": two}, mask=mask)
        found = stats.permutation_test(
            (np.subtract(two, one),), np.mean, permutation_type="samples", n_resamples=np.inf
        )
        raw.append(found.pvalue)
    cells = compare("a", "b").cells

    assert [cell.pair.place.mask for cell in cells] == ["circle", "half", "square"]
    assert [cell.p for cell in cells] == pytest.approx(holm(raw))


def test_images_without_a_partner_or_a_number_are_left_out(store_cell: StoreCell, compare: Compare) -> None:
    names = [f"{n}.png" for n in range(6)]
    store_cell("a", {"psnr": [20.0, 21.0, 22.0, 23.0, math.nan, 25.0]}, items=names)
    holes = ["other", *(f"circle-{name}" for name in names[1:])]
    store_cell("b", {"psnr": [90.0, 22.0, 23.0, math.nan, 90.0, 26.0]}, items=names, holes=holes)
    cell = only(compare("a", "b"))

    assert (cell.images, cell.difference.mean) == (3, 1.0)
    assert cell.left_out == 4  # the first image with A's hole, the same with B's, and two without a number
    assert cell.lost == 2  # A has a number of the first image, and of the fourth


@pytest.mark.parametrize("change", [{"limit": 20}, {"expected": 21}])
def test_what_is_not_ranked_is_not_judged(store_cell: StoreCell, compare: Compare, change: dict[str, int]) -> None:
    values = numbers(20)
    store_cell("a", {"psnr": values})
    store_cell("a", {"psnr": values}, mask="half")
    store_cell("b", {"psnr": shifted(values, 3.0)}, **change)
    store_cell("b", {"psnr": shifted(values, 3.0)}, mask="half")
    limited, whole = compare("a", "b").cells

    assert (limited.p, limited.better) == (None, None)
    assert limited.difference.mean == pytest.approx(3.0)
    assert whole.p == pytest.approx(least_p(20))  # alone in its family
    assert whole.better == "b"


def test_runs_are_compared_method_by_method_even_of_other_groups(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("one", {"psnr": numbers(8)}, run="a", identity={"mask": {"code": "old", "version": 1}})
    store_cell("two", {"psnr": numbers(8, 1)}, run="a")
    store_cell("one", {"psnr": shifted(numbers(5), 1.0)}, run="b", limit=5)
    store_cell("three", {"psnr": numbers(8)}, run="b")
    found = compare()

    cell = only(found)
    assert (cell.pair.a.method, cell.images, cell.left_out, cell.lost) == ("one", 5, 3, 3)
    assert cell.difference.mean == pytest.approx(1.0)
    assert (found.pairing.methods_only_a, found.pairing.methods_only_b) == (("two",), ("three",))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "version 1 against 2"),
        ({"weights": "ab" * 32}, "weights none against abababababab"),
        ({"unavailable": "no weights."}, "B was not scored with it: no weights"),
    ],
)
def test_other_metrics_are_not_compared(
    store_cell: StoreCell, compare: Compare, change: dict[str, Any], why: str
) -> None:
    from dataclasses import replace

    one = store_cell("m", {"psnr": numbers(6), "l1": numbers(6)}, run="a").record
    metrics = (replace(one.metrics[0], **change), one.metrics[1])
    store_cell("m", {"psnr": numbers(6), "l1": numbers(6)}, run="b", metrics=metrics)
    found = compare(metrics=["psnr", "l1"])

    assert [cell.column.metric.name for cell in found.cells] == ["l1"]
    assert {(one.metric, one.why) for one in found.obstacles} == {("psnr", why)}


def test_failures_and_damage_are_obstacles(store_cell: StoreCell, compare: Compare) -> None:
    for mask in ("circle", "half", "square"):
        store_cell("a", {"psnr": numbers(6)}, mask=mask)
    store_cell("b", {"psnr": numbers(6)}, mask="circle", status="oom", scored=0, means={})
    broken = store_cell("b", {"psnr": numbers(6)}, mask="half")
    content = bytearray(broken.table.read_bytes())
    content[100] ^= 1
    broken.table.write_bytes(content)
    store_cell("b", {"psnr": numbers(6)}, mask="square", holes=["x"] * 6)
    found = compare("a", "b")

    assert not found.cells
    assert [(one.pair.place.mask, one.has) for one in found.obstacles] == [
        ("circle", "a"), ("half", "ab"), ("square", "ab"),
    ]  # fmt: skip
    failed, damaged, apart = (one.why for one in found.obstacles)
    assert failed == "B is oom"
    assert "was altered or damaged" in damaged
    assert apart.startswith("no image has a finite number on both sides")
