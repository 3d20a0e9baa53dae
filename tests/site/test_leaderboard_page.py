"""The leaderboard's page as it is written: all numbers, marks and notes, before any script runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.report.sheet import number
from inpaintbench.site import build_site
from inpaintbench.site.contents import Contents
from inpaintbench.statistics.aggregates import mean_ranks
from inpaintbench.stored import StoredCell


@pytest.fixture(scope="module")
def page(site: Path, read_page: Callable[[Path], Any]) -> Any:
    return read_page(site / "index.html")


def rows_under(page: Any, title: str) -> dict[str, list[tuple[str, str]]]:
    """Return the rows that stand under a group's title, by the method that each begins with."""
    found: dict[str, list[tuple[str, str]]] = {}
    inside = False
    for row in page.rows["board"]:
        if len(row) == 1:
            inside = row[0][0] == f"{title} pictures"
        elif inside:
            found[row[0][0].replace(" ", "")] = row
    return found


def test_every_result_has_a_row_with_the_numbers_of_the_leaderboard(page: Any, contents: Contents) -> None:
    for entry in contents.leaderboard.entries:
        rows = rows_under(page, contents.titles.group(entry.group))
        row = next(row for method, row in rows.items() if method.rstrip("!") == entry.method)
        for column in contents.leaderboard.columns:
            score = entry.scores.get(column.key)
            wanted = number(score.mean if score else None, column.metric.decimals)
            assert wanted in [text.split(" ")[0] for text, _ in row]
        assert row[-2][0].startswith(f"{entry.record.scored}/{entry.record.expected}")


def test_all_that_cannot_be_told_from_the_best_are_best(page: Any) -> None:
    rows = rows_under(page, "photos · half · 64 × 64")

    styles = {method: row[4][1] for method, row in rows.items()}
    assert styles == {"sharp": "best", "crisp": "best", "soft[width=9]": "second", "soft[width=10]": "second"}
    assert [rows[method][4][0].split(" ")[1] for method in ("sharp", "crisp", "soft[width=9]")] == ["1", "1", "3"]


def test_an_interval_is_that_of_the_statistics(page: Any, contents: Contents) -> None:
    column = contents.leaderboard.columns[0]
    group = next(one for one in contents.leaderboard.groups if one.dataset == "faces" and one.mask == "half")
    verdict = contents.certainty.of(group, column)
    assert verdict is not None
    interval = verdict.means["sharp"]

    text, _ = rows_under(page, "faces · half · 64 × 64")["sharp"][4]

    assert text.endswith(f"[{interval.low:.2f}, {interval.high:.2f}]")


def test_what_is_not_ranked_is_marked_and_explained(page: Any) -> None:
    assert rows_under(page, "faces · dots · 64 × 64")["crisp!"][4][0] == "–"
    assert "! crisp: failed on faces · dots · 64 × 64" in page.text.replace("\n", " ")
    limited = next(row for row in page.rows["board"] if len(row) == 1 and "first 6 images §" in row[0][0])
    assert limited
    assert "§ Only the first images were taken" in page.text


def test_a_method_alone_is_not_called_best(page: Any) -> None:
    (row,) = rows_under(page, "photos · half · 64 × 64 · first 6 images §").values()

    assert [style for _, style in row[4:6]] == ["", ""]


def test_cells_that_cannot_be_read_are_named(page: Any) -> None:
    assert "1 cell could not be read" in page.text
    assert "cells/x/cell.json is damaged: no JSON." in page.text


def test_the_mean_ranks_stand_above(page: Any, contents: Contents) -> None:
    ranks = contents.leaderboard.mean_ranks
    tested = mean_ranks(contents.leaderboard, contents.certainty)
    assert tested.together is not None
    means = dict(zip(tested.methods, tested.together.mean_ranks, strict=True))

    rows = next(iter(page.rows.values()))[1:]

    assert [row[0][0].replace(" ", "") for row in rows] == [one.method for one in ranks]
    assert [row[1][0] for row in rows] == [number(means.get(one.method), 2) for one in ranks]
    assert [row[-1][0] for row in rows] == [f"{one.groups}/4" for one in ranks]
    assert "Mean ranks over 4 groups of the same weight" in page.text
    assert "Friedman's test: p = " in page.text


def test_files_are_named_from_the_folder_of_results_on(
    tmp_path: Path,
    make_site_cell: Callable[..., StoredCell],
    make_rows: Callable[..., list[dict[str, Any]]],
) -> None:
    folder = tmp_path / "results"
    cell = make_site_cell(folder, "lost", make_rows(20.0, 0.5))
    cell.table.write_bytes(b"junk")

    build_site(Contents.of("tried", [cell], [f"{folder}/cells/a/cell.json is damaged."], folder), tmp_path / "site")

    for page in (tmp_path / "site").rglob("*.html"):
        assert str(tmp_path) not in page.read_text(encoding="utf-8"), page.name
    text = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert "<li>cells/a/cell.json is damaged.</li>" in text
    assert "cells/lost/photos/half/" in text.partition("cannot be read for 1 result")[2]


def test_undefined_images_are_said_to_be_left_out_of_the_comparison(
    tmp_path: Path,
    make_site_cell: Callable[..., StoredCell],
    make_rows: Callable[..., list[dict[str, Any]]],
    read_page: Callable[[Path], Any],
) -> None:
    rows = make_rows(20.0, 0.5)
    rows[3]["psnr"] = float("nan")
    cells = [
        make_site_cell(tmp_path / "results", "gappy", rows),
        make_site_cell(tmp_path / "results", "whole", make_rows(19, 1)),
    ]

    build_site(Contents.of("tried", cells), tmp_path / "site")

    text = read_page(tmp_path / "site/index.html").text
    assert "PSNR on photos · half · 64 × 64: methods are compared over the 23 of 24 images of which each" in text


def test_results_whose_images_cannot_be_read_are_named_and_shown(
    tmp_path: Path,
    make_site_cell: Callable[..., StoredCell],
    make_rows: Callable[..., list[dict[str, Any]]],
    read_page: Callable[[Path], Any],
) -> None:
    cell = make_site_cell(tmp_path / "results", "lost", make_rows(20.0, 0.5))
    cell.table.write_bytes(bytes(cell.table.stat().st_size))

    build_site(Contents.of("tried", [cell]), tmp_path / "site")

    page = read_page(tmp_path / "site/index.html")
    assert "The numbers of single images cannot be read for 1 result" in page.text
    assert page.rows["board"][-1][3][0].startswith("20.")
