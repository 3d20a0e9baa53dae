"""Which pixels of each row lie in a thick line segment with round ends? Decided by whole numbers alone.

A capsule is all that lies within a radius of a line segment: two discs, and the rectangle between them. It is
convex, so that its pixels in a row are one run; the run is found from the three parts, without a look at the
pixels one by one.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

_FAR: Final = 2**60
"""Farther than any pixel; half the largest 64-bit number, so that sums with it stay in range."""


def find_runs(
    capsules: Int64[np.ndarray, "n 6"], shape: tuple[int, int], pixel: int
) -> tuple[Int64[np.ndarray, " runs"], Int64[np.ndarray, " runs"], Int64[np.ndarray, " runs"]]:
    """Return row, first and last column of the pixels whose centres lie in a capsule, for each row that it meets.

    Args:
        capsules: ax, ay, bx, by, radius and bound of each, in any whole unit of length. The bound is the root of
            radius²·length², rounded down: its argument has too many bits for numpy.
        shape: height and width of the picture, in pixels.
        pixel: the width of a pixel in that unit, an even number; the centre of pixel j lies at (j + ½)·pixel.
    """
    height, width = shape
    radius = capsules[:, 4]
    low, high = capsules[:, [1, 3]].min(axis=1) - radius, capsules[:, [1, 3]].max(axis=1) + radius
    top, bottom = _first_centre(low, pixel).clip(min=0), _last_centre(high, pixel).clip(max=height - 1)
    counts = (bottom - top + 1).clip(min=0)
    # From here on one entry a row of a capsule.
    row = np.arange(counts.sum()) + np.repeat(top - counts.cumsum() + counts, counts)
    ax, ay, bx, by, radius, bound = np.repeat(capsules, counts, axis=0).T
    y = pixel * row + pixel // 2

    starts, ends = [], []
    for x, rest in ((ax, radius**2 - (y - ay) ** 2), (bx, radius**2 - (y - by) ** 2)):
        reach = _root(rest)
        starts.append(np.where(rest < 0, _FAR, x - reach))
        ends.append(np.where(rest < 0, -_FAR, x + reach))

    # The rectangle, with t = X − ax: 0 <= t·vx + (y − ay)·vy <= length² along the segment, and
    # |t·vy − (y − ay)·vx| <= radius·length across it.
    vx, vy, dy = bx - ax, by - ay, y - ay
    along = _solve(vx, -dy * vy, vx**2 + vy**2 - dy * vy)
    across = _solve(vy, dy * vx - bound, dy * vx + bound)
    low, high = np.maximum(along[0], across[0]), np.minimum(along[1], across[1])
    empty = (low > high) | ((vx == 0) & (vy == 0))
    starts.append(np.where(empty, _FAR, ax + low))
    ends.append(np.where(empty, -_FAR, ax + high))

    # A part may lie between two centres: its first centre then comes after its last one.
    firsts, lasts = _first_centre(np.array(starts), pixel), _last_centre(np.array(ends), pixel)
    met = firsts <= lasts
    first = np.where(met, firsts, _FAR).min(axis=0).clip(min=0)
    last = np.where(met, lasts, -_FAR).max(axis=0).clip(max=width - 1)
    seen = first <= last
    return row[seen], first[seen], last[seen]


def _first_centre(edge: Int64[np.ndarray, "*n"], pixel: int) -> Int64[np.ndarray, "*n"]:
    """Return the first pixel whose centre is not below `edge`."""
    first: Int64[np.ndarray, "*n"] = -((pixel // 2 - edge) // pixel)
    return first


def _last_centre(edge: Int64[np.ndarray, "*n"], pixel: int) -> Int64[np.ndarray, "*n"]:
    """Return the last pixel whose centre is not above `edge`."""
    last: Int64[np.ndarray, "*n"] = (edge - pixel // 2) // pixel
    return last


def _root(square: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Return the square root rounded down, and 0 for negative numbers.

    The root in floating point is a guess that may be one off; the comparisons of whole numbers decide.
    """
    square = square.clip(min=0)
    root: Int64[np.ndarray, " n"] = np.sqrt(square).astype(np.int64)
    root -= root**2 > square
    root += (root + 1) ** 2 <= square
    return root


def _solve(
    factor: Int64[np.ndarray, " n"], low: Int64[np.ndarray, " n"], high: Int64[np.ndarray, " n"]
) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Return the least and the greatest whole t with low <= factor·t <= high; the least is above it for none."""
    negative, zero = factor < 0, factor == 0
    low, high = np.where(negative, -high, low), np.where(negative, -low, high)
    divisor = np.where(zero, 1, np.abs(factor))
    holds: Bool[np.ndarray, " n"] = (low <= 0) & (high >= 0)
    least = np.where(zero, np.where(holds, -_FAR, _FAR), -(-low // divisor))
    greatest = np.where(zero, np.where(holds, _FAR, -_FAR), high // divisor)
    return least, greatest
