"""The losses of the latent search: a weighted context loss, and a prior loss.

Yeh et al., "Semantic image inpainting with deep generative models", CVPR 2017, section 3.2. Their M is 1 where a pixel
is known; y are the known pixels.

- Equation 4, the importance of a known pixel i: the share of missing pixels in the window N(i) around it,
  W_i = Σ_{j∈N(i)} (1 − M_j) / |N(i)|; in the hole, W_i = 0.
- Equation 3, the context loss: L_c(z) = ‖W ⊙ (G(z) − y)‖₁.
- Equation 5, the prior loss: L_p(z) = λ log(1 − D(G(z))).

Pictures are in [−1, 1] here. N(i) contains i, and at the picture's border it holds the pixels that exist; the paper
does not say, and its code mirrors the picture there. The code that was released first multiplies by the known pixels'
share instead of the missing ones'; this is the paper's weight. L_c is a sum, as in the paper, so that λ weighs less
where more known pixels lie beside holes.

Losses come one number a picture, and are never averaged over a batch: a picture's search does not depend on the others.
"""

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def context_weights(hole: Bool[Tensor, "b 1 h w"], window: int) -> Float[Tensor, "b 1 h w"]:
    """Return W.

    Args:
        hole: True = missing.
        window: side of the square N(i); odd.
    """
    missing = hole.float()
    share = F.avg_pool2d(missing, window, stride=1, padding=window // 2, count_include_pad=False)
    return share.masked_fill(hole, 0.0)


def context_loss(
    generated: Float[Tensor, "b 3 h w"], known: Float[Tensor, "b 3 h w"], weights: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, " b"]:
    """Return L_c of each picture: the sum over pixels and channels.

    Args:
        generated: G(z).
        known: y; what it holds where the weights are 0 does not matter, unless it is no number.
        weights: W.
    """
    return (weights * (generated - known).abs()).sum((1, 2, 3))


def prior_loss(logits: Float[Tensor, " b"], prior: float) -> Float[Tensor, " b"]:
    """Return L_p of each picture, from logits: log(1 − D) is minus their softplus.

    Args:
        logits: of D(G(z)).
        prior: λ.
    """
    return -prior * F.softplus(logits)
