"""A square hole in the middle of the picture: the central region of Context Encoder and of later tables."""

import numpy as np
from jaxtyping import Bool

from inpaintbench.api import resolve_extent
from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream


class CenterSquare:
    """A square of `side` × `side` pixels, rows (H − side) // 2 and columns (W − side) // 2 onwards.

    Where H − side is odd the margins differ by one pixel: the narrower one is above, and on the left.

    Args:
        side: in pixels, or as a fraction of the picture's shorter side.
    """

    def __init__(self, side: int | float = 20) -> None:
        self.side = side

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing; nothing is drawn from the stream.

        Raises:
            ParameterError: if the square is larger than the picture.
        """
        shorter = min(height, width)
        side = resolve_extent(self.side, shorter)
        if side > shorter:
            raise ParameterError(
                f"center_square[side={side}] does not fit into a picture of {width}×{height} pixels: "
                f"expected at most {shorter}, or a fraction such as 0.25."
            )
        top, left = (height - side) // 2, (width - side) // 2
        hole = np.zeros((height, width), dtype=np.bool_)
        hole[top : top + side, left : left + side] = True
        return hole
