"""The reconstruction loss of the Context Encoder: a weighted squared error.

Pathak et al., CVPR 2016, section 3.2: L = λ_rec L_rec + λ_adv L_adv, with λ_adv = 0.001 and λ_rec = 1 − λ_adv. The
adversarial losses are those of `inpaintbench.training`.

The paper's L_rec (its equation 1) counts the hole alone, but lets the prediction overlap the known pixels beside it,
which then count ten times, so that it joins them without a seam. The released code predicts a square whose outer ring,
`overlap` pixels wide, is known. For holes of any shape we count ten times every known pixel of the predicted square
that is at most `overlap` rows and columns away from a hole; for a square hole in a square that is `overlap` larger on
each side, that is the released ring. Known pixels farther away exist only where more is predicted: they count
`known`; the released network for random regions weighs all pixels of the picture alike (overlap 0, known 1).

As in the released code, the mean is over all predicted pixels and channels, whatever they weigh, of values in [−1, 1].
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

RING = 10.0
"""How much a known pixel beside a hole counts, of 1 for one in it."""


def pixel_weights(hole: Bool[Tensor, "b 1 h w"], overlap: int, known: float) -> Float[Tensor, "b 1 h w"]:
    """Return how much each pixel counts: 1 in the hole, `RING` beside it, `known` elsewhere.

    Args:
        hole: True = missing.
        overlap: how many rows and columns from the hole "beside it" reaches.
        known: of all other pixels.
    """
    missing = hole.float()
    near = F.max_pool2d(missing, 2 * overlap + 1, stride=1, padding=overlap)
    return torch.where(hole, 1.0, known + (RING - known) * near)


def weighted_l2(
    predicted: Float[Tensor, "b 3 h w"], truth: Float[Tensor, "b 3 h w"], weights: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """Return L_rec: the mean over all values of weight times squared error."""
    return (weights * (predicted - truth).square()).mean()
