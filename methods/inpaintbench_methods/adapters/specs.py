"""What the adapters say of themselves."""

from __future__ import annotations

from inpaintbench.api import MethodSpec, Parameter
from inpaintbench.parameters import Value

_PACKAGE = "inpaintbench_methods.adapters"

OPENCV = MethodSpec(
    name="opencv",
    target=f"{_PACKAGE}.opencv:OpenCV",
    summary="OpenCV's inpainting: Telea, Navier–Stokes, shift-map, or frequency-selective reconstruction.",
    parameters=(
        Parameter(
            name="algorithm",
            kind="text",
            help="Which; the last three are of OpenCV's contributed modules.",
            default="telea",
            choices=("telea", "ns", "shiftmap", "fsr_fast", "fsr_best"),
            always_shown=True,
        ),
        Parameter(
            name="radius",
            kind="integer",
            help="Pixels around a missing one that telea and ns look at; the others do not heed it.",
            default=5,
            minimum=1,
            maximum=100,
        ),
    ),
    reference="A. Telea, An image inpainting technique based on the fast marching method, J. Graphics Tools 9(1), "
    "2004, and others; see docs/methods/adapters.md",
    licence="Apache-2.0",
    notes="Needs the package OpenCV: pip install 'inpaintbench[opencv]'. It is given 8-bit levels, and returns such.",
)

BIHARMONIC = MethodSpec(
    name="biharmonic",
    target=f"{_PACKAGE}.biharmonic:Biharmonic",
    summary="Solves the biharmonic equation in the hole, with scikit-image.",
    reference="S. B. Damelin and N. S. Hoang, On surface completion and image inpainting by biharmonic functions: "
    "numerical aspects, Int. J. Math. Math. Sci., 2018",
    licence="BSD-3-Clause",
    notes="Values are clipped to the range of each channel's known pixels.",
)

DEEPINV = MethodSpec(
    name="deepinv",
    target=f"{_PACKAGE}.deepinv:DeepInverse",
    summary="Solvers of the library deepinv: TV or wavelets, or a denoiser whose weights lie here.",
    parameters=(
        Parameter(
            name="model",
            kind="text",
            help="tv and wavelet need no weights; dpir takes those of deepinv's DRUNet, diffpir those of its DiffUNet.",
            default="tv",
            choices=("tv", "wavelet", "dpir", "diffpir"),
            always_shown=True,
        ),
        Parameter(
            name="weights",
            kind="path",
            help="A file with the denoiser's weights, as deepinv publishes them; none: without a denoiser.",
            default="none",
        ),
        Parameter(
            name="strength",
            kind="number",
            help="λ, how much the prior of tv and wavelet counts.",
            default=0.1,
            minimum=0,
        ),
        Parameter(
            name="iterations",
            kind="integer",
            help="At most so many of tv and wavelet; the steps of diffpir. dpir takes eight always.",
            default=500,
            minimum=2,
        ),
        Parameter(
            name="tolerance",
            kind="number",
            help="Relative change of the picture at which tv and wavelet stop.",
            default=1e-4,
            minimum=0,
        ),
        Parameter(
            name="noise",
            kind="number",
            help="Standard deviation, in [0, 1], of the known pixels' noise that dpir and diffpir assume.",
            default=0.01,
            minimum=1e-4,
            maximum=1,
        ),
    ),
    reference="J. Tachella et al., DeepInverse: a Python package for solving imaging inverse problems with deep "
    "learning, Journal of Open Source Software 10(115), 2025",
    licence="BSD-3-Clause",
    notes="Needs the package deepinv: pip install 'inpaintbench[deepinv]'. Nothing is downloaded.",
)

DIFFUSERS = MethodSpec(
    name="diffusers",
    target=f"{_PACKAGE}.diffusers:Diffusers",
    summary="An inpainting pipeline of the library diffusers, from a folder of weights.",
    parameters=(
        Parameter(name="model", kind="path", help="Folder of the pipeline, in which model_index.json lies."),
        Parameter(name="prompt", kind="text", help="What the picture is said to show; none: nothing.", default="none"),
        Parameter(name="steps", kind="integer", help="Of the sampler.", default=50, minimum=1),
        Parameter(
            name="guidance",
            kind="number",
            help="How much the prompt counts; 1: no classifier-free guidance.",
            default=7.5,
            minimum=1,
        ),
        Parameter(
            name="strength",
            kind="number",
            help="How noisy the hole's content is at first; at 1 nothing is left of it.",
            default=1.0,
            minimum=0.01,
            maximum=1,
        ),
        Parameter(
            name="size",
            kind="integer",
            help="Side in pixels to which pictures are resized for it; 0: that of its training.",
            default=0,
            minimum=0,
        ),
    ),
    reference="R. Rombach et al., High-resolution image synthesis with latent diffusion models, CVPR 2022",
    licence="that of the weights",
    notes="Needs diffusers and transformers: pip install 'inpaintbench[diffusers]'. Nothing is downloaded.",
)

_COLOURS = ("unit", "signed", "levels")

_CONVENTIONS = (
    Parameter(
        name="colours",
        kind="text",
        help="The range of the picture that it takes: unit is [0, 1], signed [-1, 1], levels [0, 255].",
        default="unit",
        choices=_COLOURS,
    ),
    Parameter(
        name="hole_value", kind="number", help="What missing pixels of that picture hold, in its range.", default=0.0
    ),
    Parameter(
        name="mask",
        kind="text",
        help="What 1 means in the mask that it takes; the other is 0.",
        default="missing",
        choices=("missing", "known"),
    ),
    Parameter(
        name="order",
        kind="text",
        help="Which of its inputs comes first.",
        default="image_mask",
        choices=("image_mask", "mask_image"),
    ),
    Parameter(
        name="joined", kind="boolean", help="Whether both are one input of four channels, in that order.", default=False
    ),
    Parameter(
        name="output_colours",
        kind="text",
        help="The range of the picture that it returns.",
        default="unit",
        choices=_COLOURS,
    ),
    Parameter(
        name="output", kind="integer", help="Which of its outputs is that picture, from 0.", default=0, minimum=0
    ),
    Parameter(
        name="size",
        kind="integer",
        help="Side in pixels of the squares to which pictures are resized for it; 0: their own, or a declared one.",
        default=0,
        minimum=0,
    ),
    Parameter(
        name="multiple_of",
        kind="integer",
        help="Pictures are mirrored at two borders until their sides are divisible by this.",
        default=1,
        minimum=1,
    ),
    Parameter(name="batched", kind="boolean", help="Whether it is given several pictures at once.", default=False),
)

_PRESETS: dict[str, dict[str, Value]] = {
    "plain": {},
    "lama": {"multiple_of": 8},
    "mat": {"colours": "signed", "mask": "known", "output_colours": "signed", "size": 512},
}

_LAMA_AND_MAT = (
    "R. Suvorov et al., Resolution-robust large mask inpainting with Fourier convolutions, WACV 2022 (preset lama); "
    "W. Li et al., MAT: mask-aware transformer for large hole image inpainting, CVPR 2022 (preset mat)"
)

TORCHSCRIPT = MethodSpec(
    name="torchscript",
    target=f"{_PACKAGE}.torchscript:TorchScript",
    summary="A network in a TorchScript file, such as LaMa's big-lama.pt.",
    parameters=(Parameter(name="path", kind="path", help="The file."), *_CONVENTIONS),
    presets=_PRESETS,
    preset="plain",
    reference=_LAMA_AND_MAT,
    licence="that of the weights",
    notes="A TorchScript file can hold any operation of torch, and is executed: take it from whom you trust.",
)

ONNX = MethodSpec(
    name="onnx",
    target=f"{_PACKAGE}.onnx:Onnx",
    summary="A network in an ONNX file, run by ONNX Runtime.",
    parameters=(
        Parameter(name="path", kind="path", help="The file, or a folder with it and the files of its weights."),
        *_CONVENTIONS,
    ),
    presets=_PRESETS,
    preset="plain",
    reference=_LAMA_AND_MAT,
    licence="that of the weights",
    notes="Needs the package ONNX Runtime: pip install 'inpaintbench[onnx]'.",
)

ADAPTERS = (OPENCV, BIHARMONIC, DEEPINV, DIFFUSERS, TORCHSCRIPT, ONNX)
"""All of them."""
