"""Holes of random shape with an exact area: the random pattern of Yeh et al. (CVPR 2017), after Context Encoder."""

import math

import numpy as np
from jaxtyping import Bool

from inpaintbench.seeding import RandomStream
from inpaintbench_masks.field import SPACING, draw_field


class Pattern:
    """The pixels where a smooth random field is lowest, as many as are asked for.

    Yeh et al. take Context Encoder's random regions with "approximately 25 %" missing. This mask has exactly that
    area in every picture; `random_region` draws the regions as Context Encoder's code does. See
    `inpaintbench_masks.field` for the field, and for how it scales with the picture.

    Args:
        fraction: of the picture's pixels; rounded to whole pixels, halves upwards.
        spacing: the distance between two random values, as a fraction of the picture's shorter side.
    """

    def __init__(self, fraction: float = 0.25, spacing: float = SPACING) -> None:
        self.fraction = fraction
        self.spacing = spacing

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing; of pixels with equal values, those above and on the left come first."""
        missing = math.floor(self.fraction * height * width + 0.5)
        field = draw_field(height, width, self.spacing, stream)
        hole = np.zeros(height * width, dtype=np.bool_)
        hole[np.argsort(field, axis=None, kind="stable")[:missing]] = True
        return hole.reshape(height, width)
