"""PSNR and L1, over the image and over the hole: exact, from 8-bit levels.

Both pictures hold multiples of 1/255, hence an error is a whole number of levels, and the sum of errors
over an image a whole number that no order of summation changes. Only these sums leave the device; a
division and a logarithm in Python's 64-bit floats make the result, which is therefore the same to the last
bit on every device, with any number of threads and in any batch.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from inpaintbench.ops import to_levels

PSNR_CAP = 100.0
"""The largest PSNR in dB, and that of identical pictures, whose ratio is infinite: the mean over a whole
data set would be infinite with it. One level's error in one value of a 64×64 image is 89.03 dB; only in
images of 227×227 pixels and more are there errors so small that they reach the cap."""

_LEVELS = 255


def psnr(
    composite: Float[Tensor, "b 3 h w"],
    image: Float[Tensor, "b 3 h w"],
    region: Bool[Tensor, "b 1 h w"] | None = None,
) -> Float64[Tensor, " b"]:
    """Return each image's peak signal-to-noise ratio: 10 log10(1 / mean squared error), at most `PSNR_CAP`.

    Args:
        composite: in [0, 1]; taken at the nearest 8-bit levels.
        image: the ground truth, likewise.
        region: the pixels that count, each with its three channels; None for all.

    Returns:
        dB, on the CPU; NaN where the region is empty.

    >>> image = torch.zeros(1, 3, 1, 1)
    >>> psnr(image + 0.2, image)  # 51 of 255 levels: 20 log10(5)
    tensor([13.9794], dtype=torch.float64)
    """
    return _from_sums(_decibels, _errors(composite, image).square(), region)


def l1(
    composite: Float[Tensor, "b 3 h w"],
    image: Float[Tensor, "b 3 h w"],
    region: Bool[Tensor, "b 1 h w"] | None = None,
) -> Float64[Tensor, " b"]:
    """Return the mean absolute error of each image, in per cent of the data range. Arguments as for `psnr`.

    >>> image = torch.zeros(1, 3, 1, 1)
    >>> l1(image + 0.2, image)  # 51 of 255 levels
    tensor([20.], dtype=torch.float64)
    """
    return _from_sums(_percent, _errors(composite, image), region)


class PSNR:
    """Metric `psnr`: `psnr` over the whole image, in dB."""

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image."""
        return psnr(composite, image)


class HolePSNR:
    """Metric `psnr_hole`: `psnr` over the hole alone, in dB; NaN without a hole."""

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image."""
        return psnr(composite, image, region=hole)


class L1:
    """Metric `l1`: `l1` over the whole image, in per cent."""

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image."""
        return l1(composite, image)


class HoleL1:
    """Metric `l1_hole`: `l1` over the hole alone, in per cent; NaN without a hole."""

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image."""
        return l1(composite, image, region=hole)


def _errors(composite: Float[Tensor, "b 3 h w"], image: Float[Tensor, "b 3 h w"]) -> Int[Tensor, "b 3 h w"]:
    return (to_levels(composite) - to_levels(image)).abs()


def _from_sums(
    number: Callable[[int, int], float],
    errors: Int[Tensor, "b 3 h w"],
    region: Bool[Tensor, "b 1 h w"] | None,
) -> Float64[Tensor, " b"]:
    """Return `number(sum of errors, count of values)` for each image; NaN where nothing counts."""
    if region is None:
        counts = [math.prod(errors.shape[1:])] * len(errors)
    else:
        errors = errors.masked_fill(~region, 0)
        counts = (3 * region.sum(dim=(1, 2, 3))).tolist()
    totals = errors.sum(dim=(1, 2, 3), dtype=torch.int64).tolist()
    numbers = [number(total, count) if count else math.nan for total, count in zip(totals, counts, strict=True)]
    return torch.tensor(numbers, dtype=torch.float64)


def _decibels(total: int, count: int) -> float:
    return min(PSNR_CAP, 10 * math.log10(_LEVELS**2 * count / total)) if total else PSNR_CAP


def _percent(total: int, count: int) -> float:
    return 100 * total / (_LEVELS * count)
