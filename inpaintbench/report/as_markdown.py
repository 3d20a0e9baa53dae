"""A sheet as Markdown, as GitHub shows it: best in bold, second best underlined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from inpaintbench.report.sheet import Block, Item, Sheet, clean

_WRAPPED: Final = {0: "{}", 1: "**{}**", 2: "<ins>{}</ins>"}
_ESCAPED: Final = str.maketrans({one: f"\\{one}" for one in "\\`*|~#$"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def write(sheet: Sheet) -> str:
    """Return a sheet as Markdown: a heading and a table a block, then the notes as a list.

    A Markdown table has no rules between its rows, so that parts of a block follow each other without one.
    """
    parts = [f"## {escape(sheet.title)}"]
    for block in sheet.blocks:
        parts += [f"### {escape(block.title)}", _table(block)]
    if notes := sheet.footnotes(escape):
        parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    r"""Return text that Markdown shows as it is.

    >>> print(escape("mean_fill[a|b] <script> _x_"))
    mean_fill[a\|b] &lt;script&gt; \_x\_
    """
    text = clean(text).translate(_ESCAPED)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)  # within a word an underscore emphasises nothing
    return re.sub(r"\](?=[(\[:])", r"\\]", text)  # nor may a name become a link


def _table(block: Block) -> str:
    head = [escape(heading.line) for heading in block.headings]
    spreads = [max((len(item.spread) for item in column), default=0) for column in zip(*block.rows, strict=True)]
    rows = [[_item(item, room) for item, room in zip(row, spreads, strict=True)] for row in block.rows]
    widths = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
    numeric = [heading.numeric for heading in block.headings]
    rule = ["-" * (width - 1) + ":" if right else "-" * width for width, right in zip(widths, numeric, strict=True)]
    return "\n".join(_line(texts, widths, numeric) for texts in [head, rule, *rows])


def _item(item: Item, room: int) -> str:
    """Return an item; intervals of a column have the same room, so that the source can be read as a table, too."""
    spread = f"± {item.spread.rjust(room)}" if item.spread else ""
    return " ".join(filter(None, [_WRAPPED[item.place].format(escape(item.text)), spread, item.marks]))


def _line(texts: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    cells = []
    for text, width, right in zip(texts, widths, numeric, strict=True):
        room = " " * (width - cell_len(text))
        cells.append(room + text if right else text + room)
    return f"| {' | '.join(cells)} |"
