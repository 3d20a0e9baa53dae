"""A sheet as text: on a terminal best in bold and second underlined, elsewhere with plain marks.

Whatever a plugin's name or an error's message contains, control characters do not reach the terminal.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from inpaintbench.ranking import Place
from inpaintbench.report.sheet import LEGEND, Block, Heading, Item, Note, Sheet, clean, head_lines

_NOTE_WIDTH: Final = 100
_INDENT: Final = "  "
_GAP: Final = "  "
_TITLE: Final = Style(bold=True)
_HEAD: Final = Style(dim=True)
_STYLES: Final = {1: Style(bold=True), 2: Style(underline=True)}
_PLAIN_LEGEND: Final = "* best   + second best"
_PLAIN: Final[dict[Place, str]] = {0: " ", 1: "*", 2: "+"}


def write(sheet: Sheet, color: bool = False) -> str:
    """Return a sheet as lines of text, with ANSI styles only if `color`."""
    layout = _Layout(sheet, color)
    lines = [layout.paint(clean(sheet.title), _TITLE)]
    for block in sheet.blocks:
        lines += ["", layout.paint(clean(block.title), _TITLE), *layout.lines(block)]
    legend = [Note("", LEGEND if color else _PLAIN_LEGEND)] if sheet.has_places else []
    if notes := [*legend, *sheet.notes]:
        lines += ["", *(line for note in notes for line in _note(note))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Layout:
    """Aligns columns: those with the same heading have the same width in every block, and digits line up.

    A number is followed by the same room for its marks in all rows: one place for best or second best where the
    output has no styles, then the marks that notes explain.
    """

    def __init__(self, sheet: Sheet, color: bool) -> None:
        self._color = color
        self._placed: dict[Heading, bool] = defaultdict(bool)
        self._marks: dict[Heading, int] = defaultdict(int)
        self._spreads: dict[Heading, int] = defaultdict(int)
        self._widths: dict[Heading, int] = defaultdict(int)
        columns = [
            (heading, [row[position] for row in block.rows])
            for block in sheet.blocks
            for position, heading in enumerate(block.headings)
        ]
        for heading, items in columns:
            self._placed[heading] |= not color and any(item.place for item in items)
            self._marks[heading] = max(self._marks[heading], *(len(item.marks) for item in items), 0)
            spreads = (1 + len(item.spread) for item in items if item.spread)
            self._spreads[heading] = max(self._spreads[heading], *spreads, 0)
        for heading, items in columns:
            widths = (cell_len(text + tail) for text, tail, _ in (self._parts(item, heading) for item in items))
            self._widths[heading] = max(self._widths[heading], *widths, 0)
        for heading in list(self._widths):
            self._widths[heading] = max(self._widths[heading], *map(cell_len, self._head(heading)))

    def paint(self, text: str, style: Style) -> str:
        """Return the text in that style, if there may be styles."""
        return style.render(text, color_system=ColorSystem.STANDARD) if self._color else text

    def lines(self, block: Block) -> Iterator[str]:
        """Yield the head, whose lines end together, and the rows."""
        heads = [self._head(heading) for heading in block.headings]
        height = max(map(len, heads))
        for index in range(-height, 0):
            texts = [head[index] if -index <= len(head) else "" for head in heads]
            yield self.paint(self._line(block.headings, [(text, "", 0) for text in texts]).rstrip(), _HEAD)
        for index, row in enumerate(block.rows):
            if index in block.breaks:
                yield ""
            yield self._line(block.headings, [self._parts(*pair) for pair in zip(row, block.headings, strict=True)])

    def _line(self, headings: Sequence[Heading], cells: Sequence[tuple[str, str, Place]]) -> str:
        line = []
        for heading, (text, tail, place) in zip(headings, cells, strict=True):
            room = " " * (self._widths[heading] - cell_len(text + tail))
            painted = (self.paint(text, _STYLES[place]) if place else text) + tail
            line.append(room + painted if heading.numeric else painted + room)
        return _INDENT + _GAP.join(line)

    def _head(self, heading: Heading) -> list[str]:
        room = self._placed[heading] + self._spreads[heading] + self._marks[heading]
        tail = " " * room if heading.numeric else ""
        return [line + tail for line in head_lines(heading)]

    def _parts(self, item: Item, heading: Heading) -> tuple[str, str, Place]:
        """Return the text that is painted by its place, and the marks that follow it."""
        if not heading.numeric:
            return clean(item.text), f" {item.marks}" if item.marks else "", item.place
        place = _PLAIN[item.place] if self._placed[heading] else ""
        spread = f"±{item.spread}".rjust(self._spreads[heading]) if item.spread else " " * self._spreads[heading]
        return clean(item.text), place + spread + item.marks.ljust(self._marks[heading]), item.place


def _note(note: Note) -> list[str]:
    first = f"{note.mark or ' '} "
    return textwrap.wrap(
        clean(note.text), _NOTE_WIDTH, initial_indent=first, subsequent_indent="  ", break_on_hyphens=False
    )
