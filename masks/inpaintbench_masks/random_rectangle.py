"""One rectangle of random size at a random place: the holes of GLCIC (Iizuka et al., SIGGRAPH 2017)."""

import numpy as np
from jaxtyping import Bool

from inpaintbench.api import resolve_extent
from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream


class RandomRectangle:
    """A rectangle somewhere inside a square window, which lies somewhere inside the picture.

    Width and height are drawn on their own, each length in [minimum, maximum] with the same probability; so are the
    window's place in the picture and the rectangle's place in the window. GLCIC's local discriminator sees the
    window: at 256 pixels the rectangle has 96 to 128, and the window 128. The order of drawing is that of
    otenim/GLCIC-PyTorch (`utils.py`: `gen_hole_area`, `gen_input_mask`). Seen over many pictures, the window makes
    pixels in the middle missing more often than a rectangle that is placed in the picture at once would.

    Args:
        minimum: of width and height, in pixels or as a fraction of the picture's shorter side.
        maximum: likewise.
        window: the window's side, likewise.
    """

    def __init__(self, minimum: int | float = 0.375, maximum: int | float = 0.5, window: int | float = 0.5) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self.window = window

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing.

        Raises:
            ParameterError: if the window does not fit into the picture, the rectangle not into the window, or the
                minimum exceeds the maximum.
        """
        shorter = min(height, width)
        minimum, maximum, window = (resolve_extent(one, shorter) for one in (self.minimum, self.maximum, self.window))
        if not minimum <= maximum <= window <= shorter:
            raise ParameterError(
                f"random_rectangle[minimum={minimum},maximum={maximum},window={window}] is not possible in a "
                f"picture of {width}×{height} pixels: expected minimum ≤ maximum ≤ window ≤ {shorter}, "
                "or fractions such as 0.5."
            )
        window_left = stream.integer(0, width - window)
        window_top = stream.integer(0, height - window)
        across = stream.integer(minimum, maximum)
        down = stream.integer(minimum, maximum)
        left = window_left + stream.integer(0, window - across)
        top = window_top + stream.integer(0, window - down)
        hole = np.zeros((height, width), dtype=np.bool_)
        hole[top : top + down, left : left + across] = True
        return hole
