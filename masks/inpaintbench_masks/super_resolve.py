"""All pixels missing but a regular grid: "super-resolve 2×" of RePaint (Lugmayr et al., CVPR 2022)."""

import numpy as np
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream


class SuperResolve:
    """Of every `stride` rows and columns one is kept; only where both are is a pixel known.

    RePaint leaves pixels with a stride of 2 in height and width, as in super-resolution from the nearest neighbour
    (section 5.3); the first pixel above and on the left is therefore known. Its masks are files outside its repository.
    The code of CoPaint (Zhang et al., ICML 2023; UCSB-NLP-Chang/CoPaint `datasets/masks.py`), which is compared
    with it, keeps the rows and columns 1, 3, …: `first=1`.

    Args:
        stride: in pixels; 1 − 1/stride² of the picture are missing.
        first: the first known row and column, from 0 to stride − 1.
    """

    def __init__(self, stride: int = 2, first: int = 0) -> None:
        self.stride = stride
        self.first = first

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing; nothing is drawn from the stream.

        Raises:
            ParameterError: if the first known row is no row of the first stride, or lies outside the picture.
        """
        if not self.first < min(self.stride, height, width):
            raise ParameterError(
                f"super_resolve[stride={self.stride},first={self.first}] is not possible in a picture of "
                f"{width}×{height} pixels: expected first from 0 to {min(self.stride, height, width) - 1}."
            )
        hole = np.ones((height, width), dtype=np.bool_)
        hole[self.first :: self.stride, self.first :: self.stride] = False
        return hole
