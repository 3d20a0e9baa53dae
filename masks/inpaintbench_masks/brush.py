"""Large holes of boxes and brush strokes, as MAT and CoModGAN are trained and tested with.

- W. Li et al., MAT: Mask-Aware Transformer for Large Hole Image Inpainting, CVPR 2022; `RandomMask` in
  `datasets/mask_generator_{256,512}{,_small}.py` of github.com/fenglinglwb/MAT.
- S. Zhao et al., Large Scale Image Completion via Co-Modulated Generative Adversarial Networks, ICLR 2021;
  `training/mask_generator.py` of github.com/zsyzzsoft/co-mod-gan, from which the former derives.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.canvas import Canvas
from inpaintbench_masks.zigzag import draw_zigzag

VERTICES: Final = (4, 17)
WIDTHS: Final = (12, 47)
MOST_CANDIDATES: Final = 1000


@dataclass(frozen=True)
class Recipe:
    """The numbers in which the released generators differ.

    Attributes:
        reference: the picture size whose pixels the widths of strokes are counted in.
        small: boxes of sides below half the picture: uniform, fewer than this.
        large: boxes of sides below the whole picture: likewise.
        strokes: likewise.
    """

    reference: int
    small: int
    large: int
    strokes: int


RECIPES: Final = {
    "mat": Recipe(256, small=4, large=2, strokes=8),
    "mat_small": Recipe(256, small=2, large=2, strokes=3),
    "mat_512": Recipe(512, small=5, large=3, strokes=9),
    "mat_512_small": Recipe(512, small=3, large=2, strokes=4),
    "comodgan": Recipe(512, small=10, large=5, strokes=20),
}
"""CoModGAN's code has the same numbers for every size; they are taken at 512, that of its published pictures.
At 256, its strokes would be twice as wide in proportion, and miss 0.73 of the picture in place of 0.65."""


class Brush:
    """Boxes, and zigzag strokes that are flipped together, left to right and upside down, as two coins say.

    Args:
        recipe: which released generator; see `RECIPES`.
        min_ratio: the missing share of the picture must be above this; 0 asks for nothing.
        max_ratio: and below this; 1 asks for nothing. As released, a sum of both below 1 is also a factor, by
            which the numbers of boxes and strokes shrink.
    """

    def __init__(
        self,
        recipe: Literal["mat", "mat_small", "mat_512", "mat_512_small", "comodgan"] = "mat",
        min_ratio: float = 0.0,
        max_ratio: float = 1.0,
    ) -> None:
        self.recipe = recipe
        self.min_ratio = min_ratio
        self.max_ratio = max_ratio

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the first hole whose missing share lies between the ratios, True = missing.

        Raises:
            ParameterError: if none of 1,000 does, or the least share is not below the greatest.
        """
        if self.min_ratio >= self.max_ratio:
            raise ParameterError(
                f"brush[min_ratio={self.min_ratio},max_ratio={self.max_ratio}] is not possible: expected a min_ratio "
                "below the max_ratio."
            )
        for _ in range(MOST_CANDIDATES):
            hole = self._draw_candidate(height, width, stream)
            share = np.count_nonzero(hole) / hole.size
            if (self.min_ratio == 0 or share > self.min_ratio) and (self.max_ratio == 1 or share < self.max_ratio):
                return hole
        raise ParameterError(
            f"brush[recipe={self.recipe},min_ratio={self.min_ratio},max_ratio={self.max_ratio}]: of {MOST_CANDIDATES} "
            f"holes of {width}×{height} pixels none has a missing share above {self.min_ratio} and below "
            f"{self.max_ratio}; expected ratios farther apart."
        )

    def _draw_candidate(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        recipe = RECIPES[self.recipe]
        factor = min(self.min_ratio + self.max_ratio, 1.0)
        canvas = Canvas(height, width, recipe.reference)
        for boxes, sides in ((recipe.small, recipe.reference // 2), (recipe.large, recipe.reference)):
            for _ in range(_fewer_than(int(boxes * factor), stream)):
                _add_box(canvas, sides, stream)
        strokes = [
            (draw_zigzag(canvas, VERTICES, stream), stream.integer(*WIDTHS))
            for _ in range(_fewer_than(int(recipe.strokes * factor), stream))
        ]
        upside_down, left_to_right = stream.integer(0, 1), stream.integer(0, 1)
        for line, brush in strokes:
            flipped = [
                (canvas.width - 1 - x if left_to_right else x, canvas.height - 1 - y if upside_down else y)
                for x, y in line
            ]
            canvas.stroke(flipped, brush)
        return canvas.hole()


def _fewer_than(limit: int, stream: RandomStream) -> int:
    """Return a uniform number from 0 to limit − 1; 0 where there is none, which the released code cannot draw."""
    return stream.integer(0, max(limit, 1) - 1)


def _add_box(canvas: Canvas, sides: int, stream: RandomStream) -> None:
    """Add a box of sides from 0 to `sides` − 1, at least about half of which in each direction is in the picture."""
    width, height = stream.integer(0, sides - 1), stream.integer(0, sides - 1)
    over_x, over_y = width // 2, height // 2
    left = stream.integer(-over_x, canvas.width - width + over_x - 1)
    top = stream.integer(-over_y, canvas.height - height + over_y - 1)
    canvas.rectangle(left, top, width, height)
