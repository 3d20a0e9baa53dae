"""The metrics of scoring protocol 1, as a table of contents. Listing them imports no torch."""

from __future__ import annotations

from inpaintbench import hookimpl
from inpaintbench.api import MetricSpec, Parameter
from inpaintbench.metrics.protocol import PROTOCOL

__all__ = ["PROTOCOL", "register_metrics"]

PSNR = MetricSpec(
    name="psnr",
    target="inpaintbench.metrics.pixelwise:PSNR",
    summary="Peak signal-to-noise ratio over the whole image, from 8-bit levels.",
    unit="dB",
    higher_is_better=True,
    decimals=2,
    label="PSNR",
    identity=100.0,
    default=True,
    ranked=True,
    notes="Data range 1; the mean squared error is that of one image over all pixels and channels. Capped at "
    "100 dB, which is what identical pictures get.",
)
SSIM = MetricSpec(
    name="ssim",
    target="inpaintbench.metrics.ssim:SSIM",
    summary="Structural similarity over the whole image, with an 11×11 Gaussian window.",
    higher_is_better=True,
    decimals=4,
    label="SSIM",
    identity=1.0,
    default=True,
    ranked=True,
    reference="Wang, Bovik, Sheikh and Simoncelli, Image Quality Assessment: From Error Visibility to "
    "Structural Similarity, IEEE Transactions on Image Processing 13(4), 2004",
    notes="Sigma 1.5, K1 = 0.01, K2 = 0.03, data range 1, population covariances; mean over the colour channels "
    "and over the windows that lie wholly inside the image. Undefined for images below 11 pixels in height or width.",
)
LPIPS = MetricSpec(
    name="lpips",
    target="inpaintbench.metrics.lpips:LPIPS",
    summary="Learned perceptual distance over the whole image, in the features of a named backbone.",
    parameters=(
        Parameter(
            name="net",
            kind="text",
            default="squeeze",
            choices=("alex", "vgg", "squeeze"),
            help="The backbone; numbers of different backbones cannot be compared.",
            always_shown=True,
        ),
    ),
    requires="inpaintbench.metrics.backbones:required_weights",
    higher_is_better=False,
    decimals=4,
    label="LPIPS ({net})",
    identity=0.0,
    default=True,
    ranked=True,
    reference="Zhang, Isola, Efros, Shechtman and Wang, The Unreasonable Effectiveness of Deep Features as a "
    "Perceptual Metric, CVPR 2018",
    licence="BSD-2-Clause (lpips), BSD-3-Clause (torchvision's weights)",
    notes="Version 0.1 of the linear layers; input scaled to [-1, 1], not resized; in 32-bit floating point. "
    "Undefined for images below 31 (alex), 16 (vgg) or 17 (squeeze) pixels in height or width.",
)
L1 = MetricSpec(
    name="l1",
    target="inpaintbench.metrics.pixelwise:L1",
    summary="Mean absolute error over the whole image, in per cent of the data range.",
    unit="%",
    higher_is_better=False,
    decimals=3,
    label="L1",
    identity=0.0,
    default=True,
    notes="Divide by 100 for units of [0, 1].",
)
HOLE_PSNR = MetricSpec(
    name="psnr_hole",
    target="inpaintbench.metrics.pixelwise:HolePSNR",
    summary="Peak signal-to-noise ratio over the hole's pixels alone.",
    unit="dB",
    higher_is_better=True,
    decimals=2,
    label="PSNR (hole)",
    identity=100.0,
    default=True,
    notes="Below PSNR by exactly -10 log10 of the hole's share of the image, where neither is capped at "
    "100 dB. Undefined for an empty hole.",
)
HOLE_L1 = MetricSpec(
    name="l1_hole",
    target="inpaintbench.metrics.pixelwise:HoleL1",
    summary="Mean absolute error over the hole's pixels alone, in per cent of the data range.",
    unit="%",
    higher_is_better=False,
    decimals=3,
    label="L1 (hole)",
    identity=0.0,
    default=True,
    notes="Divide by 100 for units of [0, 1]. Undefined for an empty hole.",
)

TORCHMETRICS = MetricSpec(
    name="torchmetrics",
    target="inpaintbench.metrics.library:TorchmetricsFunction",
    version=2,
    summary="A further full-reference metric, as the installed torchmetrics computes it.",
    parameters=(
        Parameter(
            name="function",
            kind="text",
            choices=(
                "multiscale_structural_similarity_index_measure",
                "spatial_correlation_coefficient",
                "structural_similarity_index_measure",
                "universal_image_quality_index",
                "visual_information_fidelity",
            ),
            help="Its name in torchmetrics.functional.image.",
            always_shown=True,
        ),
    ),
    higher_is_better=True,
    decimals=4,
    label="{function}",
    identity=1.0,
    symmetric=False,
    licence="Apache-2.0 (torchmetrics)",
    notes="No part of the scoring protocol: the library's conventions, such as its treatment of borders, have "
    "changed between versions. The version is stored with each cell. Pictures go to it in [0, 1]; to the universal "
    "quality index and visual information fidelity in levels from 0 to 255, for which their constants are made.",
)


@hookimpl
def register_metrics() -> list[MetricSpec]:
    """Return the metrics in the order in which tables show them."""
    return [PSNR, SSIM, LPIPS, L1, HOLE_PSNR, HOLE_L1, TORCHMETRICS]
