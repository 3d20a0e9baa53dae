"""Which columns a table shows, and how it is laid out."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import FORMATS, render, to_frame
from inpaintbench.report.options import TableOptions
from inpaintbench.report.views import build_sheet
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]

LPIPS = "lpips[net=squeeze]"
LONG = [
    *("method", "dataset", "mask", "size", "seed", "limit", "protocol", "metric", "unit", "higher_is_better"),
    *("mean", "low", "high", "rank", "shared_rank", "place", "images", "expected", "standing", "seconds_per_image"),
    "key",
]


@pytest.fixture
def board(make_cell: MakeCell) -> Leaderboard:
    return Leaderboard.from_cells(
        [
            make_cell("a", {"psnr": 20.0, "ssim": 0.5, LPIPS: 0.25}, mask="m1"),
            make_cell("b", {"psnr": 21.0, "ssim": 0.25, LPIPS: 0.125}, mask="m1"),
            make_cell("a", {"psnr": 22.0, "ssim": 0.5, LPIPS: 0.5}, mask="m2"),
            make_cell("b", mask="m2", status="oom", error={"type": "E", "message": "too big"}, metrics=()),
        ]
    )


def heads(board: Leaderboard, **options: Any) -> list[str]:
    return [heading.label for heading in build_sheet(board, TableOptions(**options)).blocks[0].headings]


def test_columns_in_the_order_asked_for(board: Leaderboard) -> None:
    assert heads(board) == ["method", "PSNR", "SSIM", "LPIPS (squeeze)", "images", "time"]
    assert heads(board, columns=["time", LPIPS, "psnr"]) == ["method", "time", "LPIPS (squeeze)", "PSNR"]
    assert heads(board, columns=["lpips", "method", "lpips"]) == ["method", "LPIPS (squeeze)"]
    assert heads(board, columns=["ssim"], layout="long") == ["data set", "mask", "method", "SSIM"]


def test_columns_are_taken_from_the_chosen_metrics(board: Leaderboard) -> None:
    with pytest.raises(
        UnknownNameError, match=r"column of this table called 'ssim'.*Known: images, method, psnr, time"
    ):
        build_sheet(board, TableOptions(metrics=["psnr"], columns=["ssim"]))
    with pytest.raises(UnknownNameError, match=r"called 'pnsr'\. Did you mean psnr"):
        render(board, columns=["pnsr"])


def test_columns_choose_what_is_averaged_over_groups(make_cell: MakeCell) -> None:
    cells = [make_cell(name, {"psnr": 20.0 + at, "l1": 0.1}) for at, name in enumerate("ab")]
    block = build_sheet(Leaderboard.from_cells(cells), TableOptions(columns=["l1", "time"], aggregate="mean")).blocks[
        -1
    ]
    assert [heading.label for heading in block.headings] == ["method", "L1", "ranked in"]


@pytest.mark.parametrize("by", ["mask", "dataset", "hole_ratio", "class"])
def test_blocks_of_one_metric_have_no_columns_to_choose(board: Leaderboard, by: Any) -> None:
    with pytest.raises(UsageError, match="leave --by out"):
        render(board, by=by, columns=["psnr"])
    with pytest.raises(UsageError, match=f"leave --by {by} out"):
        render(board, by=by, layout="long")


def test_json_has_all_columns_and_one_layout(board: Leaderboard) -> None:
    for options in ({"columns": ["psnr"]}, {"layout": "long"}):
        with pytest.raises(UsageError, match="JSON holds all columns"):
            render(board, "json", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("format_", sorted(set(FORMATS) - {"latex"}))
def test_siunitx_is_for_latex_alone(board: Leaderboard, format_: str) -> None:
    with pytest.raises(UsageError, match=f"the format is {format_}"):
        render(board, format_, siunitx=True)


def test_an_unknown_layout(board: Leaderboard) -> None:
    for draw in (render, to_frame):
        with pytest.raises(UnknownNameError, match=r"layout called 'tall'.*Known: long, wide"):
            draw(board, layout="tall")  # type: ignore[operator]


def test_any_column_of_a_frame_can_be_chosen(board: Leaderboard) -> None:
    frame = pd.read_csv(io.StringIO(render(board, "csv", columns=["standing", LPIPS, "method", "standing"])))
    assert list(frame.columns) == ["standing", "lpips", "method"]
    assert list(to_frame(board, by="mask", columns=["m2", "method"]).columns) == ["m2", "method"]
    with pytest.raises(UnknownNameError, match=r"column of this table called 'standin'\. Did you mean standing"):
        to_frame(board, columns=["standin"])


def test_one_block_with_what_tells_groups_apart_in_columns(board: Leaderboard) -> None:
    text = render(board, layout="long", columns=["psnr", "images"])
    lines = text.partition("All data sets and masks · 64 × 64\n")[2].partition("\n\nMean rank")[0].splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["data", "set", "mask", "method", "dB", "↑", "images"],
        ["photos", "m1", "a", "20.00+", "64/64"],
        ["photos", "m1", "b", "21.00*", "64/64"],
        [],
        ["photos", "m2", "a", "22.00", "64/64"],
        ["photos", "m2", "b", "!", "–", "0/64"],
    ]
    latex = render(board, "latex", layout="long")
    assert latex[: latex.index(r"\bottomrule")].count(r"\midrule") == 2
    html = render(board, "html", layout="long")
    assert html.count("col0 part") == 1


def test_runs_have_a_column_where_they_differ(make_cell: MakeCell) -> None:
    cells = [make_cell("a", {"psnr": 20.0}, size=size, limit=limit) for size, limit in [(64, None), (128, 8)]]
    (block,) = build_sheet(Leaderboard.from_cells(cells), TableOptions(layout="long")).blocks
    assert block.title == "All data sets and masks"
    assert [(heading.label, [row[at].text for row in block.rows]) for at, heading in enumerate(block.headings)][2] == (
        "run",
        ["64 × 64", "128 × 128 · first 8 images §"],
    )


def test_nothing_has_no_block() -> None:
    assert render(Leaderboard.from_cells([]), layout="long") == "No results.\n"
    assert list(to_frame(Leaderboard.from_cells([]), layout="long").columns) == LONG


def test_one_row_a_cell_and_metric(board: Leaderboard) -> None:
    frame = pd.read_csv(io.StringIO(render(board, "csv", layout="long")))
    assert list(frame.columns) == LONG
    rows = frame[["method", "mask", "metric", "higher_is_better", "mean", "rank", "place", "standing"]].astype(object)
    assert [tuple(row) for row in rows.where(rows.notna(), None).itertuples(index=False)] == [
        ("a", "m1", "psnr", True, 20.0, 2.0, 2, "ranked"),
        ("a", "m1", "ssim", True, 0.5, 1.0, 1, "ranked"),
        ("a", "m1", LPIPS, False, 0.25, 2.0, 2, "ranked"),
        ("b", "m1", "psnr", True, 21.0, 1.0, 1, "ranked"),
        ("b", "m1", "ssim", True, 0.25, 2.0, 2, "ranked"),
        ("b", "m1", LPIPS, False, 0.125, 1.0, 1, "ranked"),
        ("a", "m2", "psnr", True, 22.0, 1.0, 0, "ranked"),
        ("a", "m2", "ssim", True, 0.5, 1.0, 0, "ranked"),
        ("a", "m2", LPIPS, False, 0.5, 1.0, 0, "ranked"),
        ("b", "m2", "psnr", True, None, None, 0, "failed"),
        ("b", "m2", "ssim", True, None, None, 0, "failed"),
        ("b", "m2", LPIPS, False, None, None, 0, "failed"),
    ]


def test_a_cell_without_metrics_has_one_row(make_cell: MakeCell) -> None:
    frame = to_frame(Leaderboard.from_cells([make_cell("a", status="oom", metrics=())]), layout="long")
    assert (len(frame), frame.loc[0, "method"], frame.loc[0, "standing"]) == (1, "a", "failed")
    assert frame.loc[0, ["metric", "mean", "higher_is_better"]].isna().all()
