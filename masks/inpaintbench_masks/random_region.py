"""Holes of random shape, in one piece or several: the random region of Context Encoder (Pathak et al., CVPR 2016)."""

import math
from typing import Final

import numpy as np
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.field import ONE_BITS, SPACING, draw_field

ATTEMPTS: Final = 1000
"""Fields that are drawn before the areas are held to be impossible."""


class RandomRegion:
    """The pixels where a smooth random field is below a threshold; drawn again until their area is as asked.

    Follows `train_random.lua` and `test_random.lua` of pathak22/context-encoder, whose cuts of 128 × 128 pixels
    are accepted if more than 20 % and less than 30 % are missing. See `inpaintbench_masks.field` for the field,
    and for how it scales with the picture.

    Args:
        threshold: the values of the field below this are missing; the values are uniform in [0, 1).
        minimum_area: a hole of this fraction of the picture, or of less, is drawn again.
        maximum_area: a hole of this fraction of the picture, or of more, is drawn again.
        spacing: the distance between two random values, as a fraction of the picture's shorter side.
    """

    def __init__(
        self,
        threshold: float = 0.25,
        minimum_area: float = 0.2,
        maximum_area: float = 0.3,
        spacing: float = SPACING,
    ) -> None:
        self.threshold = threshold
        self.minimum_area = minimum_area
        self.maximum_area = maximum_area
        self.spacing = spacing

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing.

        Raises:
            ParameterError: if the areas contradict each other, or no field of `ATTEMPTS` had such an area.
        """
        areas = f"minimum_area={self.minimum_area},maximum_area={self.maximum_area}"
        if self.minimum_area >= self.maximum_area:
            raise ParameterError(
                f"random_region[{areas}] is not possible: expected a minimum_area below the maximum_area."
            )
        limit = math.ceil(self.threshold * 2**ONE_BITS)
        total = height * width
        for _ in range(ATTEMPTS):
            hole: Bool[np.ndarray, "h w"] = draw_field(height, width, self.spacing, stream) < limit
            if self.minimum_area * total < np.count_nonzero(hole) < self.maximum_area * total:
                return hole
        raise ParameterError(
            f"random_region[threshold={self.threshold},{areas}]: of {ATTEMPTS} random fields in a picture of "
            f"{width}×{height} pixels none had such an area; expected areas about the threshold, or further apart."
        )
