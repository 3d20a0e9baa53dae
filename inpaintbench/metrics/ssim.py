"""SSIM: structural similarity with a Gaussian window (Wang, Bovik, Sheikh and Simoncelli, 2004).

Computed here and checked against torchmetrics and scikit-image, not computed by torchmetrics, for two
reasons. torchmetrics 1.9 averages over windows that reach beyond the border, into reflected pixels, where
1.4 did not: a number may not depend on a library's version. And in 32-bit floats the variance E[x²] − E[x]²
cancels, so that a bright flat picture scores 0.9976 against itself, while in 64-bit floats torchmetrics'
two-dimensional convolution takes tens of times as long on a CPU as the separable one below.
"""

import math

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from inpaintbench.metrics.chunks import in_chunks

WINDOW = 11
"""Pixels along a side of the window; in a smaller picture SSIM is undefined."""

SIGMA = 1.5
K1, K2 = 0.01, 0.03

_CHUNK_PIXELS = 2**18
"""A pixel takes about 0.5 kB of working memory: fifteen moments in 64-bit floats, and their products."""


def ssim(composite: Float[Tensor, "b 3 h w"], image: Float[Tensor, "b 3 h w"]) -> Float64[Tensor, " b"]:
    """Return each image's structural similarity: the mean over the windows inside it and over the channels.

    Equals `skimage.metrics.structural_similarity` with `gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=1`.

    Args:
        composite: in [0, 1].
        image: the ground truth, likewise.

    Returns:
        At most 1, on the CPU; NaN where height or width is below `WINDOW`.
    """
    if min(image.shape[2:]) < WINDOW:
        return torch.full((len(image),), math.nan, dtype=torch.float64)
    if image.device.type == "mps":  # it has no 64-bit floats
        composite, image = composite.cpu(), image.cpu()
    return in_chunks(_mean_ssim, composite.double(), image.double(), pixels=_CHUNK_PIXELS).cpu()


class SSIM:
    """Metric `ssim`: `ssim` over the whole image."""

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image."""
        return ssim(composite, image)


def _mean_ssim(x: Float64[Tensor, "b 3 h w"], y: Float64[Tensor, "b 3 h w"]) -> Float64[Tensor, " b"]:
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = _windowed_mean(torch.stack([x, y, x * x, y * y, x * y]))
    squares = mean_x.square() + mean_y.square()
    product = 2 * mean_x * mean_y
    variances = mean_xx + mean_yy - squares  # σx² + σy²
    covariance = 2 * mean_xy - product  # 2 σxy
    c1, c2 = K1**2, K2**2  # times the data range, 1, squared
    similarity: Tensor = (product + c1) * (covariance + c2) / ((squares + c1) * (variances + c2))
    return similarity.mean(dim=(1, 2, 3))


def _windowed_mean(values: Float64[Tensor, "m b 3 h w"]) -> Float64[Tensor, "m b 3 h-10 w-10"]:
    """Return the Gaussian-weighted mean of each window inside the image: along rows, then columns."""
    distances = range(-(WINDOW // 2), WINDOW // 2 + 1)
    weights = [math.exp(-((d / SIGMA) ** 2) / 2) for d in distances]
    for dim in (-1, -2):
        length = values.shape[dim] - WINDOW + 1
        mean = torch.zeros_like(values.narrow(dim, 0, length))
        for start, weight in enumerate(weights):
            mean.add_(values.narrow(dim, start, length), alpha=weight / sum(weights))
        values = mean
    return values
