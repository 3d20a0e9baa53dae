from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report import render
from inpaintbench.report.as_latex import escape
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]


@pytest.fixture
def table(make_cell: MakeCell) -> str:
    board = Leaderboard.from_cells(
        [
            make_cell("mean_fill", {"psnr": 20.0, "lpips[net=squeeze]": 0.3}, dataset="a_b & 50%"),
            make_cell("tv", {"psnr": 27.25, "lpips[net=squeeze]": 0.1}, dataset="a_b & 50%", unconverged=1),
            make_cell(
                "broken", dataset="a_b & 50%", status="failed", error={"type": "E", "message": "100% {x} #1 $y^2~\\z"}
            ),
        ]
    )
    return render(board, "latex")


def test_booktabs_with_best_bold_and_second_underlined(table: str) -> None:
    first = table[table.index(r"\begin{table}") : table.index(r"\end{table}")]
    assert first.splitlines()[3:] == [
        r"\begin{tabular}{lrrrr}",
        r"\toprule",
        r"method & PSNR (dB) $\uparrow$ & LPIPS (squeeze) $\downarrow$ & images & time (s/image) \\",
        r"\midrule",
        r"tv\textsuperscript{\ddag{}} & \textbf{27.25} & \textbf{0.1000} & 64/64 & 0.0125 \\",
        r"mean\_fill & \underline{20.00} & \underline{0.3000} & 64/64 & 0.0125 \\",
        r"broken\textsuperscript{!} & -- & -- & 0/64 & 0.0125 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_captions_and_notes_are_escaped(table: str) -> None:
    assert r"\caption{a\_b \& 50\% $\cdot$ center\_square[side=20] $\cdot$ 64 $\times$ 64}" in table
    assert r"(E: 100\% \{x\} \#1 \$y\textasciicircum{}2\textasciitilde{}\textbackslash{}z)." in table
    assert r"\ddag{} tv stopped at its limit" in table


def test_environments_and_braces_are_balanced(table: str) -> None:
    bare = re.sub(r"\\[{}%]", "", table)
    assert bare.count("{") == bare.count("}")
    assert re.findall(r"\\begin\{(\w+)\}", table).count("table") == table.count(r"\end{table}") == 2


@given(st.text(alphabet="ab1\\{}$&#%_^~<>|[]\n\r"))
def test_no_character_keeps_its_meaning_for_tex(text: str) -> None:
    bare = re.sub(r"\\text[a-z]+\{\}|\\[&%$#_{}]", "", escape(text))
    assert not set(bare) & set("\\{}$&#%_^~<>|\n\r")
