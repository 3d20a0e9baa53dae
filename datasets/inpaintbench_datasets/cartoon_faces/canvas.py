"""Painting on a picture with soft edges: by sums, products, quotients and square roots alone.

IEEE 754 fixes the result of these operations to the last bit, and numpy computes each by itself, so that a picture is
the same on every platform. Sines, powers and libraries that draw are not.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8

SIDE = 128
"""Of every portrait, in pixels."""

Real = int | float
Colour = tuple[Real, Real, Real]
Plane = Float64[np.ndarray, "h w"]


@dataclass(frozen=True)
class Window:
    """A part of the canvas, with the coordinates of its pixels' centres.

    Attributes:
        rows: of the canvas.
        columns: of the canvas.
        x: from left to right, in pixels of the canvas.
        y: from top to bottom.
    """

    rows: slice
    columns: slice
    x: Float64[np.ndarray, "1 w"]
    y: Float64[np.ndarray, "h 1"]


class Canvas:
    """A square picture, values in [0, 1]."""

    def __init__(self, side: int, colour: Colour) -> None:
        self.side = side
        self.pixels = np.empty((side, side, 3))
        self.pixels[:] = colour

    def window(self, left: Real, top: Real, right: Real, bottom: Real) -> Window:
        """Return the part of the canvas that a rectangle touches, one pixel wider for soft edges."""
        first_x, last_x = (min(max(int(v), 0), self.side) for v in (left - 1, right + 2))
        first_y, last_y = (min(max(int(v), 0), self.side) for v in (top - 1, bottom + 2))
        x = (np.arange(first_x, last_x) + 0.5)[None, :]
        y = (np.arange(first_y, last_y) + 0.5)[:, None]
        return Window(slice(first_y, last_y), slice(first_x, last_x), x, y)

    def paint(self, window: Window, coverage: Plane, colour: Colour | Float64[np.ndarray, "h w 3"]) -> None:
        """Lay a colour over part of the canvas, as far as it covers each pixel: 0 not at all, 1 wholly."""
        below = self.pixels[window.rows, window.columns]
        below += coverage[:, :, None] * (np.asarray(colour) - below)

    def levels(self) -> UInt8[np.ndarray, "side side 3"]:
        """Return the picture with 8 bits a channel, rounded."""
        return np.floor(np.minimum(np.maximum(self.pixels, 0.0), 1.0) * 255 + 0.5).astype(np.uint8)


def edge(distance: Plane, softness: Real = 1.0) -> Plane:
    """Return how far pixels are covered by what lies where `distance`, in pixels, is below 0."""
    return np.minimum(np.maximum(0.5 - distance / softness, 0.0), 1.0)


def ellipse(window: Window, x: Real, y: Real, a: Real, b: Real) -> Plane:
    """Return about how far pixels lie outside an ellipse with half axes a and b; negative inside."""
    u, v = (window.x - x) / a, (window.y - y) / b
    return (np.sqrt(u * u + v * v) - 1.0) * min(a, b)


def stroke(window: Window, x0: Real, y0: Real, x1: Real, y1: Real, width: Real) -> Plane:
    """Return how far pixels lie outside a straight stroke with round ends."""
    dx, dy = x1 - x0, y1 - y0
    along = ((window.x - x0) * dx + (window.y - y0) * dy) / max(dx * dx + dy * dy, 1e-9)
    along = np.minimum(np.maximum(along, 0.0), 1.0)
    u, v = window.x - (x0 + along * dx), window.y - (y0 + along * dy)
    return np.sqrt(u * u + v * v) - width / 2


def arc(window: Window, x: Real, y: Real, half: Real, bend: Real, width: Real) -> Plane:
    """Return about how far pixels lie outside a stroke along a parabola.

    It passes through (x ± half, y) and, in the middle, (x, y + bend), and thins out towards its ends.
    """
    u = (window.x - x) / half
    middle = y + bend * (1.0 - u * u)
    thickness = width * np.maximum(1.0 - u * u, 0.0)
    return np.maximum(np.abs(window.y - middle) - thickness / 2, np.abs(window.x - x) - half)


def mix(one: Colour, other: Colour, share: Real) -> Colour:
    """Return the colour that lies this share of the way from one to the other."""
    r, g, b = (a + share * (c - a) for a, c in zip(one, other, strict=True))
    return r, g, b
