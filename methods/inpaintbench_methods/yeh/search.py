"""The latent search: which z makes the generator continue the known pixels?

Yeh et al., CVPR 2017, section 3: ẑ = argmin_z L_c(z) + L_p(z), by Adam on z, which is clipped to [−1, 1] after each
step. All starts of all pictures are one batch: with normalisation by fixed statistics and losses that are summed, each
goes its own way, as if it were alone.

The paper does not state Adam's rate for z. Two things are not in the paper, and not done unless asked for:

- `clip="stochastic"`: coordinates that leave [−1, 1] are drawn anew from it (Lipton and Tripathi, "Precise recovery of
  latent vectors from generative adversarial networks", 2017), where hard clipping holds them at ±1.
- `restarts`: several starts a picture, of which the one with the lowest L_c is kept: the loss on the known pixels. It
  does not know what a hole hides.

Only z changes. So the networks are frozen, with their normalisations folded, and a step costs two passes forward and
two back, to z alone. Where `autocast` chooses bfloat16 (on CUDA), the networks compute in it; z and the losses stay
float32. On CUDA the step is recorded as a CUDA graph. What is returned is computed from ẑ in float32 on every device.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from inpaintbench.seeding import derive_seed
from inpaintbench.training import autocast
from inpaintbench_methods.yeh.losses import context_loss, prior_loss
from inpaintbench_methods.yeh.recording import recorded

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam."""

PART_ON_CPU = 2**16
"""Pixels searched together on a CPU: 16 pictures of 64×64, whose activations a last-level cache holds."""

PART_ELSEWHERE = 2**24
"""Pixels searched together elsewhere: 4096 pictures of 64×64, which take some 4 GiB at width 64."""

DRAWN_AT_ONCE = 64
"""Steps for which stochastic clipping draws at once."""


@dataclass(frozen=True)
class Settings:
    """How to search.

    Attributes:
        iterations: steps of Adam.
        rate: of Adam.
        restarts: starts a picture.
        prior: λ.
        clip: `hard` or `stochastic`.
    """

    iterations: int = 1500
    rate: float = 0.03
    restarts: int = 1
    prior: float = 0.003
    clip: str = "hard"


@dataclass(frozen=True)
class Networks:
    """G and D: frozen, in evaluation mode.

    Attributes:
        generator: from z to pictures in [−1, 1].
        discriminator: from pictures to logits.
        latent: length of z.
    """

    generator: nn.Module
    discriminator: nn.Module
    latent: int

    def __call__(self, z: Float[Tensor, "b latent"]) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, " b"]]:
        """Return G(z), and the logits of D(G(z))."""
        image = self.generator(z)
        return image, self.discriminator(image)

    def quick(self, device: torch.device) -> "Networks":
        """Return what to search with: weights in the format to which `autocast` would convert them at each step."""
        with autocast(device):
            if not torch.is_autocast_enabled(device.type):
                return self
            dtype = torch.get_autocast_dtype(device.type)
        generator, discriminator = (copy.deepcopy(net).to(dtype) for net in (self.generator, self.discriminator))
        return Networks(generator, discriminator, self.latent)


@dataclass(frozen=True)
class Found:
    """What a search has found, picture by picture.

    Attributes:
        z: ẑ.
        image: G(ẑ), in [−1, 1].
        context: L_c(ẑ).
        prior: L_p(ẑ).
    """

    z: Float[Tensor, "n latent"]
    image: Float[Tensor, "n 3 h w"]
    context: Float[Tensor, " n"]
    prior: Float[Tensor, " n"]

    @classmethod
    def join(cls, parts: "Sequence[Found]") -> "Found":
        """Return what was found in several parts as one."""
        return cls(*(torch.cat(values) for values in zip(*(vars(part).values() for part in parts), strict=True)))

    def select(self, starts: Int64[Tensor, " n"]) -> "Found":
        """Return some of them."""
        return Found(*(value[starts] for value in vars(self).values()))


class Draws:
    """What is random in the search from one start: decided by its seed alone, not by the batch."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def uniform(self, *shape: int) -> Tensor:
        """Return the next numbers from U[−1, 1], on the CPU."""
        return 2 * torch.rand(shape, generator=self._generator) - 1


def search(
    networks: Networks,
    known: Float[Tensor, "n 3 h w"],
    weights: Float[Tensor, "n 1 h w"],
    seeds: Sequence[int],
    settings: Settings,
) -> Found:
    """Search for the z of each picture.

    Args:
        networks: on the pictures' device.
        known: y, in [−1, 1]; what it holds where the weights are 0 does not matter, unless it is no number.
        weights: W. Where it is 0 everywhere, the prior alone decides.
        seeds: one a picture; they decide where its searches start.
        settings: how.
    """
    n, _, height, width = known.shape
    draws = [Draws(derive_seed("latent search", seed, start)) for seed in seeds for start in range(settings.restarts)]
    images = torch.arange(n, device=known.device).repeat_interleave(settings.restarts)
    pixels = PART_ON_CPU if known.device.type == "cpu" else PART_ELSEWHERE
    count = max(1, pixels // (height * width))
    parts = (slice(first, first + count) for first in range(0, len(draws), count))
    found = Found.join(
        [_search(networks, known[images[part]], weights[images[part]], draws[part], settings) for part in parts]
    )
    best = found.context.nan_to_num(torch.inf).view(n, settings.restarts).argmin(1)
    return found.select(torch.arange(n, device=best.device) * settings.restarts + best)


def _search(
    networks: Networks,
    known: Float[Tensor, "b 3 h w"],
    weights: Float[Tensor, "b 1 h w"],
    draws: Sequence[Draws],
    settings: Settings,
) -> Found:
    """Search from one start a picture."""
    device = known.device
    known = known.contiguous(memory_format=torch.channels_last)
    z = torch.stack([start.uniform(networks.latent) for start in draws]).to(device).requires_grad_()
    quick = networks.quick(device)

    def losses(image: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        return context_loss(image.float(), known, weights), prior_loss(logits.float(), settings.prior)

    def objective() -> Tensor:
        with autocast(device):
            image, logits = quick(z)
        context, prior = losses(image, logits)
        return (context + prior).sum()

    with torch.enable_grad():
        minimise(objective, z, draws, settings)
    with torch.no_grad():
        image, logits = networks(z)
        return Found(z.detach(), image, *losses(image, logits))


def minimise(
    objective: Callable[[], Float[Tensor, ""]],
    z: Float[Tensor, "b latent"],
    draws: Sequence[Draws],
    settings: Settings,
) -> None:
    """Minimise an objective by Adam (Kingma and Ba, ICLR 2015, algorithm 1), with z clipped after each step.

    It is written out here because all its tensors must keep their places for a step to be recorded.

    Args:
        objective: a sum over pictures, of z as it is when this is called.
        z: where the search starts, and afterwards where it has ended; it requires gradients.
        draws: one a picture; for stochastic clipping.
        settings: how.
    """
    t, m, v, anew = z.new_zeros(()), torch.zeros_like(z), torch.zeros_like(z), torch.zeros_like(z)

    def step() -> None:
        (gradient,) = torch.autograd.grad(objective(), z)
        with torch.no_grad():
            t.add_(1)
            m.lerp_(gradient, 1 - BETA_1)
            v.lerp_(gradient.square(), 1 - BETA_2)
            m_hat = m / -torch.expm1(t * math.log(BETA_1))
            v_hat = v / -torch.expm1(t * math.log(BETA_2))
            z.sub_(settings.rate * m_hat / (v_hat.sqrt() + EPSILON))
            if settings.clip == "stochastic":
                z.copy_(torch.where(z.abs() > 1, anew, z))
            else:
                z.clamp_(-1, 1)

    numbers = _draw_in_blocks(draws, z)
    with recorded(step, z.device) as advance:
        for _ in range(settings.iterations):
            if settings.clip == "stochastic":
                anew.copy_(next(numbers))
            advance()


def _draw_in_blocks(draws: Sequence[Draws], z: Float[Tensor, "b latent"]) -> Iterator[Float[Tensor, "b latent"]]:
    """Yield numbers from U[−1, 1] for each coordinate of z, step by step."""
    while True:
        block = [start.uniform(DRAWN_AT_ONCE, z.shape[1]) for start in draws]
        yield from torch.stack(block, dim=1).to(z.device)
