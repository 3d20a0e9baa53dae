"""The random field of Context Encoder's masks: uniform random values on a grid, with smooth values in between.

Pathak et al. (CVPR 2016; pathak22/context-encoder, `train_random.lua`) enlarge 600 × 600 uniform values to
10,000 × 10,000 pixels by torch's `image.scale(…, 'bicubic')` and cut 128 × 128 pixels out of it. That
interpolation (torch/image, `generic/image.c`) is the cubic one of Catmull and Rom, along rows and then along
columns, and lays the first and the last value on the first and the last pixel: the values are
9,999 / 599 = 16.69 pixels apart.

Here only the part of the grid that a picture covers is drawn. Distances scale with the picture's shorter side, so
that a stream gives the same field at every size, sampled at the centres of the pixels.

All arithmetic is on whole numbers: a field decides about pixels, and may not depend on how a machine rounds.
"""

from typing import Final

import numpy as np
from jaxtyping import Int64

from inpaintbench.seeding import RandomStream

SPACING: Final = 0.13041
"""Context Encoder's distance between two values of the grid, 9,999 / 599 of 128 pixels, as a fraction of the side."""

ONE_BITS: Final = 54
"""A field's number for 1.0 is 2**54; that of 0.25 is 2**52."""

_VALUE_BITS = 24  # of a random value
_WEIGHT_BITS = 15  # of each of the two weights that it is multiplied with
_PLACE_BITS = 16  # of the place between two values
_SPACING_BITS = 20


def draw_field(height: int, width: int, spacing: float, stream: RandomStream) -> Int64[np.ndarray, "h w"]:
    """Return a field's numbers at the centres of the pixels, in units of 2**-54.

    The random values are uniform in [0, 1); what lies between them can leave that range by about a quarter.

    Args:
        height: in pixels.
        width: in pixels.
        spacing: the distance between two values of the grid, as a fraction of the picture's shorter side.
        stream: two integers say where on the grid the picture begins; the values follow, row by row.
    """
    shorter = min(height, width)
    step = max(1, int(spacing * 2**_SPACING_BITS + 0.5))
    starts = [stream.integer(0, 2**_PLACE_BITS - 1) for _ in range(2)]
    rows, columns = (_places(side, shorter, step, start) for side, start in zip((height, width), starts, strict=True))
    # A number of values that only the picture's proportions decide: each place needs one before and two after it.
    counts = [
        ((side << _SPACING_BITS + _PLACE_BITS) // (shorter * step) + start >> _PLACE_BITS) + 4
        for side, start in zip((height, width), starts, strict=True)
    ]
    drawn = stream.fractions(counts[0] * counts[1]) * 2**_VALUE_BITS
    return interpolate(drawn.astype(np.int64).reshape(counts), rows, columns)


def interpolate(
    values: Int64[np.ndarray, "grid_h grid_w"], rows: Int64[np.ndarray, " h"], columns: Int64[np.ndarray, " w"]
) -> Int64[np.ndarray, "h w"]:
    """Interpolate a grid at places between its values, first along the rows and then along the columns.

    Args:
        values: in units of 2**-24, from 0 to 2**24.
        rows: places in units of 2**-16 of the distance between two values, from the second value on; at least 0,
            and such that two values follow.
        columns: likewise.

    Returns:
        The numbers at the places, in units of 2**-54.
    """
    along_rows = values @ _weights(columns, values.shape[1]).T
    numbers: Int64[np.ndarray, "h w"] = _weights(rows, values.shape[0]) @ along_rows
    return numbers


def _places(side: int, shorter: int, step: int, start: int) -> Int64[np.ndarray, " side"]:
    """Return where the pixels' centres lie on the grid: (i + ½) / (shorter · spacing) and the start, rounded down."""
    centres = 2 * np.arange(side, dtype=np.int64) + 1
    places: Int64[np.ndarray, " side"] = (centres << _SPACING_BITS + _PLACE_BITS) // (2 * shorter * step) + start
    return places


def _weights(places: Int64[np.ndarray, " n"], count: int) -> Int64[np.ndarray, "n {count}"]:
    """Return each place's weights of all the grid's values, in units of 2**-15; they add up to 1 exactly.

    With t the distance from the value before, the four values around a place have the weights
    (−t + 2t² − t³)/2, (2 − 5t² + 3t³)/2, (t + 4t² − 3t³)/2 and (−t² + t³)/2. Each is rounded to nearest but the
    second, which is what the others leave of 1.
    """
    before = places >> _PLACE_BITS
    t = places & (1 << _PLACE_BITS) - 1
    t2 = t * t
    t3 = t2 * t
    linear, square = t << 2 * _PLACE_BITS, t2 << _PLACE_BITS  # all in units of 2**-48, the halves in 2**-49
    drop = 3 * _PLACE_BITS + 1 - _WEIGHT_BITS
    outer, after, last = (
        (weight + (1 << drop - 1)) >> drop
        for weight in (-linear + 2 * square - t3, linear + 4 * square - 3 * t3, -square + t3)
    )
    weights = np.zeros((len(places), count), dtype=np.int64)
    index = np.arange(len(places))
    weights[index, before] = outer
    weights[index, before + 1] = (1 << _WEIGHT_BITS) - outer - after - last
    weights[index, before + 2] = after
    weights[index, before + 3] = last
    return weights
