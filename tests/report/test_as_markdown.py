from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report import render
from inpaintbench.report.as_markdown import escape
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]


def cells(line: str) -> list[str]:
    """Split a table's row where Markdown does: at pipes that no backslash protects."""
    return [cell.strip() for cell in re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]]


def tables(text: str) -> list[list[list[str]]]:
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [[cells(line) for line in block] for block in blocks if block[0].startswith("|")]


def test_best_is_bold_second_underlined(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        [
            make_cell("mean_fill", {"psnr": 20.0}),
            make_cell("tv", {"psnr": 27.25}, unconverged=1),
            make_cell("x", {"psnr": 22.0}),
        ]
    )
    text = render(board, "md")
    assert tables(text)[0] == [
        ["method", "PSNR (dB) ↑", "images", "time (s/image)"],
        ["-" * 9, "-" * 15 + ":", "-" * 5 + ":", "-" * 13 + ":"],
        ["tv ‡", "**27.25**", "64/64", "0.0125"],
        ["x", "<ins>22.00</ins>", "64/64", "0.0125"],
        ["mean_fill", "20.00", "64/64", "0.0125"],
    ]
    assert "- Best in bold, second best underlined.\n- ‡ tv stopped" in text


def test_pipes_and_markup_in_names_are_text(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    odd = make_metric("psnr", label="P|S_N_R *x* <script>")
    board = Leaderboard.from_cells([make_cell("a|b", {"psnr": 20.0}, metrics=(odd,), dataset="[x](y)|z")])
    text = render(board, "md")
    assert tables(text)[0][0][1] == r"P\|S_N_R \*x\* &lt;script&gt; (dB) ↑"
    assert tables(text)[0][2][0] == r"a\|b"
    assert r"### [x\](y)\|z · " in text


@given(st.text())
def test_no_text_breaks_a_row(text: str) -> None:
    line = f"| {escape(text)} | 1 |"
    assert len(line.splitlines()) == 1
    assert len(cells(line)) == 2
