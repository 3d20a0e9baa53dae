"""A contact sheet: pictures in rows, masks in columns, and under each what share of it is missing."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from jaxtyping import Bool, UInt8

HOLE: Final = (236, 0, 140)
"""The colour of missing pixels: one that few photographs hold."""

_SMALLEST: Final = 128  # pixels that a picture takes on the sheet; smaller ones are enlarged by a whole factor
_GAP: Final = 8
_FONT: Final = 12
_LINE: Final = 15
_BACKGROUND: Final = (255, 255, 255)
_INK: Final = (20, 20, 20)


@dataclass(frozen=True)
class Row:
    """One picture, under each mask.

    Attributes:
        name: printed below the picture.
        picture: 8-bit RGB.
        holes: one a mask, True = missing.
    """

    name: str
    picture: UInt8[np.ndarray, "h w 3"]
    holes: Sequence[Bool[np.ndarray, "h w"]]


def contact_sheet(masks: Sequence[str], rows: Sequence[Row]) -> Image.Image:
    """Draw a sheet: a column of pictures as they are, then one a mask, with holes in `HOLE`.

    Args:
        masks: heads of the columns after the first.
        rows: pictures of one size, each with as many holes as there are masks.

    Raises:
        ValueError: if there is no row, or one has another number of holes.
    """
    if not rows or any(len(row.holes) != len(masks) for row in rows):
        raise ValueError(f"expected rows of {len(masks)} holes each, at least one")
    height, width = rows[0].picture.shape[:2]
    factor = max(1, -(-_SMALLEST // min(height, width)))
    cell_width, cell_height = width * factor, height * factor
    font = ImageFont.load_default(_FONT)
    heads = [_broken(head, cell_width, font) for head in ("", *masks)]
    top = _GAP + _LINE * max(map(len, heads)) + _GAP // 2
    step = cell_height + _LINE + _GAP
    sheet = Image.new("RGB", (_GAP + (cell_width + _GAP) * len(heads), top + step * len(rows)), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for column, lines in enumerate(heads):
        left = _GAP + column * (cell_width + _GAP)
        start = top - _GAP // 2 - _LINE * len(lines)
        for number, line in enumerate(lines):
            draw.text((left, start + number * _LINE), line, fill=_INK, font=font)
    for number, row in enumerate(rows):
        y = top + number * step
        shown = [(row.picture, _cut(row.name, cell_width, font))]
        shown += [(marked(row.picture, hole), f"{hole.mean():.1%}") for hole in row.holes]
        for column, (picture, caption) in enumerate(shown):
            x = _GAP + column * (cell_width + _GAP)
            enlarged = picture.repeat(factor, axis=0).repeat(factor, axis=1)
            sheet.paste(Image.fromarray(enlarged), (x, y))
            draw.text((x, y + cell_height + 1), caption, fill=_INK, font=font)
    return sheet


def sheet_pixels(size: int, rows: int, masks: int) -> int:
    """Return about how many pixels a sheet of square pictures would have."""
    shown = size * max(1, -(-_SMALLEST // size))
    return (shown + _GAP) * (masks + 1) * (shown + _LINE + _GAP) * rows


def marked(
    picture: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], colour: tuple[int, int, int] = HOLE
) -> UInt8[np.ndarray, "h w 3"]:
    """Return a copy of an 8-bit RGB picture with its hole (True = missing) in one colour."""
    shown = picture.copy()
    shown[hole] = colour
    return shown


def _broken(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """Break a selector into lines that fit a column, after commas and before brackets where that is possible."""
    words = text.replace("[", " [").replace(",", ", ").split()
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]}{word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines += textwrap.wrap(word, max(4, int(len(word) * width / max(1.0, font.getlength(word)))))
    return lines


def _cut(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return the end of a name, which tells items apart, if all of it is too wide."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"…{text}") > width:
        text = text[1:]
    return f"…{text}"
