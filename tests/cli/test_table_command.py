"""`bench table`: the leaderboard of a results folder, in every format."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench import report
from inpaintbench.cli.reading import FORMATS


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


def test_columns_are_chosen_and_commas_in_brackets_are_part_of_a_name(bench: Any, results: str) -> None:
    outcome = bench("table", results, "--columns", "images,ssim", "--columns", " psnr ")
    head = outcome.out.splitlines()[3:5]

    assert outcome.code == 0
    assert " ".join(head).split() == ["SSIM", "PSNR", "method", "images", "↑", "dB", "↑"]
    unknown = bench("table", results, "--columns", "lpips[net=alex,x=1],psnr")
    assert unknown.code == 2
    assert "no column of this table called 'lpips[net=alex,x=1]'" in unknown.err


def test_layouts(bench: Any, results: str) -> None:
    sheet = bench("table", results, "--layout", "long")
    rows = list(csv.DictReader(io.StringIO(bench("table", results, "--layout", "long", "--format", "csv").out)))

    assert sheet.out.splitlines()[2] == "All data sets and masks · 16 × 16"
    assert sorted({row["metric"] for row in rows}) == ["psnr", "ssim"]
    assert len(rows) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--layout", "long", "--by", "mask"], "leave --by mask out"),
        (["--columns", "psnr", "--by", "mask"], "leave --by out"),
        (["--columns", "psnr", "--format", "json"], "JSON holds all columns"),
        (["--siunitx"], "write --format latex"),
        (["--columns", "imags"], "Did you mean images"),
        (["--aggregate", "borda", "--test", "none"], "leave --test none out"),
    ],
)
def test_what_contradicts_itself_is_refused(bench: Any, results: str, options: list[str], message: str) -> None:
    outcome = bench("table", results, *options)

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("bench: ")
    assert message in outcome.err


def test_columns_of_siunitx(bench: Any, results: str) -> None:
    outcome = bench("table", results, "--format", "latex", "--siunitx")

    assert outcome.code == 0
    assert r"\usepackage{booktabs,siunitx}" in outcome.out
    assert "S[table-format = " in outcome.out


def test_csv_holds_statistics_unless_there_is_no_test(bench: Any, results: str) -> None:
    with_, without = (
        bench("table", results, "--format", "csv", "--test", test).out.splitlines()[0].split(",")
        for test in ("wilcoxon", "none")
    )

    assert with_[: len(without)] == without
    assert with_[len(without) :] == [
        f"{name}_{what}" for name in ("psnr", "ssim") for what in ("low", "high", "shared_rank")
    ]
