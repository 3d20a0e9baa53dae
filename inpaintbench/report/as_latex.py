r"""A sheet as LaTeX tables in the style of booktabs: best in `\textbf`, second best in `\underline`."""

from __future__ import annotations

from typing import Final

import pandas as pd

from inpaintbench.report.sheet import Block, Item, Sheet, clean

_PREAMBLE: Final = "% In the preamble: \\usepackage{booktabs}\n"
_STYLES: Final = {0: "", 1: "textbf:--rwrap;", 2: "underline:--rwrap;"}
_ESCAPED: Final = str.maketrans(
    {one: f"\\{one}" for one in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "≤": r"$\leq$"}
    | {"↑": r"$\uparrow$", "↓": r"$\downarrow$", "×": r"$\times$", "·": r"$\cdot$", "–": "--"}
    | {"†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}", "¶": r"\P{}"}
)


def write(sheet: Sheet) -> str:
    """Return one `table` environment a block, and a paragraph of notes."""
    parts = [_PREAMBLE + f"% {clean(sheet.title)}\n"]
    parts += [_table(block) for block in sheet.blocks]
    if notes := sheet.footnotes(escape):
        parts.append("{\\footnotesize\\noindent\n" + "\n\n\\noindent\n".join(notes) + "\\par}\n")
    return "\n".join(parts)


def escape(text: str) -> str:
    r"""Return text that LaTeX sets as it is.

    >>> print(escape("50% of mean_fill & more"))
    50\% of mean\_fill \& more
    """
    return clean(text).translate(_ESCAPED)


def _table(block: Block) -> str:
    frame = pd.DataFrame([[_item(item) for item in row] for row in block.rows])
    styles = pd.DataFrame([[_STYLES[item.place] for item in row] for row in block.rows])
    heads: dict[object, str] = {index: escape(one.line) for index, one in enumerate(block.headings)}
    return (
        frame.style.format_index(heads.__getitem__, axis="columns")
        .hide(axis="index")
        .apply(lambda _: styles, axis=None)
        .to_latex(
            hrules=True,
            position="htbp",
            position_float="centering",
            column_format="".join("r" if heading.numeric else "l" for heading in block.headings),
            caption=escape(block.title),
        )
    )


def _item(item: Item) -> str:
    return escape(item.text) + (f"\\textsuperscript{{{escape(item.marks)}}}" if item.marks else "")
