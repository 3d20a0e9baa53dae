"""One half of the picture missing (Yeh et al., CVPR 2017; RePaint, Lugmayr et al., CVPR 2022)."""

from typing import Final, Literal

import numpy as np
from jaxtyping import Bool

from inpaintbench.seeding import RandomStream

SIDES: Final = ("left", "right", "top", "bottom")


class Half:
    """The left, right, upper or lower half, of an odd side the smaller one: the line in the middle is known.

    Yeh et al. draw a side for each picture. RePaint has `side=right`: the left half is known (section 5.3).

    Args:
        side: which half is missing; `random` draws one for each picture, each with the same probability.
    """

    def __init__(self, side: Literal["left", "right", "top", "bottom", "random"] = "random") -> None:
        self.side = side

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing; only `random` draws from the stream."""
        side = SIDES[stream.integer(0, 3)] if self.side == "random" else self.side
        hole = np.zeros((height, width), dtype=np.bool_)
        if side == "left":
            hole[:, : width // 2] = True
        elif side == "right":
            hole[:, width - width // 2 :] = True
        elif side == "top":
            hole[: height // 2] = True
        else:
            hole[height - height // 2 :] = True
        return hole
