"""The losses by which two networks are trained against each other.

Goodfellow et al., "Generative adversarial nets", NIPS 2014, with D(x) the probability that x is real. All take logits,
of which D is the sigmoid: −log D and −log(1 − D) are softplus functions of them, exact where D is nearly 0 or 1.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def discriminator_loss(real: Float[Tensor, "b *_"], generated: Float[Tensor, "b *_"]) -> Float[Tensor, ""]:
    """Return −log D(real) − log(1 − D(generated)), each averaged: 2 log 2 where D tells nothing apart."""
    return F.softplus(-real).mean() + F.softplus(generated).mean()


def adversarial_loss(generated: Float[Tensor, "b *_"]) -> Float[Tensor, ""]:
    """Return −log D(generated), averaged: the non-saturating loss (section 3) of what is to be taken for real."""
    return F.softplus(-generated).mean()
