"""Masks of simple shapes: squares, discs, half planes, rows, pixels."""

from __future__ import annotations

from inpaintbench.api import MaskSpec, Parameter
from inpaintbench_masks.specs.terms import LICENCE

_YEH = (
    "R. A. Yeh et al., Semantic Image Inpainting with Deep Generative Models, CVPR 2017; "
    "moodoki/semantic_image_inpainting, src/inpaint.py"
)
_REPAINT = (
    "A. Lugmayr et al., RePaint: Inpainting using Denoising Diffusion Probabilistic Models, CVPR 2022; "
    "andreas128/RePaint, confs/test_c256_*.yml"
)

CENTER_SQUARE = MaskSpec(
    name="center_square",
    target="inpaintbench_masks.center_square:CenterSquare",
    coverage="inpaintbench_masks.coverage.shapes:center_square",
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
    coverage="inpaintbench_masks.coverage.shapes:circle",
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
    coverage="inpaintbench_masks.coverage.shapes:scattered_squares",
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

RANDOM_PIXELS = MaskSpec(
    name="random_pixels",
    target="inpaintbench_masks.random_pixels:RandomPixels",
    coverage="inpaintbench_masks.coverage.shapes:random_pixels",
    summary="Single pixels, each missing with the same probability.",
    parameters=(
        Parameter(
            name="fraction",
            kind="number",
            help="The probability that a pixel is missing, in all its channels.",
            default=0.8,
            minimum=0,
            maximum=1,
            always_shown=True,
        ),
    ),
    reference=_YEH,
    licence=LICENCE,
    notes="80 % is the paper's figure; the released code has fraction=0.2. Pixels are independent, so that the missing "
    "share varies: by a standard deviation of 0.00625 at 64×64.",
)

HALF = MaskSpec(
    name="half",
    target="inpaintbench_masks.half:Half",
    coverage="inpaintbench_masks.coverage.shapes:half",
    summary="The left, right, upper or lower half of the picture.",
    parameters=(
        Parameter(
            name="side",
            kind="text",
            help="Which half is missing; random draws one for each picture.",
            default="random",
            choices=("random", "left", "right", "top", "bottom"),
        ),
    ),
    reference=f"{_YEH}; {_REPAINT}",
    licence=LICENCE,
    notes="Yeh et al. draw a side for each picture, the default (their code has side=left). RePaint has side=right: "
    "its section 5.3 gives the left half as input. Of an odd side the smaller half is missing: the line in "
    "the middle is known.",
)

EVERY_SECOND_LINE = MaskSpec(
    name="every_second_line",
    target="inpaintbench_masks.every_second_line:EverySecondLine",
    coverage="inpaintbench_masks.coverage.shapes:every_second_line",
    summary="Every second row of the picture.",
    parameters=(
        Parameter(
            name="first",
            kind="integer",
            help="The first row that is known, counted from 0.",
            default=0,
            minimum=0,
            maximum=1,
        ),
    ),
    reference=_REPAINT,
    licence=LICENCE,
    notes="The paper's alternating lines: every second row is removed (section 5.3), 1, 3, 5, … counted from 0. Its "
    "masks are files outside the repository, and were not compared. The code of CoPaint (Zhang et al., ICML 2023; "
    "UCSB-NLP-Chang/CoPaint, datasets/masks.py), which is compared with RePaint, has first=1.",
)

SUPER_RESOLVE = MaskSpec(
    name="super_resolve",
    target="inpaintbench_masks.super_resolve:SuperResolve",
    coverage="inpaintbench_masks.coverage.shapes:super_resolve",
    summary="All pixels but a regular grid: every second one both ways.",
    parameters=(
        Parameter(
            name="stride",
            kind="integer",
            help="Of so many rows, and of so many columns, one is kept; 2 leaves out three quarters.",
            default=2,
            minimum=2,
        ),
        Parameter(
            name="first",
            kind="integer",
            help="The first row and column that is kept, counted from 0, below the stride.",
            default=0,
            minimum=0,
        ),
    ),
    reference=_REPAINT,
    licence=LICENCE,
    notes="The paper's super-resolution 2×: it leaves pixels with a stride of 2 both ways (section 5.3): rows "
    "and columns 0, 2, 4, … Its masks are files outside the repository, and were not compared. CoPaint's (see "
    "every_second_line) have first=1.",
)

EXPAND = MaskSpec(
    name="expand",
    target="inpaintbench_masks.expand:Expand",
    coverage="inpaintbench_masks.coverage.shapes:expand",
    summary="All but a square in the middle: outpainting.",
    parameters=(
        Parameter(
            name="side",
            kind="extent",
            help="Side of the known square; a fraction is of the picture's shorter side.",
            default=0.25,
            minimum=1,
        ),
    ),
    reference=_REPAINT,
    licence=LICENCE,
    notes="RePaint keeps the central 64×64 of 256×256 pixels (section 5.3), 93.75 % missing; 16×16 at 64. Where the "
    "margins cannot be equal, the one above and the one on the left are a pixel narrower.",
)

SPECS = (
    CENTER_SQUARE,
    CIRCLE,
    SCATTERED_SQUARES,
    RANDOM_PIXELS,
    HALF,
    EVERY_SECOND_LINE,
    SUPER_RESOLVE,
    EXPAND,
)
