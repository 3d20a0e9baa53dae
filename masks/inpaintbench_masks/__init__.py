"""The masks that come with inpaintbench: one spec a mask, one family a file."""

from __future__ import annotations

from inpaintbench import hookimpl
from inpaintbench.api import MaskSpec, Parameter

LICENCE = "MIT"

CENTER_SQUARE = MaskSpec(
    name="center_square",
    target="inpaintbench_masks.center_square:CenterSquare",
    summary="A square in the middle of the picture.",
    parameters=(
        Parameter(
            name="side",
            kind="extent",
            help="Side of the square; a fraction is of the picture's shorter side.",
            default=20,
            minimum=1,
            always_shown=True,
        ),
    ),
    licence=LICENCE,
    notes="Where the margins cannot be equal, the one above and the one on the left are a pixel narrower.",
)

CIRCLE = MaskSpec(
    name="circle",
    target="inpaintbench_masks.circle:Circle",
    summary="A disc in the middle of the picture.",
    parameters=(
        Parameter(
            name="diameter",
            kind="extent",
            help="Diameter of the disc; a fraction is of the picture's shorter side.",
            default=20,
            minimum=2,
            always_shown=True,
        ),
    ),
    licence=LICENCE,
    notes="A pixel is missing if its centre lies at most diameter/2 from the picture's centre: 316 pixels "
    "for diameter=20 at 64×64.",
)

SCATTERED_SQUARES = MaskSpec(
    name="scattered_squares",
    target="inpaintbench_masks.scattered_squares:ScatteredSquares",
    summary="Small squares at random places, as many as a given missing area needs.",
    parameters=(
        Parameter(
            name="side",
            kind="extent",
            help="Side of each square; a fraction is of the picture's shorter side.",
            default=2,
            minimum=1,
        ),
        Parameter(
            name="area",
            kind="extent",
            help="How many pixels are missing in all; a fraction is of the picture's area.",
            default=400,
            minimum=1,
        ),
        Parameter(
            name="count",
            kind="integer",
            help="How many squares; above 0 it decides in place of area. 0: as many as the area needs.",
            default=0,
            minimum=0,
        ),
    ),
    licence=LICENCE,
    notes="Squares overlap only where no place for a whole one is left, or where the last one would pass the "
    "area. The report that this mask comes from asks for ten 2×2 squares and for the missing area of a 20×20 "
    "square, which contradict each other: ten such squares are 40 pixels, not 400. The area is the default; "
    "count=10 is the other reading.",
)

MASK_FOLDER = MaskSpec(
    name="mask_folder",
    target="inpaintbench_masks.mask_folder:MaskFolder",
    summary="Masks from the picture files of a folder, one drawn at random for each picture.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder, searched at any depth; a relative path is looked for below the current folder, "
            "then below $INPAINTBENCH_DATA.",
        ),
        Parameter(
            name="hole",
            kind="text",
            help="Which colour is missing.",
            default="white",
            choices=("white", "black"),
        ),
    ),
    notes="A mask is cropped about its centre to the picture's proportions, resized by nearest neighbour, "
    "and split at half of white. One that cannot be decoded, or comes out empty or full, is passed over, and "
    "another one drawn. "
    "The terms of use are those of the files.",
)


@hookimpl
def register_masks() -> list[MaskSpec]:
    """Return the bundled masks."""
    return [CENTER_SQUARE, CIRCLE, SCATTERED_SQUARES, MASK_FOLDER]
