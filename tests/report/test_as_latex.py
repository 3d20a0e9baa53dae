from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report import assess, render, write
from inpaintbench.report.sheet import Block, Heading, Item, Sheet
from inpaintbench.report.tex import escape
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
    assert first.splitlines()[4:] == [
        r"\begin{tabular}{lrrrr}",
        r"\toprule",
        r" &  & LPIPS &  &  \\",
        r" & PSNR & (squeeze) &  & time \\",
        r"method & (dB) $\uparrow$ & $\downarrow$ & images & (s/image) \\",
        r"\midrule",
        r"tv\textsuperscript{\ddag{}} & \textbf{27.25} & \textbf{0.1000} & 64/64 & 0.0125 \\",
        r"mean\_fill & \underline{20.00} & \underline{0.3000} & 64/64 & 0.0125 \\",
        r"broken\textsuperscript{!} & -- & -- & 0/64 & 0.0125 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_captions_and_notes_are_escaped(table: str) -> None:
    title = r"a\_b \& 50\% $\cdot$ center\_square[side=20] $\cdot$ 64 $\times$ 64"
    assert rf"\caption[{{{title}}}]{{{title}. 64 images, seed 0, scoring protocol 1. Best in bold, second best" in table
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


def numbers(*items: Item) -> Sheet:
    rows = tuple((Item(f"m{at}"), item) for at, item in enumerate(items))
    return Sheet("t", (Block("t", (Heading(label="method", numeric=False), Heading(label="PSNR")), rows),), ())


def rows_of(text: str) -> list[str]:
    lines = text[text.index("\\midrule") : text.index("\\bottomrule")].splitlines()[1:]
    return [line.partition(" & ")[2].removesuffix(r" \\") for line in lines]


def test_columns_of_siunitx_are_as_wide_as_their_numbers() -> None:
    text = write(numbers(Item("128.5", 1), Item("9.25", 2), Item("-1.0"), Item("–")), "latex", siunitx=True)
    assert "S[table-format = -3.2]" in text
    assert rows_of(text) == [
        r"\bfseries 128.5",
        r"{\hphantom{$-$}\hphantom{\num{00}}\underline{\num{9.25}}}",
        "-1.0",
        "{--}",
    ]
    assert "S[" not in write(numbers(Item("64/64")), "latex", siunitx=True)
    assert "S[" not in write(numbers(Item("–")), "latex", siunitx=True)
    assert "siunitx" not in write(numbers(Item("1.5")), "latex")


@pytest.mark.parametrize("siunitx", [False, True])
def test_intervals_and_marks_have_the_same_room_in_every_row(siunitx: bool) -> None:
    sheet = numbers(Item("9.5", spread="0.5"), Item("8.5", spread="10.5"), Item("7.5", marks="‡"))
    text = write(sheet, "latex", siunitx=siunitx)
    spreads = [row[3:].strip(" {") for row in rows_of(text)]
    assert spreads[0].startswith(r"\,{\scriptsize$\pm$\hphantom{0}0.5}")
    assert spreads[1].startswith(r"\,{\scriptsize$\pm$10.5}")
    assert spreads[2].startswith(r"\hphantom{\,{\scriptsize$\pm$10.5}}\rlap{\textsuperscript{\ddag{}}}")


def test_labels_are_of_safe_letters_and_no_two_alike() -> None:
    titles = ("Größe · a_b[x=1]", "Größe · a b x 1", "中", "文")
    blocks = tuple(Block(title, (Heading(label="x"),), ((Item("1"),),)) for title in titles)
    labels = re.findall(r"\\label\{(.*?)\}", write(Sheet("t", blocks, ()), "latex"))
    assert labels == ["tab:grosse-a-b-x-1", "tab:grosse-a-b-x-1-2", "tab:table", "tab:table-2"]


def test_no_name_is_taken_for_an_argument_of_the_row_before(make_cell: MakeCell) -> None:
    cells = [make_cell(f"{name}", {"psnr": 20.0 + at}) for at, name in enumerate(("[x]", "*a", "b"))]
    lines = render(Leaderboard.from_cells(cells), "latex").splitlines()
    assert [line.partition(" & ")[0] for line in lines if "64/64" in line] == ["b", "{}*a", "{}[x]"]


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("é", r"\'{e}"),
        ("e\N{COMBINING ACUTE ACCENT}", r"\'{e}"),
        ("Čłß", r"\v{C}\l{}\ss{}"),
        ("中", r"\textless{}U+4E2D\textgreater{}"),
        ("🎨", r"\textless{}U+1F3A8\textgreater{}"),
        ("--", "-{}-"),
        ("?`", r"?{}\char96{}"),
        ('"', r"\char34{}"),
        ("\x07", r"\textbackslash{}x07"),
    ],
)
def test_letters_that_latex_has_and_those_that_it_has_not(text: str, tex: str) -> None:
    assert escape(text) == tex


@given(st.text())
def test_nothing_is_left_that_is_not_ascii(text: str) -> None:
    assert escape(text).isascii()
    assert escape(text).isprintable()


def test_a_caption_says_what_best_means_only_where_something_is_best(make_cell: MakeCell) -> None:
    alone = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0})])
    (caption,) = re.findall(r"\\caption.*", render(alone, "latex", certainty=assess(alone, alone.columns)))
    assert caption.endswith("64 images, seed 0, scoring protocol 1.}")
