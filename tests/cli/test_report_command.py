"""`bench report`: the results of a folder as pages."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.metrics import register_metrics


@pytest.fixture
def results(bench: Any, small: list[str]) -> str:
    """Return a folder with results of two methods."""
    bench("run", *small, "-m", "slow", "--out", "results/embedded")
    return "results/embedded"


@pytest.mark.usefixtures("results")
def test_without_a_folder_it_is_the_embedded_suites(bench: Any) -> None:
    outcome = bench("report")

    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("site/index.html: ")
    assert outcome.out.rstrip().endswith(" MB")
    assert "noise" in Path("site/index.html").read_text()


def test_title_and_place_are_chosen(bench: Any, results: str) -> None:
    assert bench("report", results, "--out", "pages/mine", "--title", "Filled & judged").code == 0

    assert "<title>Leaderboard · Filled &amp; judged</title>" in Path("pages/mine/index.html").read_text()


def test_metrics_are_described_by_those_who_bring_them(bench: Any, results: str) -> None:
    assert bench("report", results).code == 0

    page = html.unescape(Path("site/about.html").read_text())
    described = [spec.name for spec in register_metrics() if f"{spec.summary} {spec.notes}" in page]
    assert described == ["psnr", "ssim"]
    assert "Not described" not in page


def test_it_can_be_written_again(bench: Any, results: str) -> None:
    first = bench("report", results).out

    assert bench("report", results).out == first


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--out", "", "it is empty; expected the name of a folder"),
        ("--megabytes", "nan", "nan is no number; expected one of 0 or more, or inf for no limit."),
        ("--megabytes", "-1", "-1"),
    ],
)
def test_what_no_report_can_have_is_refused(bench: Any, results: str, option: str, value: str, said: str) -> None:
    outcome = bench("report", results, option, value)

    assert outcome.code == 2
    assert said in outcome.err
    assert not Path("site").exists()


def test_pictures_may_be_let_take_what_they_like(bench: Any, results: str) -> None:
    assert bench("report", results, "--megabytes", "inf").code == 0


def test_files_of_an_absolute_folder_are_named_from_it_on(bench: Any, results: str) -> None:
    next(path for path in Path(results).rglob("cell.json") if "slow" in str(path)).write_text("{")

    outcome = bench("report", str(Path(results).absolute()))

    assert str(Path(results).absolute()) in outcome.err  # there, it is the reader's own
    assert "<li>cells/" in Path("site/index.html").read_text()
    assert str(Path.cwd()) not in Path("site/index.html").read_text()


def test_a_folder_of_something_else_is_left_alone(bench: Any, results: str) -> None:
    Path("thesis").mkdir()
    Path("thesis/one.tex").write_text("words")

    outcome = bench("report", results, "--out", "thesis")

    assert outcome.code != 0
    assert "thesis is there already and is no former report; choose another --out, or remove it." in outcome.err
    assert Path("thesis/one.tex").read_text() == "words"


def test_a_folder_without_results(bench: Any) -> None:
    outcome = bench("report", "nowhere")

    assert outcome.code == 2
    assert "nowhere holds no results: expected a folder with cells/ below it." in outcome.err
    assert not Path("site").exists()


def test_a_cell_that_cannot_be_read_is_named_and_the_others_are_shown(bench: Any, results: str) -> None:
    damaged = next(path for path in Path(results).rglob("cell.json") if "slow" in str(path))
    damaged.write_text("{")

    outcome = bench("report", results)

    assert outcome.code == 1
    assert "cell.json is damaged" in outcome.err
    page = Path("site/index.html").read_text()
    assert "1 cell could not be read" in page
    assert "noise" in page


def test_nothing_that_can_be_read_is_no_report(bench: Any, results: str) -> None:
    for path in Path(results).rglob("cell.json"):
        path.write_text("{")

    outcome = bench("report", results)

    assert outcome.code == 2
    assert "holds no cell that can be read" in outcome.err
    assert not Path("site").exists()
