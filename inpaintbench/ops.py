"""Operations on pictures and holes that the harness and plugins share. Torch only; batched; on any device."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

NEUTRAL = 0.5
"""What stands for a picture of which no pixel is known: mid-grey."""


def composite(
    completion: Float[Tensor, "b 3 h w"],
    known: Float[Tensor, "b 3 h w"],
    hole: Bool[Tensor, "b 1 h w"],
) -> Float[Tensor, "b 3 h w"]:
    """Return the completion inside the hole and the known pixels, bit for bit, outside."""
    return torch.where(hole, completion, known)


def corrupt(image: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Return the image with its hole pixels set to 0."""
    return image.masked_fill(hole, 0.0)


def to_levels(image: Float[Tensor, "b 3 h w"]) -> Int[Tensor, "b 3 h w"]:
    """Round a picture in [0, 1] to the 8-bit levels 0 … 255 that a saved file would hold, as int32."""
    return torch.floor(image * 255 + 0.5).to(torch.int32)


def round_to_8_bits(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Round a picture in [0, 1] to multiples of 1/255, which is what saving and loading leaves of it."""
    return to_levels(image).to(image.dtype) / 255


def known_mean(corrupted: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 1 1"]:
    """Return each image's mean colour over its known pixels; mid-grey where none is known."""
    known = (~hole).sum(dim=(2, 3), keepdim=True)
    total = corrupted.masked_fill(hole, 0.0).sum(dim=(2, 3), keepdim=True)
    return torch.where(known > 0, total / known.clamp(min=1), NEUTRAL)
