"""Masks of strokes: brushes, boxes among them, and scratches."""

from __future__ import annotations

from typing import Final

from inpaintbench.api import MaskSpec, Parameter
from inpaintbench_masks.specs.terms import LICENCE, MEASURED

SCALING: Final = (
    "A shape is drawn with the picture's shorter side counted as {reference} pixels, and a pixel of the picture is "
    "missing if its centre lies in the shape: one seed gives one shape at every size. "
)
FIXED: Final = (
    "Angles are whole numbers of 1/15360 turns, and normal lengths are drawn from 4,096 equally probable quantiles, "
    "so that whole numbers decide about every pixel. "
)

FREE_FORM = MaskSpec(
    name="free_form",
    target="inpaintbench_masks.free_form:FreeForm",
    coverage="inpaintbench_masks.coverage.strokes:free_form",
    summary="Zigzag brush strokes, as DeepFill v2 is trained and tested with.",
    parameters=(
        Parameter(
            name="max_strokes",
            kind="integer",
            help="The number of strokes is uniform from 1 to this.",
            default=3,
            minimum=1,
            maximum=1000,
        ),
        Parameter(
            name="max_vertices",
            kind="integer",
            help="The number of a stroke's vertices after the first is uniform from 4 to this.",
            default=11,
            minimum=4,
            maximum=100,
        ),
        Parameter(
            name="min_width",
            kind="integer",
            help="Least width of a stroke, in pixels of a 256×256 picture.",
            default=12,
            minimum=1,
            maximum=256,
        ),
        Parameter(
            name="max_width",
            kind="integer",
            help="Greatest width of a stroke, in pixels of a 256×256 picture.",
            default=39,
            minimum=1,
            maximum=256,
        ),
        Parameter(
            name="box",
            kind="boolean",
            help="Whether to add the rectangle of training, whose sides are 96 to 128 of 256 pixels.",
            default=False,
        ),
    ),
    reference="J. Yu et al., Free-Form Image Inpainting with Gated Convolution, ICCV 2019; inpaint_ops.py of "
    "https://github.com/JiahuiYu/generative_inpainting",
    licence=LICENCE,
    notes=SCALING.format(reference=256) + FIXED + "As released, strokes run to the right, never to the left: the "
    "released flips have no effect. Unlike there, the whole of an oblong picture is reached. " + MEASURED,
)

BRUSH = MaskSpec(
    name="brush",
    target="inpaintbench_masks.brush:Brush",
    coverage="inpaintbench_masks.coverage.strokes:brush",
    summary="Large holes of boxes and brush strokes, as MAT and CoModGAN are trained and tested with.",
    parameters=(
        Parameter(
            name="recipe",
            kind="text",
            help="Which released generator.",
            default="mat",
            choices=("mat", "mat_small", "mat_512", "mat_512_small", "comodgan"),
            always_shown=True,
        ),
        Parameter(
            name="min_ratio",
            kind="number",
            help="Only holes with more than this share of the picture are taken; 0 takes all.",
            default=0.0,
            minimum=0,
            maximum=1,
        ),
        Parameter(
            name="max_ratio",
            kind="number",
            help="Only holes with less than this share of the picture are taken; 1 takes all.",
            default=1.0,
            minimum=0,
            maximum=1,
        ),
    ),
    reference="W. Li et al., MAT: Mask-Aware Transformer for Large Hole Image Inpainting, CVPR 2022, "
    "https://github.com/fenglinglwb/MAT; S. Zhao et al., Large Scale Image Completion via Co-Modulated Generative "
    "Adversarial Networks, ICLR 2021, https://github.com/zsyzzsoft/co-mod-gan",
    licence=LICENCE,
    notes=SCALING.format(reference="256 (mat, mat_small) or 512 (the other recipes)") + FIXED + "As released, a "
    "min_ratio and a max_ratio whose sum is below 1 also shrink the numbers of boxes and strokes by that factor. The "
    "share is that of the picture's pixels, so that a hole near a ratio can be taken at one size and not at another. "
    + MEASURED,
)


def _lama(name: str, kind: str, summary: str) -> MaskSpec:
    """Declare one of LaMa's three kinds of masks."""
    return MaskSpec(
        name=name,
        target=f"inpaintbench_masks.lama:{kind}",
        coverage="inpaintbench_masks.coverage.strokes:lama",
        summary=summary,
        parameters=(
            Parameter(
                name="config",
                kind="text",
                help="LaMa's configuration for pictures of 256 or of 512 pixels, scaled to the size of the run.",
                default="256",
                choices=("256", "512"),
            ),
        ),
        reference="R. Suvorov et al., Resolution-robust Large Mask Inpainting with Fourier Convolutions, WACV 2022; "
        "saicinpainting/training/data/masks.py and configs/data_gen of https://github.com/advimman/lama",
        licence=LICENCE,
        notes=SCALING.format(reference="256 or 512")
        + "Candidates are drawn until one misses at most half of the picture (an error after 50): the first that "
        "does is distributed as the one that the released script keeps of five. That share is of the picture's "
        "pixels, so that a candidate near one half can be kept at one size and not at another. A segment is drawn "
        "one pixel wider than its number says, since OpenCV draws it so. An oblong picture is covered whole, not "
        "cropped to a square. " + MEASURED,
    )


LAMA_THIN = _lama("lama_thin", "LamaThin", "Many thin strokes, as LaMa's narrow masks.")
LAMA_MEDIUM = _lama("lama_medium", "LamaMedium", "Strokes of medium width or small boxes, as LaMa's medium masks.")
LAMA_THICK = _lama("lama_thick", "LamaThick", "A few thick strokes or large boxes, as LaMa's wide masks.")

SCRATCHES = MaskSpec(
    name="scratches",
    target="inpaintbench_masks.scratches:Scratches",
    coverage="inpaintbench_masks.coverage.strokes:scratches",
    summary="Thin, long, slightly curved scratches, like those on old photographs and film.",
    parameters=(
        Parameter(
            name="min_count", kind="integer", help="Least number of scratches.", default=3, minimum=1, maximum=1000
        ),
        Parameter(
            name="max_count", kind="integer", help="Greatest number of scratches.", default=8, minimum=1, maximum=1000
        ),
        Parameter(
            name="min_width",
            kind="integer",
            help="Least width of a scratch, in pixels of a 256×256 picture.",
            default=2,
            minimum=1,
            maximum=256,
        ),
        Parameter(
            name="max_width",
            kind="integer",
            help="Greatest width of a scratch, in pixels of a 256×256 picture.",
            default=4,
            minimum=1,
            maximum=256,
        ),
    ),
    licence=LICENCE,
    notes=SCALING.format(reference=256) + "A scratch is at least one pixel of the picture wide, and unbroken, so that "
    "small pictures lose more of their area. No publication defines this mask: a scratch is an arc of 96 to 288 of "
    "256 pixels, bent by at most 2 degrees every 16 of them, its middle anywhere. " + MEASURED,
)

SPECS = (FREE_FORM, BRUSH, LAMA_THIN, LAMA_MEDIUM, LAMA_THICK, SCRATCHES)
