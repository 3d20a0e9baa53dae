"""Masks of random regions, rectangles and letters."""

from __future__ import annotations

from inpaintbench.api import MaskSpec, Parameter
from inpaintbench_masks.specs.terms import LICENCE, MEASURED

_CONTEXT_ENCODER = (
    "D. Pathak et al., Context Encoders: Feature Learning by Inpainting, CVPR 2016; pathak22/context-encoder, "
    "train_random.lua and test_random.lua"
)
_SPACING = Parameter(
    name="spacing",
    kind="number",
    help="Distance between two of the random values that the field joins smoothly, as a fraction of the picture's "
    "shorter side.",
    default=0.13041,
    minimum=0.01,
    maximum=1,
)

RANDOM_RECTANGLE = MaskSpec(
    name="random_rectangle",
    target="inpaintbench_masks.random_rectangle:RandomRectangle",
    coverage="inpaintbench_masks.coverage.regions:random_rectangle",
    summary="A rectangle of random width and height at a random place, as GLCIC is trained with.",
    parameters=(
        Parameter(
            name="minimum",
            kind="extent",
            help="Smallest width and height; a fraction is of the picture's shorter side.",
            default=0.375,
            minimum=1,
        ),
        Parameter(
            name="maximum",
            kind="extent",
            help="Largest width and height; a fraction is of the picture's shorter side.",
            default=0.5,
            minimum=1,
        ),
        Parameter(
            name="window",
            kind="extent",
            help="Side of the square window, at a random place, inside which the rectangle lies; a fraction is of the "
            "picture's shorter side.",
            default=0.5,
            minimum=1,
        ),
    ),
    reference="S. Iizuka, E. Simo-Serra, H. Ishikawa, Globally and Locally Consistent Image Completion, SIGGRAPH 2017; "
    "otenim/GLCIC-PyTorch, utils.py",
    licence=LICENCE,
    notes="The defaults are GLCIC's 96 to 128 pixels, and its local discriminator's 128, of 256. Otenim's for CelebA "
    "are [minimum=0.3,maximum=0.6,window=0.6], 48 to 96 of 160. Fractions are rounded to pixels: 24 to 32 at "
    "64. The expected missing share is the mean side squared: 0.1914 by default. " + MEASURED,
)

RANDOM_REGION = MaskSpec(
    name="random_region",
    target="inpaintbench_masks.random_region:RandomRegion",
    coverage="inpaintbench_masks.coverage.regions:random_region",
    summary="Random shapes that cover 20 to 30 %, as Context Encoder is trained and tested with.",
    parameters=(
        Parameter(
            name="threshold",
            kind="number",
            help="What is missing: where the random field, of values uniform in [0, 1), is below this.",
            default=0.25,
            minimum=0,
            maximum=1,
        ),
        Parameter(
            name="minimum_area",
            kind="number",
            help="The missing share of the picture is above this.",
            default=0.2,
            minimum=0,
            maximum=1,
        ),
        Parameter(
            name="maximum_area",
            kind="number",
            help="The missing share of the picture is below this.",
            default=0.3,
            minimum=0,
            maximum=1,
        ),
        _SPACING,
    ),
    reference=_CONTEXT_ENCODER,
    licence=LICENCE,
    notes="The code enlarges 600×600 random values to 10,000×10,000 pixels and cuts 128×128 out: the values are "
    "16.69 pixels apart, 0.13041 of the side, as they are here of any picture's shorter side. The "
    "interpolation is that of the code (torch/image), the cubic one of Catmull and Rom. Only the part that is "
    "needed is drawn, and each attempt anew. One mask a picture, where the code has one a batch. " + MEASURED,
)

PATTERN = MaskSpec(
    name="pattern",
    target="inpaintbench_masks.pattern:Pattern",
    coverage="inpaintbench_masks.coverage.regions:pattern",
    summary="Random shapes that cover a quarter of every picture, the random pattern of Yeh et al.",
    parameters=(
        Parameter(
            name="fraction",
            kind="number",
            help="The missing share of the picture, met to the pixel.",
            default=0.25,
            minimum=0,
            maximum=1,
        ),
        _SPACING,
    ),
    reference="R. A. Yeh et al., Semantic Image Inpainting with Deep Generative Models, CVPR 2017; " + _CONTEXT_ENCODER,
    licence=LICENCE,
    notes="Yeh et al. have Context Encoder's regions with about 25 % missing. Here the pixels with the lowest "
    "numbers of the same field are missing (see random_region), exactly as many as asked for; of pixels with "
    "equal numbers, those above and on the left. The released code has no such mask.",
)

TEXT = MaskSpec(
    name="text",
    target="inpaintbench_masks.text:Text",
    coverage="inpaintbench_masks.coverage.regions:text",
    summary="Lines of random words over the whole picture.",
    parameters=(
        Parameter(
            name="height",
            kind="extent",
            help="Height of a letter; a fraction is of the picture's shorter side, and is not rounded to pixels.",
            default=0.109375,
            minimum=7,
        ),
    ),
    licence=LICENCE,
    notes="No publication defines it. Capitals and digits of 5×7 square dots, an alphabet of this package; words of "
    "2 to 9 letters; a dot between letters, three between lines. By default a dot is a pixel at 64 pixels, "
    "and the same seed gives the same text at every size. A pixel is missing if its centre lies on a dot: "
    "letters of less than 7 pixels lose dots, and those of less than 2 are refused. " + MEASURED,
)

SPECS = (RANDOM_RECTANGLE, RANDOM_REGION, PATTERN, TEXT)
