"""`bench hardest`: which mask, or which data set."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cli.reading import FORMATS

RESULTS = "results/embedded"


@pytest.fixture
def results(bench: Any, small: list[str], rewrite: Any) -> str:
    """Return a folder with results of two methods under two masks, one of which is 9 dB harder."""
    bench("run", *small, "-m", "slow", "-k", "circle[diameter=8]", "--out", RESULTS)
    for path in Path(RESULTS).rglob("images.parquet"):
        level = 20.0 if path.parent.parent.name == "dots" else 29.0
        rewrite(path.parent, lambda table, level=level: table.assign(psnr=[level + step for step in range(6)]))
    return RESULTS


@pytest.mark.usefixtures("results")
def test_the_hardest_mask_of_the_embedded_suites_results(bench: Any) -> None:
    outcome = bench("hardest", "mask")
    rows = [line.split() for line in outcome.out.splitlines() if line.strip().endswith(" 6")]

    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("Hardest mask · PSNR\n\nPSNR (dB) ↑ · drawn · 16 × 16\n")
    assert [row[:2] for row in rows] == [["1", "dots"], ["2", "circle[diameter=8]"]]
    assert rows[1][2:4] == ["20.3", "31.50"]  # 52 of 256 pixels
    assert rows[1][-4:-1] == ["[+9.00,", "+9.00]", "0.031"]  # 2 of 64 ways to sign six equal differences
    assert outcome.out == bench("hardest", "mask", RESULTS).out


def test_methods_and_metrics_are_chosen(bench: Any, results: str) -> None:
    outcome = bench("hardest", "mask", results, "-m", "no*", "--metric", "ssim", "--metric", "psnr")

    assert outcome.code == 0
    assert outcome.out.startswith("Hardest mask · SSIM, PSNR\n")
    assert "mean over 1 method: noise." in outcome.out


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format(bench: Any, results: str, format_: str) -> None:
    outcome = bench("hardest", "mask", results, "--format", format_)

    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    if format_ == "json":
        (ladder,) = json.loads(outcome.out)["ladders"]
        assert [(one["name"], one["rank"]) for one in ladder["levels"]] == [("dots", 1), ("circle[diameter=8]", 2)]
    if format_ == "csv":
        assert [row["score"] for row in csv.DictReader(io.StringIO(outcome.out))] == ["22.5", "31.5"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dataset"], "There is nothing to compare: expected a method with whole, ranked results of two data sets"),
        (["picture"], "'picture' is not one of 'mask', 'dataset'"),
        (["mask", "nowhere"], "nowhere holds no results"),
        (["mask", "-m", "nosie"], "There is no method in these results called 'nosie'. Did you mean noise"),
        (["mask", "--metric", "pnsr"], "There is no metric in these results called 'pnsr'. Did you mean psnr"),
    ],
)
@pytest.mark.usefixtures("results")
def test_what_cannot_be_done(bench: Any, arguments: list[str], message: str) -> None:
    outcome = bench("hardest", *arguments)

    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.out == ""
