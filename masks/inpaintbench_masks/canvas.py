"""A canvas for the strokes and boxes of publications, drawn at any picture size by whole numbers alone.

A publication defines its mask in pixels of one size, such as 256×256: the reference. Here a shape is given in
those reference pixels, the picture's shorter side being the reference, and a pixel of the picture is missing
if its centre lies in the shape. So one seed gives one shape at every size, and a thin stroke is thinner in a
small picture rather than lost in resampling.

With S the shorter side in pixels and R the reference, lengths are counted in units of 1/(2S) reference pixel:

- a pixel of the picture is 2R wide; the centre of pixel j lies at (2j + 1)R;
- the reference pixel p reaches from 2Sp to 2S(p + 1); its centre lies at S(2p + 1);
- a stroke of width w has the radius Sw.

All of these are whole numbers, and only whole numbers are compared: neither rounding nor a platform's floating
point decides about a pixel. 64 bits hold them while the picture's longer side times R is below 2**29.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool

from inpaintbench_masks.capsules import find_runs

_AT_ONCE: Final = 512
"""Capsules whose runs are in memory together: some 100 MB at 1,024 pixels, where each of them meets all rows."""


class Canvas:
    """Collects shapes in reference pixels, and marks the picture's pixels whose centres lie in any of them.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        reference: the length of the picture's shorter side in reference pixels.

    Attributes:
        height: of the picture in reference pixels; the last one is cut where the proportions ask for it.
        width: likewise.
    """

    def __init__(self, height: int, width: int, reference: int) -> None:
        self._shape = height, width
        self._reference = reference
        self._shorter = min(height, width)
        self.height = -(-height * reference // self._shorter)
        self.width = -(-width * reference // self._shorter)
        self._capsules: list[tuple[int, int, int, int, int, int]] = []
        self._boxes = np.zeros((height, width), dtype=np.bool_)

    def stroke(self, vertices: Sequence[tuple[int, int]], width: int, *, visible: bool = False) -> None:
        """Add the stroke of a round brush led from vertex to vertex; of one vertex it is a disc.

        Its points lie at most width/2 from the line, the rim included.

        Args:
            vertices: (x, y) of reference pixels, whose centres are meant; they may lie outside the picture.
            width: in reference pixels.
            visible: make it one pixel of the picture wide where it would be thinner. A line between two
                vertices is unbroken then: it meets each column that it passes (if steep: row), and each of its
                pixels touches the next, if only at a corner.
        """
        unit = self._shorter
        radius = max(unit * width, self._reference) if visible else unit * width
        centres = [(unit * (2 * x + 1), unit * (2 * y + 1)) for x, y in vertices]
        for (ax, ay), (bx, by) in zip(centres, centres[1:] or centres, strict=False):
            bound = math.isqrt(radius**2 * ((bx - ax) ** 2 + (by - ay) ** 2))
            self._capsules.append((ax, ay, bx, by, radius, bound))

    def rectangle(self, left: int, top: int, width: int, height: int) -> None:
        """Add the reference pixels of columns left … left + width − 1 and rows top … top + height − 1.

        A centre on the left or upper edge is inside, one on the right or lower edge is not. What lies outside
        the picture is cut off. A rectangle of no width or height is nothing.
        """
        rows = slice(self._first_pixel(top), self._first_pixel(top + height))
        columns = slice(self._first_pixel(left), self._first_pixel(left + width))
        self._boxes[rows, columns] = True

    def hole(self) -> Bool[np.ndarray, "h w"]:
        """Return the union of all shapes, True = missing."""
        if not self._capsules:
            return self._boxes.copy()
        height, width = self._shape
        # A run is +1 at its first pixel and −1 after its last; the sum up to a pixel counts the runs over it.
        stride = width + 1
        steps = np.zeros(height * stride, dtype=np.int64)
        for start in range(0, len(self._capsules), _AT_ONCE):
            capsules = np.array(self._capsules[start : start + _AT_ONCE], dtype=np.int64)
            row, first, last = find_runs(capsules, self._shape, 2 * self._reference)
            steps += np.bincount(row * stride + first, minlength=height * stride)
            steps -= np.bincount(row * stride + last + 1, minlength=height * stride)
        counts = steps.reshape(height, stride)[:, :width].cumsum(axis=1)
        hole: Bool[np.ndarray, "h w"] = (counts > 0) | self._boxes
        return hole

    def _first_pixel(self, edge: int) -> int:
        """Return the first pixel whose centre is not before the left or upper edge of a reference pixel."""
        return max(0, -((self._reference - 2 * self._shorter * edge) // (2 * self._reference)))
