"""Scratches, like those on old photographs and film: thin, long, slightly curved.

No publication defines this mask, so that its numbers are our own choice.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.angles import ONE, TURN, cosine, sine
from inpaintbench_masks.canvas import Canvas

REFERENCE: Final = 256
STEP: Final = 16
STEPS: Final = (6, 18)
"""Of a scratch, each of `STEP` reference pixels: it is 96 to 288 of them long."""
BEND: Final = TURN // 180
"""How far a scratch turns between steps at most: 2 degrees, one way from end to end."""


class Scratches:
    """Arcs of any direction, each with its middle in the picture; lengths in pixels of a 256×256 picture.

    A scratch that would be thinner than a pixel of the picture is drawn one pixel wide, so that it is visible
    and unbroken at every size.

    Args:
        min_count: the number of scratches is uniform from this …
        max_count: … to this.
        min_width: a scratch's width is uniform from this …
        max_width: … to this.
    """

    def __init__(self, min_count: int = 3, max_count: int = 8, min_width: int = 2, max_width: int = 4) -> None:
        self.min_count = min_count
        self.max_count = max_count
        self.min_width = min_width
        self.max_width = max_width

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing.

        Raises:
            ParameterError: if a least value is above its greatest.
        """
        for name, least, greatest in (
            ("count", self.min_count, self.max_count),
            ("width", self.min_width, self.max_width),
        ):
            if least > greatest:
                raise ParameterError(
                    f"scratches[min_{name}={least},max_{name}={greatest}] is not possible: "
                    f"expected a min_{name} of at most max_{name}."
                )
        canvas = Canvas(height, width, REFERENCE)
        for _ in range(stream.integer(self.min_count, self.max_count)):
            scratch = _draw_arc(canvas, stream)
            canvas.stroke(scratch, stream.integer(self.min_width, self.max_width), visible=True)
        return canvas.hole()


def _draw_arc(canvas: Canvas, stream: RandomStream) -> list[tuple[int, int]]:
    """Return the vertices of an arc whose middle vertex is uniform in the picture, rounded to reference pixels."""
    middle_x, middle_y = stream.integer(0, canvas.width - 1), stream.integer(0, canvas.height - 1)
    steps = stream.integer(*STEPS)
    direction, bend = stream.integer(0, TURN - 1), stream.integer(-BEND, BEND)
    x = y = 0
    path = [(x, y)]
    for step in range(steps):
        x += STEP * cosine(direction + step * bend)
        y += STEP * sine(direction + step * bend)
        path.append((x, y))
    centre_x, centre_y = path[steps // 2]
    return [(middle_x + _round(x - centre_x), middle_y + _round(y - centre_y)) for x, y in path]


def _round(length: int) -> int:
    """Turn units of 1/ONE reference pixel into whole reference pixels."""
    return (2 * length + ONE) // (2 * ONE)
