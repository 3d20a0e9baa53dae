"""`bench compare`: what differs, what is certain, and what ends a check."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from inpaintbench import report
from inpaintbench.cli.reading import FORMATS

RESULTS = "results/embedded"


@pytest.fixture
def results(bench: Any, small: list[str]) -> str:
    """Return a folder with results of two methods under two masks, six images each."""
    bench("run", *small, "-m", "slow", "-k", "circle[diameter=8]", "--out", RESULTS)
    return RESULTS


@pytest.fixture
def other(results: str, rewrite: Any) -> str:
    """Return a copy of it, in which `noise` has lost 0.5 dB on every image of one mask."""
    shutil.copytree(results, "other")
    (path,) = Path("other").glob("cells/noise/*/dots/*/images.parquet")
    rewrite(path.parent, lambda table: table.assign(psnr=table["psnr"] - 0.5))
    return "other"


@pytest.mark.usefixtures("results")
def test_two_methods_of_the_embedded_suites_results(bench: Any) -> None:
    outcome = bench("compare", "noise", "sl*")

    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("Comparison of two methods · A: noise · B: slow\n\nAll cells\n")
    assert outcome.out == bench("compare", "noise", "slow", RESULTS).out


@pytest.mark.usefixtures("results")
def test_equal_runs_are_a_tie_and_pass(bench: Any) -> None:
    shutil.copytree(RESULTS, "again")
    outcome = bench("compare", RESULTS, "again", "--fail-if-worse", "psnr", "--fail-if-worse", "ssim:0.1")

    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.count("cannot be told apart") == 8  # two methods, masks and metrics
    assert " better\n" not in outcome.out.partition("PSNR (dB) ↑ · ")[2].partition("Differences are")[0]


@pytest.mark.parametrize(
    ("limit", "code"),
    [("psnr:0.4", 1), ("psnr:0.5", 0), ("psnr:0.6", 0), ("psnr", 1), ("ssim", 0)],
)
def test_a_check_ends_with_code_1_if_something_is_worse(
    bench: Any, results: str, other: str, limit: str, code: int
) -> None:
    outcome = bench("compare", results, other, "--fail-if-worse", limit)
    better = bench("compare", other, results, "--fail-if-worse", limit)

    assert (outcome.code, better.code, better.err) == (code, 0, "")
    if code:
        (line,) = outcome.err.splitlines()
        assert line.startswith("bench: worse: PSNR · noise · drawn × dots: ")
        assert "worse by 0.5, allowed 0" in line
    assert outcome.out.startswith(f"Comparison of two runs · A: {results} · B: {other}\n")


def test_a_cell_that_is_missing_is_worse(bench: Any, results: str, other: str) -> None:
    shutil.rmtree(Path(other) / "cells" / "slow")
    outcome = bench("compare", results, other, "--fail-if-worse", "ssim")
    without = bench("compare", results, other, "-m", "noise", "--fail-if-worse", "ssim")

    assert (outcome.code, outcome.err) == (1, "bench: worse: SSIM · slow: B has no such method\n")
    assert "Not compared, since B has no such method: slow." in outcome.out
    assert (without.code, without.err) == (0, "")
    assert "slow" not in without.out


def test_one_method_and_metric(bench: Any, results: str, other: str) -> None:
    outcome = bench("compare", results, other, "-m", "noise", "--metric", "psnr", "--images", "6")

    assert outcome.code == 0
    assert "SSIM" not in outcome.out
    assert "slow" not in outcome.out
    changed = outcome.out.partition("Images that changed most · PSNR (dB) ↑\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[-1] for line in changed[1:]] == ["-0.50"] * 6
    paths = [Path(line.split()[-1]) for line in outcome.out.splitlines() if line.endswith("-composite.png")]
    assert len(paths) == 8  # a run saves pictures of the first four images
    assert {path.parts[0] for path in paths if path.is_file()} == {"results", "other"}


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format(bench: Any, results: str, other: str, format_: str) -> None:
    outcome = bench("compare", results, other, "--format", format_, "--fail-if-worse", "psnr")

    assert outcome.code == 1
    assert "\x1b" not in outcome.out
    if format_ == "json":
        document = json.loads(outcome.out)
        assert [(one["mask"], one["metric"]) for one in document["regressions"]] == [("dots", "PSNR")]
        assert document["a"] == results
    if format_ == "csv":
        rows = {(one["method_a"], one["mask"], one["metric"]): one for one in csv.DictReader(io.StringIO(outcome.out))}
        assert len(rows) == 8
        assert float(rows["noise", "dots", "psnr"]["difference"]) == pytest.approx(-0.5)


def test_the_command_offers_what_the_report_can_write() -> None:
    assert set(FORMATS) == {*report.SHEETS, "csv", "json"}


def test_a_damaged_cell_is_named_and_the_rest_compared(bench: Any, results: str, other: str) -> None:
    (damaged,) = Path(other).glob("cells/slow/*/dots/*/cell.json")
    damaged.write_text("{")
    outcome = bench("compare", results, other)

    assert outcome.code == 1
    assert f"{damaged} is damaged" in outcome.err
    assert "slow" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["noise", "slaw"], "There is no method in these results called 'slaw'. Did you mean slow?"),
        (["noise", "*"], "'*' finds 2 methods: noise, slow. Name one of them in full."),
        (["noise", "slow", "nowhere"], "nowhere holds no results"),
        (["noise", RESULTS], f"{RESULTS} is a results folder, and noise has no cells/ below it."),
        ([RESULTS, RESULTS, "third"], "so that DIR has no meaning; found third"),
        (["noise", "slow", "-m", "noise"], "-m chooses among the methods of two results folders"),
        (["noise", "slow", "--metric", "pnsr"], "There is no metric in these results called 'pnsr'. Did you mean psnr"),
        (["noise", "slow", "--fail-if-worse", "pnsr:1"], "Did you mean psnr"),
        (["noise", "slow", "--fail-if-worse", "psnr:x"], "expected METRIC or METRIC:MARGIN"),
        (["noise"], "Missing argument 'B'"),
    ],
)
@pytest.mark.usefixtures("results")
def test_what_cannot_be_done(bench: Any, arguments: list[str], message: str) -> None:
    outcome = bench("compare", *arguments)

    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.out == ""


def test_results_without_a_cell_in_common(bench: Any, results: str) -> None:
    for method, mask in (("noise", "dots"), ("slow", "circle[[]diameter=8]")):
        (found,) = Path(results).glob(f"cells/{method}/*/{mask}")
        shutil.rmtree(found)
    outcome = bench("compare", "noise", "slow")

    assert outcome.code == 2
    assert "one has results on drawn × circle[diameter=8], the other on drawn × dots" in outcome.err
