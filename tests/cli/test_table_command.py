"""`bench table`: the leaderboard of a results folder, in every format."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench import report
from inpaintbench.cli.table import FORMATS


@pytest.fixture
def results(bench: Any, small: list[str]) -> str:
    """Return a folder with results of two methods under two masks."""
    bench("run", *small, "-m", "slow", "-k", "circle[diameter=8]", "--out", "results/embedded")
    return "results/embedded"


@pytest.mark.usefixtures("results")
def test_without_a_folder_it_is_the_embedded_suites(bench: Any, results: str) -> None:
    assert bench("table").out == bench("table", results).out
    assert bench("table").out.startswith("Leaderboard: 2 methods · 1 data set · 2 masks")


def test_csv(bench: Any, results: str) -> None:
    outcome = bench("table", results, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    wanted = ["method", "dataset", "mask", "images", "expected", "psnr", "ssim", "lpips", "l1", "psnr_hole", "l1_hole"]
    wanted.append("seconds_per_image")

    assert outcome.code == 0
    assert [name for name in rows[0] if name in wanted] == wanted
    assert sorted((row["method"], row["mask"], row["images"]) for row in rows) == [
        ("noise", "circle[diameter=8]", "6"),
        ("noise", "dots", "6"),
        ("slow", "circle[diameter=8]", "6"),
        ("slow", "dots", "6"),
    ]


def test_the_command_offers_what_the_report_can_write() -> None:
    assert tuple(report.FORMATS) == FORMATS


@pytest.mark.parametrize("format_", FORMATS)
def test_no_format_has_styles_of_a_terminal(bench: Any, results: str, format_: str) -> None:
    outcome = bench("table", results, "--format", format_)

    assert outcome.code == 0
    assert "noise" in outcome.out
    assert outcome.err == ""
    assert "\x1b" not in outcome.out


def test_one_column_a_mask(bench: Any, results: str) -> None:
    outcome = bench("table", results, "--by", "mask", "--metric", "psnr")

    assert outcome.code == 0
    scores = outcome.out.partition("Mean rank")[0]
    assert "PSNR" in scores
    assert "SSIM" not in scores
    assert "circle" in scores


def test_one_row_a_band_of_the_hole_ratio(bench: Any, results: str) -> None:
    outcome = bench("table", results, "--by", "hole_ratio", "--metric", "psnr")
    circle = outcome.out.partition("circle[diameter=8] · 16 × 16\n")[2].partition("\n\n")[0].splitlines()

    assert outcome.code == 0
    assert circle[0].split() == ["hole", "ratio", "images", "noise", "slow"]
    assert [row.split()[:-2] for row in circle[1:]] == [["(0.2,", "0.3]", "6"], ["all", "6/6"]]  # 52 of 256 pixels


@pytest.mark.parametrize("format_", FORMATS)
def test_one_row_a_class(bench: Any, results: str, rewrite: Any, format_: str) -> None:
    for path in Path(results).rglob("images.parquet"):
        rewrite(path.parent, lambda table: table.assign(**{"class": ["cat", "dog"] * 3}))
    outcome = bench("table", results, "--by", "class", "--format", format_)

    assert outcome.code == 0
    assert "dog" in outcome.out
    assert outcome.err == ""


def test_without_classes_none_are_told_apart(bench: Any, results: str) -> None:
    outcome = bench("table", results, "--by", "class")

    assert outcome.code == 2
    assert outcome.err.startswith("bench: No image of these results has a class")
    assert outcome.out == ""


def test_a_later_run_with_fewer_metrics_hides_none(bench: Any, small: list[str]) -> None:
    place = small.index("ssim")
    fewer = small[: place - 1] + small[place + 1 :]
    assert [bench("run", *arguments, "--out", "results").code for arguments in (small, fewer)] == [0, 0]
    (row,) = csv.DictReader(io.StringIO(bench("table", "results", "--format", "csv").out))

    assert len(list(Path("results").rglob("cell.json"))) == 2
    assert row["psnr"]
    assert row["ssim"]
    assert row["superseded"] == "0"


@pytest.mark.parametrize("make", ["missing", "empty", "file", "empty cells"])
def test_a_folder_without_results(bench: Any, tmp_path: Path, make: str) -> None:
    folder = tmp_path / "place"
    if make == "file":
        folder.write_text("no folder")
    elif make != "missing":
        (folder / "cells" if make == "empty cells" else folder).mkdir(parents=True)
    outcome = bench("table", folder)

    assert outcome.code == 2
    assert outcome.err.startswith(f"bench: {folder} holds no ")
    assert outcome.out == ""


def test_a_damaged_cell_is_named_and_the_rest_shown(bench: Any, results: str) -> None:
    damaged = sorted(Path(results).rglob("cell.json"))[0]
    damaged.write_text("{")
    outcome = bench("table", results, "--format", "json")

    assert outcome.code == 1
    assert f"{damaged} is damaged" in outcome.err
    assert sum(len(group["results"]) for group in json.loads(outcome.out)["groups"]) == 3


def test_an_unknown_metric(bench: Any, results: str) -> None:
    outcome = bench("table", results, "--metric", "pnsr")

    assert outcome.code == 2
    assert "psnr" in outcome.err
