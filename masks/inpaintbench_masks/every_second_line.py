"""Every second row missing: "alternating lines" of RePaint (Lugmayr et al., CVPR 2022)."""

import numpy as np
from jaxtyping import Bool

from inpaintbench.seeding import RandomStream


class EverySecondLine:
    """Every second row is known, the others are missing.

    RePaint removes every second row (section 5.3); so the second, fourth, … is missing. Its masks are files outside
    its repository. The code of CoPaint (Zhang et al., ICML 2023; UCSB-NLP-Chang/CoPaint `datasets/masks.py`), which is
    compared with it, has the first, third, … row missing: `first=1`.

    Args:
        first: the first known row, 0 or 1.
    """

    def __init__(self, first: int = 0) -> None:
        self.first = first

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing; nothing is drawn from the stream."""
        hole = np.ones((height, width), dtype=np.bool_)
        hole[self.first :: 2] = False
        return hole
