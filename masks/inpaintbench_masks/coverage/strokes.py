"""How much of a picture strokes and boxes can miss: bounds, since strokes may lie on one another."""

from __future__ import annotations

import math

from inpaintbench_masks import free_form as _free_form
from inpaintbench_masks import scratches as _scratches
from inpaintbench_masks.coverage.shapes import Range

LAMA_MOST = 0.5
"""Candidates that miss more are drawn again."""


def free_form(
    height: int, width: int, /, max_strokes: int, max_vertices: int, min_width: int, max_width: int, box: bool
) -> Range:
    """Return the smallest box as the lowest share, and what the longest strokes would miss side by side.

    A step is at most a quarter of the diagonal long, and its ends are rounded to reference pixels. A box has sides of
    96 to 128 of 256.
    """
    scale = min(height, width) / _free_form.REFERENCE
    step = math.hypot(height, width) / 4 + 3 * scale
    most = max_strokes * max_vertices * _most_pixels(step, max_width * scale)
    if box:
        most += (128 * scale + 1) ** 2
    least = math.floor(96 * scale) ** 2 if box else 0
    return least / (height * width), min(1.0, most / (height * width))


def brush(height: int, width: int, /, recipe: str, min_ratio: float, max_ratio: float) -> Range:
    """Return the ratios; without them a hole may be next to nothing, or next to all."""
    return min_ratio, max_ratio


def lama(height: int, width: int, /, config: str) -> Range:
    """Return nothing, and the half of the picture, above which no candidate is taken."""
    return 0.0, LAMA_MOST


def scratches(height: int, width: int, /, min_count: int, max_count: int, min_width: int, max_width: int) -> Range:
    """Return nothing, since of a scratch the middle alone need lie in the picture, and the longest scratches."""
    scale = min(height, width) / _scratches.REFERENCE
    # Both ends of a step are rounded to reference pixels.
    step = _most_pixels((_scratches.STEP + 2) * scale, max(max_width * scale, 1.0))
    return 0.0, min(1.0, max_count * max(_scratches.STEPS) * step / (height * width))


def _most_pixels(length: float, width: float) -> float:
    """Return how many pixels' centres a straight stroke with round ends can hold, in pixels.

    A convex figure of area A and perimeter P holds at most A + P/2 + 1 points of the unit grid (M. Nosarzewska, 1948).
    """
    area = length * width + math.pi * width**2 / 4
    return area + length + math.pi * width / 2 + 1
