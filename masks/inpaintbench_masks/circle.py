"""A round hole in the middle of the picture."""

import numpy as np
from jaxtyping import Bool

from inpaintbench.api import resolve_extent
from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream


class Circle:
    """A disc of the given diameter about the picture's centre ((H − 1)/2, (W − 1)/2), in pixel indices.

    A pixel is missing if its centre lies at most diameter/2 away, the rim included. At 64×64 with diameter
    20 these are 316 pixels. (With the centre at pixel (32, 32) and the rim left out it would be 305.)

    Args:
        diameter: in pixels, or as a fraction of the picture's shorter side.
    """

    def __init__(self, diameter: int | float = 20) -> None:
        self.diameter = diameter

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing; nothing is drawn from the stream.

        Raises:
            ParameterError: if the disc is wider than the picture, or smaller than two pixels.
        """
        shorter = min(height, width)
        diameter = resolve_extent(self.diameter, shorter)
        if not 2 <= diameter <= shorter:
            raise ParameterError(
                f"circle[diameter={diameter}] is not possible in a picture of {width}×{height} pixels: "
                f"expected 2 to {shorter}, or a fraction such as 0.25."
            )
        # Twice the distances from the centre: whole numbers, so that no rounding decides about the rim.
        y = 2 * np.arange(height)[:, None] - (height - 1)
        x = 2 * np.arange(width)[None, :] - (width - 1)
        hole: Bool[np.ndarray, "h w"] = y**2 + x**2 <= diameter**2
        return hole
