"""GLCIC's optional last step: the completion is blended into the picture across a band in which Telea's filling stands.

The released code fills the hole by Telea's method with radius 1, and then clones the completion into that picture by
OpenCV's `seamlessClone`. That function shrinks the region to be cloned by three pixels on each side, so that a band of
three along the known pixels keeps the destination's gradients, which are Telea's; the border of the picture does not
shrink it. As Poisson blending defines a clone (Pérez et al., SIGGRAPH 2003), the destination
stands as it is outside the region. So:

1. the band becomes Telea's filling;
2. within it, the result has the completion's gradients, and continues the values of the band.

OpenCV solves for all of the picture, the known pixels included, with the picture's border as the only fixed values; the
harness would undo what that does to known pixels. A hole that is nowhere more than six pixels wide is all band: Telea
alone fills it.
"""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from inpaintbench_methods import poisson
from inpaintbench_methods.glcic.telea import telea

BAND = 3
"""Pixels by which the cloned region is smaller than the hole, on each side, at every size of the picture."""

RADIUS = 1
"""Of Telea's method."""


def blend(
    completed: Float[Tensor, "b 3 h w"], known: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 3 h w"]:
    """Return pictures in [0, 1] whose holes hold the completion, its colours moved so that no seam is seen.

    Telea's part is computed on the CPU, one picture after the other.

    Args:
        completed: by the network, in [0, 1].
        known: what it holds in the hole does not matter. A picture of which nothing is known comes back as completed.
        hole: True = missing.
    """
    pictures = known.permute(0, 2, 3, 1).double().cpu().numpy()
    filled = np.stack([telea(picture, one[0]) for picture, one in zip(pictures, hole.cpu().numpy(), strict=True)])
    destination = torch.from_numpy(filled).permute(0, 3, 1, 2).to(known)
    return poisson.blend(completed, destination, inner_part(hole, BAND)).clamp(0, 1)


def inner_part(hole: Bool[Tensor, "b 1 h w"], band: int) -> Bool[Tensor, "b 1 h w"]:
    """Return what of each hole is more than `band` rows or columns away from every known pixel."""
    near = F.max_pool2d((~hole).float(), 2 * band + 1, stride=1, padding=band) > 0
    return hole & ~near
