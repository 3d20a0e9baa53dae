"""Free-form holes: the brush strokes that DeepFill v2 is trained and shown with.

J. Yu et al., Free-Form Image Inpainting with Gated Convolution, ICCV 2019, Section 3.3; released as
`brush_stroke_mask`, `random_bbox` and `bbox2mask` in `inpaint_ops.py` of
github.com/JiahuiYu/generative_inpainting. `zigzag` and `canvas` say how a stroke runs, and how it is drawn.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.canvas import Canvas
from inpaintbench_masks.zigzag import draw_zigzag

REFERENCE: Final = 256
LEAST_VERTICES: Final = 4


class FreeForm:
    """One to `max_strokes` zigzag strokes, each of one width; lengths in pixels of a 256×256 picture.

    The released code flips a copy of the mask and throws the copy away, so that its strokes run to the right
    always (a step points at most six degrees to the left). So do these.

    Args:
        max_strokes: the number of strokes is uniform from 1 to this.
        max_vertices: that of a stroke's vertices after the first is uniform from 4 to this.
        min_width: a stroke's width is uniform from this …
        max_width: … to this.
        box: add the rectangle of training, whose sides are even numbers from 96 to 128.
    """

    def __init__(
        self,
        max_strokes: int = 3,
        max_vertices: int = 11,
        min_width: int = 12,
        max_width: int = 39,
        box: bool = False,
    ) -> None:
        self.max_strokes = max_strokes
        self.max_vertices = max_vertices
        self.min_width = min_width
        self.max_width = max_width
        self.box = box

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing.

        Raises:
            ParameterError: if the least width is above the greatest.
        """
        if self.min_width > self.max_width:
            raise ParameterError(
                f"free_form[min_width={self.min_width},max_width={self.max_width}] is not possible: "
                "expected a min_width of at most max_width."
            )
        canvas = Canvas(height, width, REFERENCE)
        for _ in range(stream.integer(1, self.max_strokes)):
            line = draw_zigzag(canvas, (LEAST_VERTICES, self.max_vertices), stream)
            canvas.stroke(line, stream.integer(self.min_width, self.max_width))
        if self.box:
            _add_box(canvas, stream)
        return canvas.hole()


def _add_box(canvas: Canvas, stream: RandomStream) -> None:
    """Add a 128×128 box at a random place, from whose opposite sides up to 16 pixels are taken off alike."""
    side, most = REFERENCE // 2, 16
    # As released, the last row and column where the box would fit are left out.
    top, left = stream.integer(0, canvas.height - side - 1), stream.integer(0, canvas.width - side - 1)
    off_y, off_x = stream.integer(0, most), stream.integer(0, most)
    canvas.rectangle(left + off_x, top + off_y, side - 2 * off_x, side - 2 * off_y)
