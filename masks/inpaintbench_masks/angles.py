"""Directions and normal deviates as tables of whole numbers, so that no platform's `libm` can change a hole.

The tables are filled by `math` and `statistics`, whose last bit may differ between platforms. No entry lies
near enough to a rounding tie for that to matter; the tests show it.
"""

import math
from statistics import NormalDist
from typing import Final

TURN: Final = 15360
"""Directions in a whole turn; a multiple of 15 and of 4, so that 2π/5, 2π/15 and a right angle are whole."""

ONE: Final = 2**20
"""The unit of cosines, sines and deviates."""

_QUARTER: Final = [round(ONE * math.cos(2 * math.pi * i / TURN)) for i in range(TURN // 4 + 1)]

DEVIATES: Final = tuple(round(ONE * NormalDist().inv_cdf((2 * i + 1) / 8192)) for i in range(4096))
"""4,096 equally probable values of a standard normal deviate, in units of 1/ONE: its quantiles at
(i + ½)/4096, from −3.67 to 3.67."""


def cosine(direction: int) -> int:
    """Return the cosine of a direction (in units of 1/TURN turn) in units of 1/ONE.

    >>> [cosine(direction) / ONE for direction in (0, TURN // 6, TURN // 4, TURN // 2, -TURN)]
    [1.0, 0.5, 0.0, -1.0, 1.0]
    """
    direction %= TURN
    if direction > TURN // 2:
        direction = TURN - direction
    return _QUARTER[direction] if direction <= TURN // 4 else -_QUARTER[TURN // 2 - direction]


def sine(direction: int) -> int:
    """Return the sine of a direction (in units of 1/TURN turn) in units of 1/ONE.

    >>> [sine(direction) / ONE for direction in (0, TURN // 12, TURN // 4, -TURN // 4)]
    [0.0, 0.5, 1.0, -1.0]
    """
    return cosine(direction - TURN // 4)
