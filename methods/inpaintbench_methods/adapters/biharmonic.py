"""Biharmonic inpainting as in scikit-image: Δ²x = 0 in the hole, so that values and slopes go on smoothly.

S. B. Damelin and N. S. Hoang, "On surface completion and image inpainting by biharmonic functions: numerical
aspects", International Journal of Mathematics and Mathematical Sciences, 2018. scikit-image solves the linear system
directly, with stencils that are cut off at the picture's border, and clips each channel to the range of its known
pixels.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from inpaintbench import ops
from inpaintbench.api import Batch


class Biharmonic:
    """Calls `skimage.restoration.inpaint_biharmonic` for one picture after the other, in double precision, on the CPU.

    A picture of which nothing is known comes out mid-grey.
    """

    def complete(self, batch: Batch) -> Float[Tensor, "b 3 h w"]:
        """Return completions in [0, 1]."""
        pairs = zip(batch.corrupted.cpu(), batch.hole.cpu(), strict=True)
        filled = [_fill(corrupted, hole[0]) for corrupted, hole in pairs]
        return torch.stack(filled).to(batch.corrupted.device)


def _fill(corrupted: Float[Tensor, "3 h w"], hole: Bool[Tensor, "h w"]) -> Float[Tensor, "3 h w"]:
    from skimage.restoration import inpaint_biharmonic

    if not hole.any():
        return corrupted
    if hole.all():
        return torch.full_like(corrupted, ops.NEUTRAL)
    solved = inpaint_biharmonic(corrupted.permute(1, 2, 0).double().numpy(), hole.numpy(), channel_axis=-1)
    return torch.from_numpy(solved).permute(2, 0, 1).to(corrupted.dtype)
