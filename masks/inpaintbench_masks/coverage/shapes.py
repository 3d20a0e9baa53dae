"""How much of a picture simple shapes can miss: exactly, but for single pixels at random."""

from __future__ import annotations

import math
from typing import Final

from inpaintbench.api import resolve_extent

Range = tuple[float, float]
"""The lowest and the highest missing share of the picture, in [0, 1]."""

IMPOSSIBLE: Final = 1e-12
"""The probability below which a share of random pixels counts as one that cannot come."""


def center_square(height: int, width: int, /, side: int | float) -> Range:
    """Return the share of the square, which is always the same."""
    return _exactly(resolve_extent(side, min(height, width)) ** 2, height, width)


def circle(height: int, width: int, /, diameter: int | float) -> Range:
    """Return the share of the disc, which is always the same.

    Column by column, in half pixels from the picture's centre: a disc of diameter d misses those rows whose distance y,
    odd where the height is even and else even, has x² + y² ≤ d².
    """
    square = resolve_extent(diameter, min(height, width)) ** 2
    missing = 0
    for column in range(width):
        left = square - (2 * column - (width - 1)) ** 2
        if left >= 0:
            farthest = math.isqrt(left)
            missing += 2 * ((farthest + 1) // 2) if height % 2 == 0 else 2 * (farthest // 2) + 1
    return _exactly(missing, height, width)


def scattered_squares(height: int, width: int, /, side: int | float, area: int | float, count: int) -> Range:
    """Return the range of the missing area: what was asked for, or less than a square below it.

    An area that whole squares cannot meet is met by squares that overlap, if there are places for them.
    """
    square = resolve_extent(side, min(height, width)) ** 2
    wanted = count * square if count else resolve_extent(area, height * width)
    return (wanted - square + 1) / (height * width), wanted / (height * width)


def random_pixels(height: int, width: int, /, fraction: float) -> Range:
    """Return a range outside which a share lies with a probability of less than 10⁻¹².

    Hoeffding's bound: of n independent pixels, a share is t or more from its mean with a probability of at most
    2 exp(−2 n t²).
    """
    if fraction in (0, 1):
        return fraction, fraction
    apart = math.sqrt(math.log(2 / IMPOSSIBLE) / (2 * height * width))
    return max(0.0, fraction - apart), min(1.0, fraction + apart)


def half(height: int, width: int, /, side: str) -> Range:
    """Return the share of the half, of an odd side that of the smaller one; `random` can miss either."""
    upright, lying = (length // 2 / length for length in (width, height))
    if side == "random":
        return min(upright, lying), max(upright, lying)
    return (upright, upright) if side in ("left", "right") else (lying, lying)


def every_second_line(height: int, width: int, /, first: int) -> Range:
    """Return the share of the missing rows, which is always the same."""
    return _exactly((height + first) // 2 * width, height, width)


def super_resolve(height: int, width: int, /, stride: int, first: int) -> Range:
    """Return what a grid of known pixels leaves, which is always the same."""
    rows, columns = (-((first - length) // stride) for length in (height, width))
    return _exactly(height * width - rows * columns, height, width)


def expand(height: int, width: int, /, side: int | float) -> Range:
    """Return what is missing around the square, which is always the same."""
    return _exactly(height * width - resolve_extent(side, min(height, width)) ** 2, height, width)


def _exactly(missing: int, height: int, width: int) -> Range:
    share = missing / (height * width)
    return share, share
