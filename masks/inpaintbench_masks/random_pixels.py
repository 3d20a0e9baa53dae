"""Single pixels missing at random: the 80 % of Yeh et al. (CVPR 2017), and the usual test of matrix completion."""

import numpy as np
from jaxtyping import Bool

from inpaintbench.seeding import RandomStream


class RandomPixels:
    """Each pixel is missing with the same probability, independently of the others, in all its channels.

    The number of missing pixels therefore varies from picture to picture. (The paper has 80 % missing; the released
    code, moodoki/semantic_image_inpainting `src/inpaint.py`, has 20 %.)

    Args:
        fraction: the probability.
    """

    def __init__(self, fraction: float = 0.8) -> None:
        self.fraction = fraction

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing: one number in [0, 1) a pixel, row by row, below the probability."""
        hole: Bool[np.ndarray, "h w"] = (stream.fractions(height * width) < self.fraction).reshape(height, width)
        return hole
