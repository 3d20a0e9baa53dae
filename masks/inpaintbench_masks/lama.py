"""LaMa's test masks: thin, medium and thick strokes, and boxes among them.

R. Suvorov et al., Resolution-robust Large Mask Inpainting with Fourier Convolutions, WACV 2022. The released
code is `saicinpainting/training/data/masks.py`, `configs/data_gen/random_{thin,medium,thick}_{256,512}.yaml`
and `bin/gen_mask_dataset.py` of github.com/advimman/lama.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.angles import ONE
from inpaintbench_masks.canvas import Canvas

Range = tuple[int, int]
"""A uniform whole number, both ends included."""

Config = Literal["256", "512"]

MOST_CANDIDATES: Final = 50

DIRECTIONS: Final = tuple((round(ONE * math.sin(0.01 + k)), round(ONE * math.cos(0.01 + k))) for k in range(4))
"""The steps in x and y, in units of 1/ONE, at the angles 0.01, 1.01, 2.01 and 3.01: the code draws whole
radians. Every second stroke mirrors them."""


@dataclass(frozen=True)
class Boxes:
    """The boxes that take the place of strokes in 3 of 13 holes.

    Attributes:
        count: of boxes.
        side: of each direction, in reference pixels.
        margin: reference pixels at the picture's edges that no box touches.
    """

    count: Range
    side: Range
    margin: int


@dataclass(frozen=True)
class Recipe:
    """What a configuration's numbers become in the released generator.

    Attributes:
        reference: picture size in whose pixels lengths are counted.
        count: of strokes: min_times to max_times + 1, since two places of the code add one.
        width: of each segment: 5 to 4 + max_width.
        length: of each segment: 10 to 9 + max_len.
        boxes: None where box_proba is 0; else box_proba is 0.3, and the share of boxes 0.3/1.3.
    """

    reference: int
    count: Range
    width: Range
    length: Range
    boxes: Boxes | None = None


class _Lama:
    """Candidates are drawn until one misses at most half of the picture.

    The released script draws five, drops those that miss more than half of it, keeps one of the others at
    random, and begins again where none is left, up to ten times. The first of 50 to pass is distributed alike.

    Args:
        config: LaMa's configuration for pictures of 256 or of 512 pixels, at whatever size it is drawn here.
    """

    recipes: ClassVar[dict[Config, Recipe]]

    def __init__(self, config: Config = "256") -> None:
        self.config = config

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing.

        Raises:
            ParameterError: if each of 50 candidates misses more than half of the picture.
        """
        for _ in range(MOST_CANDIDATES):
            hole = draw_candidate(self.recipes[self.config], height, width, stream)
            if 2 * np.count_nonzero(hole) <= hole.size:
                return hole
        raise ParameterError(
            f"Each of {MOST_CANDIDATES} LaMa masks of {width}×{height} pixels misses more than half of the picture; "
            "expected one that does not. Take another seed or size."
        )


class LamaThin(_Lama):
    """Many thin strokes."""

    recipes: ClassVar[dict[Config, Recipe]] = {
        "256": Recipe(256, count=(4, 51), width=(5, 14), length=(10, 49)),
        "512": Recipe(512, count=(4, 71), width=(5, 24), length=(10, 109)),
    }


class LamaMedium(_Lama):
    """Some strokes of medium width, or small boxes."""

    recipes: ClassVar[dict[Config, Recipe]] = {
        "256": Recipe(256, (4, 6), (5, 54), (10, 109), Boxes(count=(1, 5), side=(10, 50), margin=0)),
        "512": Recipe(512, (4, 11), (5, 104), (10, 209), Boxes(count=(1, 5), side=(30, 150), margin=0)),
    }


class LamaThick(_Lama):
    """A few thick strokes, or large boxes."""

    recipes: ClassVar[dict[Config, Recipe]] = {
        "256": Recipe(256, (1, 6), (5, 104), (10, 209), Boxes(count=(1, 3), side=(30, 150), margin=10)),
        "512": Recipe(512, (1, 6), (5, 254), (10, 459), Boxes(count=(1, 4), side=(30, 300), margin=10)),
    }


def draw_candidate(recipe: Recipe, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
    """Return one hole of the mixture, True = missing, of whatever area."""
    canvas = Canvas(height, width, recipe.reference)
    if recipe.boxes is not None and stream.integer(1, 13) > 10:
        _add_boxes(canvas, recipe.boxes, stream)
    else:
        _add_strokes(canvas, recipe, stream)
    return canvas.hole()


def _add_strokes(canvas: Canvas, recipe: Recipe, stream: RandomStream) -> None:
    """Add strokes of one to five segments, each segment of its own direction, length and width."""
    for stroke in range(stream.integer(*recipe.count)):
        x, y = stream.integer(0, canvas.width - 1), stream.integer(0, canvas.height - 1)
        for _ in range(stream.integer(1, 5)):
            across, down = DIRECTIONS[stream.integer(0, 3)]
            if stroke % 2 == 0:  # 2π − angle, the angle being counted from the y axis
                across = -across
            length = stream.integer(*recipe.length)
            end_x = min(max(x + length * across // ONE, 0), canvas.width)
            end_y = min(max(y + length * down // ONE, 0), canvas.height)
            # OpenCV draws a line of thickness t a pixel wider than t; so the area here is OpenCV's.
            canvas.stroke([(x, y), (end_x, end_y)], stream.integer(*recipe.width) + 1)
            x, y = end_x, end_y


def _add_boxes(canvas: Canvas, boxes: Boxes, stream: RandomStream) -> None:
    for _ in range(stream.integer(*boxes.count)):
        width, height = stream.integer(*boxes.side), stream.integer(*boxes.side)
        left = stream.integer(boxes.margin, canvas.width - boxes.margin - width)
        top = stream.integer(boxes.margin, canvas.height - boxes.margin - height)
        canvas.rectangle(left, top, width, height)
