from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import to_styler
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]

EVIL = "<script>a_b\x1b&"


class Cells(HTMLParser):
    """The texts of a table's cells, by their element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[tuple[str, str]] = []
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open in ("td", "th") and data.strip():
            self.texts.append((self._open, data.strip()))


@pytest.fixture
def board(make_cell: MakeCell) -> Leaderboard:
    return Leaderboard.from_cells(
        [
            make_cell("a", {"psnr": 27.256, "lpips[net=squeeze]": 0.5}),
            make_cell(EVIL, {"psnr": 20.0, "lpips[net=squeeze]": 0.25}),
            make_cell("c", {"psnr": None, "lpips[net=squeeze]": 0.125}),
        ]
    )


def test_rows_are_data_set_mask_and_method_and_numbers_are_exact(board: Leaderboard) -> None:
    data = to_styler(board).data
    assert list(data.index.names) == ["data set", "mask", "method"]
    assert list(data.columns) == ["PSNR (dB) ↑", "LPIPS (squeeze) ↓"]
    assert data.loc[("photos", "center_square[side=20]", "a"), "PSNR (dB) ↑"] == 27.256


def test_html_marks_places_and_shows_names_as_they_are(board: Leaderboard) -> None:
    text = to_styler(board).to_html(table_uuid="x")
    cells = Cells(text)
    assert "script" not in cells.tags
    assert ("th", "<script>a_b\\x1b&") in cells.texts
    assert [text for tag, text in cells.texts if tag == "td"] == ["20.00", "0.2500", "27.26", "0.5000", "–", "0.1250"]
    bold, underlined = (
        text.partition(style)[0].rpartition("}")[2] for style in ("font-weight: bold", "text-decoration")
    )
    assert set(bold.strip(" {\n").split(", ")) == {"#T_x_row1_col0", "#T_x_row2_col1"}
    assert set(underlined.strip(" {\n").split(", ")) == {"#T_x_row0_col0", "#T_x_row0_col1"}


def test_latex_is_of_commands_and_escaped(board: Leaderboard) -> None:
    text = to_styler(board, metrics=["psnr"], target="latex").to_latex(hrules=True)
    assert r"& a & \textbf{27.26} \\" in text
    assert r"\textless{}script\textgreater{}a\_b\textbackslash{}x1b\& & \underline{20.00} \\" in text
    assert r"PSNR (dB) $\uparrow$" in text


def test_excel_has_numbers_with_formats(board: Leaderboard, tmp_path: Path) -> None:
    openpyxl: Any = pytest.importorskip("openpyxl")
    path = tmp_path / "table.xlsx"
    to_styler(board, metrics=["psnr"], target="excel").to_excel(path)
    (cell,) = (one for row in openpyxl.load_workbook(path).active for one in row if one.value == 27.256)
    assert (cell.number_format, cell.font.b) == ("0.00", True)


def test_runs_have_a_level_where_they_differ(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0}, size=size) for size in (64, 128)])
    assert list(to_styler(board).data.index.get_level_values("run")) == ["64 × 64", "128 × 128"]


def test_nothing_can_be_shown() -> None:
    assert "<table" in to_styler(Leaderboard.from_cells([])).to_html()


def test_unknown_targets_and_metrics(board: Leaderboard) -> None:
    with pytest.raises(UnknownNameError, match=r"target of a Styler called 'md'.*Known: excel, html, latex"):
        to_styler(board, target="md")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match=r"'pnsr'.*Did you mean psnr"):
        to_styler(board, metrics=["pnsr"])
