"""All missing but a square in the middle: "expand" of RePaint (Lugmayr et al., CVPR 2022), also called outpainting."""

import numpy as np
from jaxtyping import Bool

from inpaintbench.api import resolve_extent
from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream


class Expand:
    """What `center_square` of the same side hides is known, and everything else is missing.

    RePaint keeps the central 64 × 64 of 256 × 256 pixels (section 5.3).

    Args:
        side: of the known square, in pixels or as a fraction of the picture's shorter side.
    """

    def __init__(self, side: int | float = 0.25) -> None:
        self.side = side

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing; nothing is drawn from the stream.

        Raises:
            ParameterError: if the known square is larger than the picture.
        """
        shorter = min(height, width)
        side = resolve_extent(self.side, shorter)
        if side > shorter:
            raise ParameterError(
                f"expand[side={side}] does not fit into a picture of {width}×{height} pixels: "
                f"expected at most {shorter}, or a fraction such as 0.25."
            )
        top, left = (height - side) // 2, (width - side) // 2
        hole = np.ones((height, width), dtype=np.bool_)
        hole[top : top + side, left : left + side] = False
        return hole
