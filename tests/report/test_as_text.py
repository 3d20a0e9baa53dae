from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report import render
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]

WHOLE = """\
Leaderboard: 3 methods · 1 data set · 1 mask · seed 0 · scoring protocol 1

photos · center_square[side=20] · 64 × 64
                         LPIPS     PSNR
              PSNR   (squeeze)   (hole)              time
  method      dB ↑           ↓     dB ↑   images  s/image
  tv ‡       27.25*     0.1000*       –    64/64   0.0125
  harmonic   25.50+     0.2000+   16.00*   64/64   0.0125
  mean_fill  20.00      0.3000    12.00+   64/64   0.0125

Mean rank over PSNR, LPIPS (squeeze)
             mean rank
  method             ↓   ranked in
  tv              1.00*        1/1
  harmonic        2.00+        1/1
  mean_fill       3.00         1/1

  * best   + second best
‡ tv stopped at its limit before it had converged on 3 of 64 images.
  Weights (SHA-256): LPIPS (squeeze): ab12cd000000.
"""


@pytest.fixture
def board(make_cell: MakeCell) -> Leaderboard:
    return Leaderboard.from_cells(
        [
            make_cell("mean_fill", {"psnr": 20.004, "lpips[net=squeeze]": 0.30004, "psnr_hole": 12.0}),
            make_cell("harmonic", {"psnr": 25.5, "lpips[net=squeeze]": 0.2, "psnr_hole": 16.0}),
            make_cell("tv", {"psnr": 27.25, "lpips[net=squeeze]": 0.1, "psnr_hole": None}, unconverged=3),
        ]
    )


def block(text: str, title: str) -> list[str]:
    """Return the lines of the block with this title, without the title."""
    lines = text.splitlines()
    start = lines.index(title) + 1
    return lines[start : start + lines[start:].index("")]


def test_the_whole_table_without_a_terminal(board: Leaderboard) -> None:
    assert render(board) == WHOLE


def test_a_terminal_gets_best_in_bold_and_second_underlined(board: Leaderboard) -> None:
    text = render(board, color=True)
    assert "\x1b[1m27.25\x1b[0m" in text
    assert "\x1b[4m25.50\x1b[0m" in text
    assert re.search(r"\x1b\[\d+m *20\.00", text) is None
    assert "Best in bold, second best underlined." in text


def test_columns_line_up_on_a_terminal_too(board: Leaderboard) -> None:
    bare = re.sub(r"\x1b\[[\d;]*m", "", render(board, color=True))
    rows = block(bare, "photos · center_square[side=20] · 64 × 64")
    assert {row.rindex(".") for row in rows[3:]} == {rows[3].rindex(".")}
    assert {row.index(".") for row in rows[3:]} == {rows[3].index(".")}


def test_wide_characters_do_not_shift_the_columns(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("修復[x=絵]", {"psnr": 20.0}), make_cell("plain", {"psnr": 21.0})])
    wide, plain = sorted(block(render(board), "photos · center_square[side=20] · 64 × 64")[2:], reverse=True)
    assert plain.index("21.00") - wide.index("20.00") == 3  # three characters that are two cells wide


def test_control_characters_never_reach_the_terminal(make_cell: MakeCell) -> None:
    error = {"type": "ValueError", "message": "\x1b[2Jgone\r\nand\tmore"}
    board = Leaderboard.from_cells([make_cell("a\x1b[31m", dataset="b\x07\x9b", status="failed", error=error)])
    for text in (render(board), render(board, color=True)):
        assert not re.search(r"[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f]", text)
        assert "\x1b[31m" not in text
        assert "\x1b[2J" not in text


def test_by_mask_puts_masks_side_by_side(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        make_cell(method, {"psnr_hole": number + add, "l1": 0.1}, mask=mask)
        for mask, number in [("circle[diameter=20]", 10.0), ("center_square[side=20]", 20.0)]
        for method, add in [("a", 0.0), ("b", 1.0)]
    )
    rows = block(render(board, by="mask", metrics=["psnr_hole"]), "PSNR (hole) (dB) ↑ · photos · 64 × 64")
    assert [row.split() for row in rows] == [
        ["center_square", "circle"],
        ["method", "[side=20]", "[diameter=20]", "images"],
        ["a", "20.00+", "10.00+", "128/128"],
        ["b", "21.00*", "11.00*", "128/128"],
    ]


def test_by_dataset_leaves_a_dash_where_there_is_no_cell(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        [
            make_cell("a", {"psnr": 20.0}),
            make_cell("b", {"psnr": 21.0}),
            make_cell("a", {"psnr": 22.0}, dataset="faces"),
        ]
    )
    rows = block(render(board, by="dataset"), "PSNR (dB) ↑ · center_square[side=20] · 64 × 64")
    assert [row.split() for row in rows] == [
        ["method", "faces", "photos", "images"],
        ["a", "22.00", "20.00+", "128/128"],
        ["b", "–", "21.00*", "64/64"],
    ]


def test_marks_do_not_shift_digits(make_cell: MakeCell) -> None:
    cells = [
        make_cell("a", {"psnr": 20.0}, mask="m1", unconverged=1),
        make_cell("b", {"psnr": 9.0}, mask="m1"),
        make_cell("c", mask="m1", status="oom", metrics=()),
        make_cell("c", {"psnr": 8.0}, mask="m2"),
    ]
    rows = block(render(Leaderboard.from_cells(cells), by="mask"), "PSNR (dB) ↑ · photos · 64 × 64")
    assert rows == [
        "  method     m1      m2  images",
        "  a       20.00*‡     –   64/64",
        "  b        9.00+      –   64/64",
        "  c           – !  8.00  64/128",
    ]


def test_by_mask_shows_the_ranked_metrics_and_the_hole_by_default(make_cell: MakeCell) -> None:
    cell = make_cell("a", {"psnr": 20.0, "l1": 0.1, "psnr_hole": 12.0})
    text = render(Leaderboard.from_cells([cell]), by="mask")
    titles = [line for line in text.splitlines() if line.endswith(" · photos · 64 × 64")]
    assert [title.split(" (dB)")[0] for title in titles] == ["PSNR", "PSNR (hole)"]
    assert "L1 (%) ↓ · photos" in render(Leaderboard.from_cells([make_cell("a", {"l1": 0.1})]), by="mask")


@pytest.mark.parametrize("name", ["lpips", "lpips[net=squeeze]"])
def test_metrics_are_chosen_with_or_without_parameters(board: Leaderboard, name: str) -> None:
    head = block(render(board, metrics=[name]), "photos · center_square[side=20] · 64 × 64")
    assert " ".join(head).split()[:6] == ["LPIPS", "(squeeze)", "time", "method", "↓", "images"]


def test_unknown_names_are_refused_with_the_near_ones(board: Leaderboard) -> None:
    with pytest.raises(UnknownNameError, match=r"'lpip'.*Did you mean lpips"):
        render(board, metrics=["lpip"])
    with pytest.raises(UnknownNameError, match=r"table format called 'markdown'.*Known: csv, html"):
        render(board, "markdown")
    with pytest.raises(UnknownNameError, match=r"'method'.*Known: class, dataset, hole_ratio, mask"):
        render(board, by="method")  # type: ignore[arg-type]


def test_what_is_the_same_everywhere_is_said_once(make_cell: MakeCell) -> None:
    cells = [make_cell("a", {"psnr": 20.0}, seed=seed, size=size) for seed in (0, 1) for size in (64, 128)]
    text = render(Leaderboard.from_cells(cells))
    assert "photos · center_square[side=20] · 128 × 128 · seed 1\n" in text
    assert text.splitlines()[0] == "Leaderboard: 1 method · 1 data set · 1 mask · scoring protocol 1"


def test_no_cells_are_said_to_be_none() -> None:
    assert render(Leaderboard.from_cells([])) == "No results.\n"


def test_a_number_that_rounds_to_zero_has_no_sign(make_cell: MakeCell) -> None:
    assert " 0.00 " in render(Leaderboard.from_cells([make_cell("a", {"psnr": -0.001})]))
