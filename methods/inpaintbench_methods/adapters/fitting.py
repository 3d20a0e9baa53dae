"""Pictures at the sizes that networks ask for, and their completions at the size of the pictures again."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d, interpolate


def resize_known(
    corrupted: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"], height: int, width: int
) -> tuple[Float[Tensor, "b 3 height width"], Bool[Tensor, "b 1 height width"]]:
    """Resize pictures and holes; no colour comes out of a hole, and the new hole covers all of the old one.

    A new pixel is the mean of the known pixels that bilinear interpolation (with antialiasing) would mix. It is missing
    if any pixel of its cell is, or if nothing known is near.

    Args:
        corrupted: in [0, 1]; what it holds in the hole does not matter.
        hole: True = missing.
        height: of the results.
        width: of the results.

    Returns:
        The pictures, 0 in their holes, and the holes; the arguments themselves where they have this size.
    """
    if hole.shape[-2:] == (height, width):
        return corrupted, hole
    weight = _resize((~hole).to(corrupted.dtype), height, width)
    total = _resize(corrupted.masked_fill(hole, 0), height, width)
    missing = _cover(hole, height, width) | (weight <= 1e-6)
    return (total / weight.clamp(min=1e-6)).masked_fill(missing, 0).clamp(0, 1), missing


def resize(image: Float[Tensor, "b c h w"], height: int, width: int) -> Float[Tensor, "b c height width"]:
    """Resize whole pictures, bilinearly and with antialiasing; those of this size already come back as they are."""
    return image if image.shape[-2:] == (height, width) else _resize(image, height, width)


def pad(values: Float[Tensor, "b c h w"], multiple: int) -> Float[Tensor, "b c height width"]:
    """Mirror pictures at the lower and the right border, until both sides are divisible by `multiple`.

    The border itself is repeated, as in numpy's `symmetric`, and mirrored as often as need be.
    """
    rows, columns = (_mirrored(side, -(-side // multiple) * multiple, values.device) for side in values.shape[-2:])
    return values[..., rows, :][..., columns]


def _mirrored(side: int, longer: int, device: torch.device) -> Tensor:
    """Return which of `side` pixels stands at each of the `longer` places."""
    place = torch.arange(longer, device=device) % (2 * side)
    return torch.minimum(place, 2 * side - 1 - place)


def _resize(values: Tensor, height: int, width: int) -> Tensor:
    return interpolate(values, size=(height, width), mode="bilinear", align_corners=False, antialias=True)


def _cover(hole: Tensor, height: int, width: int) -> Tensor:
    """Return which cells of a grid touch a hole; the cell of a larger grid lies in one pixel or between two."""
    return adaptive_max_pool2d(hole.float(), (height, width)) > 0
