"""How much of a picture random regions, rectangles and letters can miss."""

from __future__ import annotations

import math

from inpaintbench.api import resolve_extent
from inpaintbench_masks.coverage.shapes import Range
from inpaintbench_masks.letters import ROWS, glyphs
from inpaintbench_masks.text import CELL, LINE

_HEIGHT_BITS = 20  # to which the mask rounds a height that is a fraction


def random_rectangle(
    height: int, width: int, /, minimum: int | float, maximum: int | float, window: int | float
) -> Range:
    """Return the shares of the smallest and the largest rectangle; the window says only where it lies."""
    shortest, longest = (resolve_extent(one, min(height, width)) for one in (minimum, maximum))
    return shortest**2 / (height * width), longest**2 / (height * width)


def random_region(
    height: int, width: int, /, threshold: float, minimum_area: float, maximum_area: float, spacing: float
) -> Range:
    """Return the areas between which regions are taken, neither of which itself is."""
    return minimum_area, maximum_area


def pattern(height: int, width: int, /, fraction: float, spacing: float) -> Range:
    """Return the share that is asked for, in whole pixels."""
    missing = math.floor(fraction * height * width + 0.5)
    return missing / (height * width), missing / (height * width)


def text(rows: int, columns: int, /, height: int | float) -> Range:
    """Return nothing as the lowest share, and what the densest letter would miss in every place.

    With p pixels a dot, a dot holds the centres of at most ⌈p⌉² pixels. Of letters, which are 6 dots apart, at most
    ⌊W / 6p⌋ + 2 are seen beside one another, and of lines, 10 dots apart, ⌊H / 10p⌋ + 2 below one another.
    """
    if isinstance(height, int):
        pixels, dots = height, ROWS
    else:
        pixels, dots = min(rows, columns) * max(1, int(height * 2**_HEIGHT_BITS + 0.5)), ROWS << _HEIGHT_BITS
    letters = (columns * dots // (pixels * CELL) + 2) * (rows * dots // (pixels * LINE) + 2)
    densest = int(glyphs().sum(axis=(1, 2)).max()) * (-(-pixels // dots)) ** 2
    return 0.0, min(1.0, letters * densest / (rows * columns))
