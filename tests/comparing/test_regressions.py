"""What counts as worse than allowed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from inpaintbench.comparing.differences import Differences
from inpaintbench.comparing.regressions import Margin, describe, find_regressions
from inpaintbench.errors import UsageError

StoreCell = Callable[..., Any]
Compare = Callable[..., Differences]


def worse(found: Differences, metric: str, allowed: float = 0.0) -> list[str]:
    (column,) = (one for one in found.columns if one.metric.name == metric)
    return [describe(one, found.pairing) for one in find_regressions(found, column, allowed)]


def store_runs(store_cell: StoreCell, a: list[float], b: list[float], metric: str = "psnr", **where: Any) -> None:
    store_cell("m", {metric: a}, run="a", **where)
    store_cell("m", {metric: b}, run="b", **where)


@pytest.mark.parametrize("metric", ["psnr", "lpips"])
def test_equal_runs_pass(store_cell: StoreCell, compare: Compare, metric: str) -> None:
    store_runs(store_cell, [20.1, 30.7, math.nan], [20.1, 30.7, math.nan], metric)

    assert worse(compare(metrics=[metric]), metric) == []


@pytest.mark.parametrize(
    ("metric", "by", "allowed", "fails"),
    [
        ("psnr", -0.1, 0.1, False),  # the margin met exactly, though 28.3 - 28.2 is more than 0.1 in binary
        ("psnr", -0.11, 0.1, True),
        ("psnr", -0.01, 0.0, True),
        ("psnr", 5.0, 0.0, False),
        ("lpips", 0.1, 0.1, False),
        ("lpips", 0.11, 0.1, True),
        ("l1", 0.01, 0.0, True),
        ("l1", -5.0, 0.0, False),
    ],
)
def test_the_direction_and_the_margin(
    store_cell: StoreCell, compare: Compare, metric: str, by: float, allowed: float, fails: bool
) -> None:
    values = [28.3, 28.3]
    store_runs(store_cell, values, [round(one + by, 4) for one in values], metric)

    assert bool(worse(compare(metrics=[metric]), metric, allowed)) == fails


def test_one_cell_is_enough(store_cell: StoreCell, compare: Compare) -> None:
    store_runs(store_cell, [20.0, 22.0], [40.0, 42.0])
    store_runs(store_cell, [20.0, 22.0], [19.5, 21.5], mask="half", limit=2)

    (line,) = worse(compare(), "psnr", 0.25)
    assert line == "PSNR · m · photos × half: 20.5000 against 21.0000 dB, worse by 0.5, allowed 0.25"


def test_what_b_lacks(store_cell: StoreCell, compare: Compare) -> None:
    for mask in ("circle", "half", "square"):
        store_cell("m", {"psnr": [20.0, 22.0]}, run="a", mask=mask)
    store_cell("m", {"psnr": [20.0, math.nan]}, run="b", mask="circle")
    failed = {"status": "failed", "scored": 0, "means": {}, "error": {"type": "E", "message": "no", "advice": ""}}
    store_cell("m", {"psnr": []}, run="b", mask="half", **failed)

    assert worse(compare(), "psnr") == [
        "PSNR · m · photos × circle: no number for 1 image of which A has one",
        "PSNR · m · photos × half: cannot be compared: B is failed",
        "PSNR · m · photos × square: B has no such cell",
    ]


def test_what_a_lacks_is_no_matter(store_cell: StoreCell, compare: Compare) -> None:
    store_runs(store_cell, [20.0, math.nan], [20.0, 1.0])
    store_cell("m", {"psnr": []}, run="a", mask="half", status="oom", scored=0, means={})
    store_cell("m", {"psnr": [1.0]}, run="b", mask="half")
    store_cell("m", {"psnr": [1.0]}, run="b", mask="square")

    assert worse(compare(), "psnr") == []


def test_a_fall_from_infinity_is_worse_and_a_rise_is_not(store_cell: StoreCell, compare: Compare) -> None:
    store_runs(store_cell, [math.inf, math.inf, 30.0], [5.0, math.inf, 30.0])
    store_runs(store_cell, [20.0, 30.0], [math.inf, 30.0], mask="half")

    assert worse(compare(), "psnr") == ["PSNR · m · photos × circle: infinitely worse on 1 image"]


def test_a_method_that_b_lacks_is_worse(store_cell: StoreCell, compare: Compare) -> None:
    store_runs(store_cell, [20.0], [20.0])
    for mask in ("circle", "half"):
        store_cell("gone", {"psnr": [20.0]}, run="a", mask=mask)
    store_cell("failed", {"psnr": []}, run="a", status="oom", scored=0, means={})
    store_cell("new", {"psnr": [20.0]}, run="b")

    assert worse(compare(), "psnr") == ["PSNR · gone: B has no such method"]


def test_what_b_has_answered_in_another_form_is_not_missing(store_cell: StoreCell, compare: Compare) -> None:
    values = [20.0, 22.0, 24.0]
    for mask in ("circle", "half", "square"):
        store_cell("m", {"psnr": values}, run="a", mask=mask)
        store_cell("m", {"psnr": values[:2]}, run="a", mask=mask, limit=2)
    store_cell("m", {"psnr": values[:2]}, run="b", limit=2)
    store_cell("m", {"psnr": []}, run="b", mask="half", limit=2, status="oom", scored=0, means={})

    assert worse(compare(), "psnr") == [
        "PSNR · m · photos × half: cannot be compared: B is oom",
        "PSNR · m · photos × square: B has no such cell",
    ]


def test_an_answer_without_the_metric_is_none(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("m", {"psnr": [20.0, 22.0], "l1": [1.0, 2.0]}, run="a")
    store_cell("m", {"l1": [1.0]}, run="a", limit=1)
    store_cell("m", {"l1": [1.0]}, run="b", limit=1)

    assert worse(compare(metrics=["l1"]), "l1") == []
    assert worse(compare(metrics=["psnr"]), "psnr") == ["PSNR · m · photos × circle: B has no number in any form"]


def test_a_check_of_nothing_does_not_pass(store_cell: StoreCell, compare: Compare) -> None:
    for run in ("a", "b"):
        store_cell("m", {"psnr": []}, run=run, status="oom", scored=0, means={})

    assert worse(compare(), "psnr") == ["PSNR: nothing could be compared, so that nothing was checked"]


def test_of_two_methods_the_second_is_named(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("good", {"psnr": [20.0]})
    store_cell("bad", {"psnr": [19.0]})

    (line,) = worse(compare("good", "bad"), "psnr")
    assert line.startswith("PSNR · bad · photos × circle: ")


@pytest.mark.parametrize("text", ["psnr:", "psnr:much", ":0.1", "psnr:-1", "psnr:nan", "psnr:inf", ""])
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(UsageError, match="expected METRIC or METRIC:MARGIN"):
        Margin.parse(text)
