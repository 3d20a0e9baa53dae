"""The page of a single result: its numbers, its images, how it compares, and all that it depends on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.leaderboard import Entry
from inpaintbench.site import build_site, images
from inpaintbench.site.contents import Contents
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeRows = Callable[..., list[dict[str, Any]]]
ReadPage = Callable[[Path], Any]


@pytest.fixture
def page_of(contents: Contents, site: Path, read_page: ReadPage) -> Callable[..., Any]:
    """Return a function that reads the page of a method's result."""

    def page_of(method: str, dataset: str = "photos", mask: str = "half", limit: int | None = None) -> Any:
        wanted = (method, dataset, mask, limit)
        entry = next(one for one in contents.leaderboard.entries if identify(one) == wanted)
        return read_page(site / contents.address(entry))

    return page_of


def identify(entry: Entry) -> tuple[str, str, str, int | None]:
    return entry.method, entry.group.dataset, entry.group.mask, entry.group.limit


@pytest.fixture
def only_page(tmp_path: Path, read_page: ReadPage) -> Callable[[StoredCell], Any]:
    """Return a function that reads the page of the only result of a report."""

    def only_page(*cells: StoredCell) -> Any:
        contents = Contents.of("tried", cells)
        build_site(contents, tmp_path / "site")
        return read_page(tmp_path / "site" / contents.address(contents.leaderboard.entries[0]))

    return only_page


def test_every_result_has_a_page(contents: Contents, site: Path) -> None:
    addresses = {contents.address(entry) for entry in contents.leaderboard.entries}

    assert len(addresses) == len(contents.leaderboard.entries)
    assert {f"cells/{path.name}" for path in (site / "cells").iterdir()} == addresses


def test_the_spread_over_images_is_that_of_the_records(
    only_page: Any, tmp_path: Path, make_site_cell: MakeCell
) -> None:
    rows = [
        {"item": f"{index}.png", "index": index, "psnr": value, "lpips[net=squeeze]": 0.5}
        for index, value in enumerate([20.0, float("nan"), 31.0, 22.0])
    ]

    page = only_page(make_site_cell(tmp_path / "results", "one", rows))

    psnr = [text for text, _ in page.rows["0"][1]]
    assert psnr[0].startswith("PSNR")
    assert psnr[1] == "24.33"  # (20 + 31 + 22) / 3; four images are too few for an interval
    assert psnr[2:] == ["–", "20.00", "22.00", "31.00", "1"]


def test_images_stand_worst_first_and_undefined_ones_last(
    only_page: Any, tmp_path: Path, make_site_cell: MakeCell
) -> None:
    rows = [
        {"item": f"{index}.png", "index": index, "psnr": value, "lpips[net=squeeze]": 0.5}
        for index, value in enumerate([20.0, float("nan"), 31.0, 12.0])
    ]

    page = only_page(make_site_cell(tmp_path / "results", "one", rows))

    assert [row[0][0] for row in page.rows["images"][1:]] == ["3.png", "0.png", "2.png", "1.png"]
    assert "Worst first by PSNR." in page.text


def test_of_very_many_images_the_worst_are_listed(
    only_page: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MOST", 5)
    rows = make_rows(20.0, 0.5)

    page = only_page(make_site_cell(tmp_path / "results", "one", rows))

    worst = sorted(rows, key=lambda row: row["psnr"])[:5]
    assert [row[0][0] for row in page.rows["images"][1:]] == [row["item"] for row in worst]
    assert "5 of 24 images; all are in images.parquet." in page.text


def test_ten_thousand_images_make_no_page_of_a_megabyte(
    tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows
) -> None:
    contents = Contents.of("tried", [make_site_cell(tmp_path / "results", "one", make_rows(20.0, 0.5, 10_000))])

    build_site(contents, tmp_path / "site")

    assert (tmp_path / "site" / contents.address(contents.leaderboard.entries[0])).stat().st_size < 1e6


def test_each_rival_is_better_worse_or_not_to_be_told_apart(page_of: Any, contents: Contents) -> None:
    page = page_of("soft[width=9]")

    rows = {row[0][0].replace(" ", ""): [text for text, _ in row[1:]] for row in page.rows["1"][1:]}
    group = next(
        one for one in contents.leaderboard.groups if (one.dataset, one.mask, one.limit) == ("photos", "half", None)
    )
    verdict = contents.certainty.of(group, contents.leaderboard.columns[0])
    assert verdict is not None
    difference = verdict.pairs["sharp", "soft[width=9]"].difference
    assert rows["sharp"][0] == f"{-difference.mean:+.2f}"
    assert rows["sharp"][1] == f"[{-difference.high:.2f}, {-difference.low:.2f}]"
    assert {method: row[-1] for method, row in rows.items()} == {
        "sharp": "worse",
        "crisp": "worse",
        "soft[width=10]": "cannot be told apart",
    }


def test_a_failure_says_what_went_wrong_and_what_to_do(page_of: Any) -> None:
    page = page_of("crisp", mask="dots")

    assert "failed: ValueError" in page.text
    assert "no <b>dots</b>" in page.text
    assert "draw & wait" in page.text
    assert "failed, not ranked" in page.text
    assert "images" not in page.rows


def test_of_a_very_long_message_the_beginning_stands(only_page: Any, tmp_path: Path, make_site_cell: MakeCell) -> None:
    error = {"type": "ValueError", "message": 300_000 * "m"}
    page = only_page(make_site_cell(tmp_path, "loud", [], status="failed", expected=3, scored=0, error=error))

    assert 20_000 * "m" + "… (280000 characters more; all of it is in the files of the result" in page.text
    assert 20_001 * "m" not in page.text


def test_it_leads_to_its_neighbours_and_to_the_same_method_elsewhere(page_of: Any, contents: Contents) -> None:
    page = page_of("soft[width=9]")

    def address(*wanted: object) -> str:
        return "../" + next(contents.address(one) for one in contents.leaderboard.entries if identify(one) == wanted)

    methods = [one.method for one in contents.leaderboard.mean_ranks]
    place = methods.index("soft[width=9]")
    near = [methods[place + step] for step in (-1, 1) if 0 <= place + step < len(methods)]
    for method in near:
        assert address(method, "photos", "half", None) in page.links
    assert address("soft[width=9]", "photos", "dots", None) in page.links
    assert address("soft[width=9]", "faces", "half", None) in page.links
    assert address("soft[width=9]", "faces", "dots", None) not in page.links


def test_everything_that_it_depends_on_is_there(page_of: Any, results: tuple[StoredCell, ...]) -> None:
    page = page_of("sharp", limit=6)
    record = next(cell.record for cell in results if cell.record.limit == 6)

    for said in (record.key, record.table["sha256"], "0123abcd", "3.11.7", "a processor", "3 MiB"):
        assert said in page.text
    assert "only the first images were taken (--limit), not ranked" in page.text
    assert "2026-01-01 10:00 UTC" in page.text
    start = page.text.index("{\n")
    assert json.loads(page.text[start : page.text.rindex("}") + 1]) == record.identity


def test_a_training_is_told_of(only_page: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows) -> None:
    checkpoint = {
        "title": "net × faces",
        "steps": 3000,
        "sha256": "c0ffee",
        "shipped": True,
        "warnings": ["it wobbled"],
    }
    identity = {"method": {"parameters": {"train_seed": 7}}, "checkpoint": {"sha256": "c0ffee"}}

    page = only_page(
        make_site_cell(
            tmp_path / "results", "net", make_rows(20, 1), identity=identity, environment={"checkpoint": checkpoint}
        )
    )

    for said in ("Training", "net × faces", "3000", "c0ffee", "it wobbled", "train_seed", "7"):
        assert said in page.text


def test_images_that_cannot_be_read_are_said_to_be_so(
    only_page: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows
) -> None:
    cell = make_site_cell(tmp_path / "results", "lost", make_rows(20.0, 0.5))
    cell.table.write_bytes(bytes(cell.table.stat().st_size))

    page = only_page(cell)

    assert "The numbers of single images cannot be read" in page.text
    assert "was altered or damaged" in page.text


def test_a_metric_that_only_another_result_of_the_same_completions_has(
    only_page: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows, results: tuple[StoredCell, ...]
) -> None:
    rows = make_rows(20.0, 0.5)
    psnr, lpips = results[0].record.metrics
    older = make_site_cell(tmp_path / "results", "one", rows, metrics=(psnr,), key="a" * 16)
    newer = make_site_cell(
        tmp_path / "results", "one", rows, metrics=(lpips,), key="b" * 16, finished="2026-01-02T10:00:00.000+00:00"
    )

    page = only_page(older, newer)

    assert [row[0][0].split(" ")[0] for row in page.rows["0"][1:]] == ["PSNR", "LPIPS"]
    assert page.rows["0"][1][-1][0] == "0"
    assert page.rows["0"][2][-1][0] == "0"


def test_a_metric_that_was_not_scored_says_why(
    only_page: Any, tmp_path: Path, make_site_cell: MakeCell, results: tuple[StoredCell, ...]
) -> None:
    psnr, lpips = results[0].record.metrics
    rows = [{"item": f"{index}.png", "index": index, "psnr": 20.0 + index} for index in range(6)]
    metrics = (psnr, dataclasses.replace(lpips, unavailable="no weights"))

    page = only_page(make_site_cell(tmp_path / "results", "one", rows, metrics=metrics, means={"psnr": 22.5}))

    assert "LPIPS (squeeze) was not scored: no weights" in page.text
    assert [text for text, _ in page.rows["0"][2]][1:] == ["–", "–", "–", "–", "–", "–"]
