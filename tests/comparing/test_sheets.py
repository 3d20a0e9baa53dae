"""A comparison as people and programs read it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inpaintbench.comparing.changed import find_changed
from inpaintbench.comparing.data import comparison_csv, comparison_json
from inpaintbench.comparing.differences import Differences
from inpaintbench.comparing.sheets import build_sheet
from inpaintbench.comparing.summary import summarise
from inpaintbench.report import SHEETS, write
from inpaintbench.report.sheet import probability

StoreCell = Callable[..., Any]
Compare = Callable[..., Differences]


def text(found: Differences, format_: str = "text", images: int = 0) -> str:
    return write(build_sheet(found, summarise(found), find_changed(found, images)), format_)


def rows(table: str, title: str) -> list[list[str]]:
    return [line.split() for line in table.partition(f"{title}\n")[2].partition("\n\n")[0].splitlines()]


@pytest.fixture
def found(store_cell: StoreCell, compare: Compare) -> Differences:
    """Two methods on two masks: B better under the first, and limited under the second."""
    base = np.random.default_rng(0).normal(25, 4, 20)
    for mask, limit in (("circle", None), ("half", 20)):
        store_cell("a", {"psnr": base.tolist()}, mask=mask, limit=limit)
        store_cell("b", {"psnr": (base + np.linspace(1.0, 3.0, 20)).tolist()}, mask=mask, limit=limit)
    return compare("a", "b")


def test_each_cell_has_a_row_and_a_verdict(found: Differences) -> None:
    table = text(found)
    circle, half = rows(table, "PSNR (dB) ↑ · 64 × 64")[1:]

    assert table.startswith("Comparison of two methods · A: a · B: b\n")
    assert circle[:2] == ["photos", "circle"]
    assert float(circle[3]) - float(circle[2]) == pytest.approx(2.0, abs=0.011)
    assert circle[4] == "+2.00"
    assert circle[-4:] == ["<0.001", "20/20", "B", "better"]
    assert half[-4:] == ["–", "20/20§", "not", "judged"]
    assert "§ Only the first images were taken" in table
    (summary,) = rows(table, "All cells")[1:]
    assert summary[-4:] == ["1", "0", "1", "0"]


def test_the_images_that_changed_most_come_first_with_their_pictures(found: Differences, compare: Compare) -> None:
    cell = found.cells[0].pair.b.cell
    (cell.folder / "samples").mkdir()
    (cell.folder / "samples" / "00019-composite.png").touch()
    changed = find_changed(found, 3)

    assert [(one.item, one.pair.place.mask) for one in changed] == [
        ("19.png", "circle"), ("19.png", "half"), ("18.png", "circle"),
    ]  # fmt: skip
    assert changed[0].difference == pytest.approx(3.0)
    assert [one.picture_a for one in changed] == [None] * 3
    assert [one.picture_b for one in changed] == [cell.folder / "samples" / "00019-composite.png", None, None]
    assert str(changed[0].picture_b) in text(found, images=3)


def test_what_has_not_changed_is_not_listed(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("a", {"psnr": [1.0, 2.0, 3.0]})
    store_cell("b", {"psnr": [1.0, 2.0, 5.0]})

    assert [one.item for one in find_changed(compare("a", "b"), 5)] == ["2.png"]


def test_what_has_changed_by_rounding_is_not_listed(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("a", {"psnr": [10.0, 20.0, 30.0]})
    store_cell("b", {"psnr": [10.0 + 5e-9, 20.0 + 5e-8, 30.0 - 1e-15]})

    assert [one.item for one in find_changed(compare("a", "b"), 5)] == ["1.png"]


def test_too_few_images_are_said_for_people_and_programs(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("a", {"psnr": [20.0, 21.0, 22.0, 23.0]})
    store_cell("b", {"psnr": [25.0, 26.5, 27.0, 28.0]})
    few = compare("a", "b")
    table = text(few)
    (row,) = rows(table, "PSNR (dB) ↑ · 64 × 64")[1:]
    document = json.loads(comparison_json(few, summarise(few), (), None, build_sheet(few, summarise(few))))
    (read,) = csv.DictReader(io.StringIO(comparison_csv(few)))

    assert row[-7:] == ["0.125", "4/4", "too", "few", "images", "to", "tell"]
    assert "cannot be told apart" not in table
    assert "Too few images to tell: over so few images" in table
    assert document["cells"][0]["verdict"] == read["verdict"] == "too few images to tell"
    assert (document["summary"][0]["neither"], document["summary"][0]["too_few_images"]) == (1, 1)


def test_csv_of_nothing_has_its_header(found: Differences, store_cell: StoreCell, compare: Compare) -> None:
    store_cell("c", {"psnr": [None] * 3})
    empty = compare("c", "c")

    assert not empty.cells
    assert comparison_csv(empty) == comparison_csv(found).partition("\n")[0] + "\n"


def test_json_is_read_back_with_exact_numbers(found: Differences) -> None:
    sheet = build_sheet(found, summarise(found))
    document = json.loads(comparison_json(found, summarise(found), find_changed(found, 2), (), sheet))
    first = found.cells[0]

    assert (document["schema"], document["a"], document["b"], document["test"]) == (1, "a", "b", "permutation")
    assert document["cells"][0]["difference"] == {
        "mean": first.difference.mean, "low": first.difference.low, "high": first.difference.high,
    }  # fmt: skip
    assert [(one["mask"], one["verdict"], one["p"]) for one in document["cells"]] == [
        ("circle", "B better", first.p), ("half", "not judged", None),
    ]  # fmt: skip
    assert document["summary"][0]["b_better"] == 1
    assert document["regressions"] == []
    assert len(document["changed_images"]) == 2
    assert document["metrics"][0]["higher_is_better"] is True


def test_csv_is_read_back_with_exact_numbers(found: Differences) -> None:
    circle, half = csv.DictReader(io.StringIO(comparison_csv(found)))

    assert float(circle["difference"]) == found.cells[0].difference.mean
    assert float(circle["difference_low"]) == found.cells[0].difference.low
    assert (circle["images"], circle["sources"]) == ("20", "20")
    assert (circle["limit_a"], half["limit_a"], half["p"], half["verdict"]) == ("", "20", "", "not judged")


def test_programs_read_how_many_sources_were_compared(store_cell: StoreCell, compare: Compare) -> None:
    whence = [f"photograph {index // 2}" for index in range(8)]
    store_cell("a", {"psnr": [None, None, *range(6)]}, source=whence)
    store_cell("b", {"psnr": list(range(8))}, source=whence)
    found = compare("a", "b")
    document = json.loads(comparison_json(found, summarise(found), (), None, build_sheet(found, summarise(found))))
    (read,) = csv.DictReader(io.StringIO(comparison_csv(found)))

    assert (document["cells"][0]["images"], document["cells"][0]["sources"]) == (6, 3)
    assert (read["images"], read["sources"]) == ("6", "3")


def test_an_interval_that_is_not_known_is_null(store_cell: StoreCell, compare: Compare) -> None:
    for method in ("a", "b"):
        store_cell(method, {"psnr": [1.0, 2.0]})
    found = compare("a", "b")
    document = json.loads(comparison_json(found, summarise(found), (), None, build_sheet(found, summarise(found))))

    assert document["cells"][0]["difference"] == {"mean": 0.0, "low": None, "high": None}
    assert "regressions" not in document
    assert "[" not in rows(text(found), "PSNR (dB) ↑ · 64 × 64")[1]


def test_failures_and_what_cannot_be_paired_are_said(store_cell: StoreCell, compare: Compare) -> None:
    store_cell("m", {"psnr": [1.0, 2.0]}, run="a")
    store_cell("m", {"psnr": [1.0, 2.0]}, run="a", mask="half")
    store_cell("m", {"psnr": [1.0, 2.0]}, run="a", mask="square")
    error = {"type": "MemoryError", "message": "too large", "advice": ""}
    store_cell("m", {"psnr": []}, run="b", status="oom", scored=0, means={}, error=error)
    store_cell("m", {"psnr": [1.0, 2.0, 3.0]}, run="b", mask="half", identity={"dataset": {"code": "new"}})
    store_cell("m", {"psnr": [1.0]}, run="b", mask="half", limit=1)
    for method in ("new", "newer"):
        store_cell(method, {"psnr": [1.0, 2.0]}, run="b")
    table = " ".join(text(compare()).split())

    assert "! B (m): oom on photos × circle (MemoryError: too large)." in table
    assert "A has 1 cell that B lacks: photos × square." in table
    assert "Not compared, since A has no such method: new, newer." in table
    assert (
        "B also has 1 result with another limit or version, for which A has none left to compare with: photos × half."
    ) in table
    assert "Images left out: 1 on photos × half." in table
    assert "The sides differ in data set's code or files." in table


@pytest.mark.parametrize("format_", SHEETS)
def test_hostile_names_are_escaped(store_cell: StoreCell, compare: Compare, format_: str) -> None:
    evil = "<script>alert(1)</script>\x1b[31m\n"
    for method in (evil, "b"):
        store_cell(method, {"psnr": [1.0, 2.0 if method == "b" else 3.0]}, items=["<img>\x1b", "é"], mask=evil)
    written = text(compare(evil, "b"), format_, images=2)

    assert "\x1b" not in written
    assert "<script>" not in written or format_ in ("text", "md", "latex")
    if format_ in ("html", "md"):
        assert "<img>" not in written
        assert "<script>" not in written
    if format_ == "latex":
        assert r"\textless{}script\textgreater{}" in written


@pytest.mark.parametrize(("p", "written"), [(0.05, "0.050"), (0.05004, "0.05004"), (1.0, "1.000"), (0.0009, "<0.001")])
def test_a_printed_p_value_never_contradicts_its_verdict(p: float, written: str) -> None:
    assert probability(p) == written
