"""Where everything in a figure stands, in dots from its upper left corner.

Columns are of equal width and fill the width of the figure. A pixel of a picture takes a whole number of dots, the
least that reaches the resolution asked for, so that all of its pixels look alike and none is lost: a picture of 64
pixels that has 250 dots to fill gets 256, and the resolution rises from 300 to 306 dots an inch; one of 512 pixels gets
512 dots. Lengths of words and gaps are in points, so that they do not change with it.
"""

import math
from dataclasses import dataclass
from typing import Final

from inpaintbench.errors import UsageError
from inpaintbench.figures.lettering import Lettering
from inpaintbench.figures.plate import Plate, Style

LARGEST: Final = 100_000_000
"""Dots of a figure: 400 MB of memory."""

LONGEST: Final = 2**16 - 1
"""Dots of one side, which is what can be drawn."""

POINTS: Final = 72
"""An inch."""

_GAP: Final = 2.0  # points between pictures, and between a picture and what is enlarged of it
_PAD: Final = 2.0  # between a picture and words
_MARGIN: Final = 2.0  # left and right of words, lest those of two columns run together
_ROW_GAP: Final = 4.0  # beneath words, before the next row
_HEAD_LINES: Final = 5
_CAPTION_LINES: Final = 2


@dataclass(frozen=True)
class Line:
    """A line of words, centred on `x`, its baseline at `y`."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The places of everything, in dots.

    Attributes:
        dpi: dots an inch.
        width: of the figure; so is `height`.
        factor: so many dots a pixel of a picture takes, across and down.
        panel_width: of each picture; so is `panel_height`.
        inset_height: of what is enlarged beneath each picture, as wide as it; 0 if nothing is.
        lefts: of the columns.
        tops: of the pictures of each row.
        inset_tops: of what is enlarged of them.
        lines: all words.
    """

    dpi: float
    width: int
    height: int
    factor: int
    panel_width: int
    panel_height: int
    inset_height: int
    lefts: tuple[int, ...]
    tops: tuple[int, ...]
    inset_tops: tuple[int, ...]
    lines: tuple[Line, ...]

    def dots(self, points: float) -> float:
        """Return a length in dots."""
        return points * self.dpi / POINTS


def arrange(plate: Plate, style: Style, lettering: Lettering) -> Layout:
    """Find the place of everything.

    Raises:
        UsageError: if the figure is too narrow for its columns, or too large to be drawn.
    """
    factor, gap = _measures(len(plate.heads), plate.size[1], style)
    panel_height, panel_width = (factor * side for side in plate.size)
    columns = len(plate.heads)
    whole = columns * panel_width + (columns - 1) * gap
    dpi = whole / style.width
    scale = dpi / POINTS
    inset_height = 0 if plate.zoom is None else max(1, round(panel_width * plate.zoom.height / plate.zoom.width))
    lefts = tuple(column * (panel_width + gap) for column in range(columns))
    centres = [left + panel_width / 2 for left in lefts]
    leading, room_for_words = lettering.size * lettering.leading * scale, max(0.0, panel_width / scale - 2 * _MARGIN)

    lines: list[Line] = []
    heads = [lettering.lines(head, room_for_words, _HEAD_LINES) for head in plate.heads]
    deepest = max(map(len, heads))
    top = math.ceil(deepest * leading + _PAD * scale) if deepest else 0
    for centre, head in zip(centres, heads, strict=True):
        last = top - (_PAD + lettering.descent * lettering.size) * scale
        lines += [Line(text, centre, last - (len(head) - 1 - place) * leading) for place, text in enumerate(head)]

    tops, inset_tops = [], []
    for row in plate.rows:
        tops.append(top)
        top += panel_height
        if inset_height:
            inset_tops.append(top + gap)
            top += gap + inset_height
        captions = [lettering.lines(panel.caption, room_for_words, _CAPTION_LINES) for panel in row]
        first = top + (_PAD + lettering.ascent * lettering.size) * scale
        for centre, caption in zip(centres, captions, strict=True):
            lines += [Line(text, centre, first + place * leading) for place, text in enumerate(caption)]
        words = max(map(len, captions))
        bottom = math.ceil(top + (_PAD * scale + words * leading if words else 0))
        top = bottom + (round(_ROW_GAP * scale) if words or inset_height else gap)
    _refuse_too_large(whole, bottom)
    return Layout(
        dpi=dpi,
        width=whole,
        height=bottom,
        factor=factor,
        panel_width=panel_width,
        panel_height=panel_height,
        inset_height=inset_height,
        lefts=lefts,
        tops=tuple(tops),
        inset_tops=tuple(inset_tops),
        lines=tuple(lines),
    )


def check_measures(rows: int, columns: int, size: int, style: Style) -> None:
    """Refuse, before there are any pictures, what could not be drawn.

    Args:
        rows: of pictures, so many as there are `columns`.
        columns: at least one.
        size: of the square pictures, in pixels.
        style: measures of the figure.

    Raises:
        UsageError: if the figure is too narrow for its columns, or too large to be drawn.
    """
    factor, gap = _measures(columns, size, style)
    _refuse_too_large(columns * factor * size + (columns - 1) * gap, rows * factor * size)


def _measures(columns: int, size: int, style: Style) -> tuple[int, int]:
    """Return how many dots a pixel takes, and how many lie between two pictures."""
    inches = style.width - (columns - 1) * _GAP / POINTS
    if inches <= 0 or inches * style.dpi < columns:
        raise UsageError(
            f"{columns} columns do not fit in {style.width:g} inches. Choose fewer columns, or a greater --width."
        )
    factor = max(1, math.ceil(inches * style.dpi / columns / size - 1e-9))
    return factor, max(1, round(_GAP * columns * factor * size / inches / POINTS))


def _refuse_too_large(width: int, height: int) -> None:
    if width * height > LARGEST or max(width, height) > LONGEST:
        raise UsageError(
            f"The figure would have {width} × {height} dots; at most {LARGEST // 1_000_000} million, and {LONGEST} a "
            "side, are drawn. Choose fewer pictures, or a lower --dpi."
        )
