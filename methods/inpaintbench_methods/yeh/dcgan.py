"""The two networks of DCGAN: which layers, in which order, how wide.

Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial
networks", ICLR 2016, section 3, with the sizes of the Torch code that they released: kernels of 4×4, batch
normalisation but in the generator's last layer and in the discriminator's first and last, ReLU in the generator,
LeakyReLU of slope 0.2 in the discriminator, tanh at the end, no fully connected layers, no biases.

At 64 pixels these are the released networks. For other powers of two there is one layer more or fewer for each
doubling: the largest map, of half the picture's side, always has `width` channels, and each halving of the side down to
4 doubles them.

Both are plain sequences of layers, so that `inpaintbench.training.fold_batch_norms` can take them.
"""

from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from inpaintbench.errors import ParameterError

SIDE = 4
"""Of the smallest map."""

SLOPE = 0.2
"""Of LeakyReLU below 0."""


@dataclass(frozen=True)
class Architecture:
    """Everything that decides about the layers.

    Attributes:
        size: side of the pictures: a power of two, at least 8.
        width: channels of the largest map.
        latent: length of z.
    """

    size: int
    width: int = 64
    latent: int = 100

    def __post_init__(self) -> None:
        """Refuse a size that doubling does not lead to from 4.

        Raises:
            ParameterError: if it is no power of two, or below 8.
        """
        if self.size < 2 * SIDE or self.size & (self.size - 1):
            raise ParameterError(
                f"A DCGAN for {self.size}×{self.size} pixels is not possible: its layers double the side from {SIDE} "
                "on. Expected a power of two, at least 8; sizes that can be trained are 32, 64 and 128."
            )

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of the maps between the layers, from the smallest map to the largest: 512, 256, 128, 64."""
        halvings = (self.size // SIDE).bit_length() - 2
        return tuple(self.width << halving for halving in range(halvings, -1, -1))


def build_generator(architecture: Architecture) -> nn.Sequential:
    """Return G: from z `(b, latent)` in [−1, 1] to pictures `(b, 3, size, size)` in [−1, 1]."""
    channels = architecture.channels
    layers: list[nn.Module] = [
        nn.Unflatten(1, (architecture.latent, 1, 1)),
        nn.ConvTranspose2d(architecture.latent, channels[0], SIDE, bias=False),
        nn.BatchNorm2d(channels[0]),
        nn.ReLU(inplace=True),
    ]
    for before, after in pairwise(channels):
        layers += [
            nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers, nn.ConvTranspose2d(channels[-1], 3, 4, stride=2, padding=1, bias=False), nn.Tanh())


def build_discriminator(architecture: Architecture) -> nn.Sequential:
    """Return D before its sigmoid: from pictures `(b, 3, size, size)` in [−1, 1] to logits `(b,)`."""
    channels = architecture.channels[::-1]
    layers: list[nn.Module] = [
        nn.Conv2d(3, channels[0], 4, stride=2, padding=1, bias=False),
        nn.LeakyReLU(SLOPE, inplace=True),
    ]
    for before, after in pairwise(channels):
        layers += [
            nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(SLOPE, inplace=True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, SIDE, bias=False), nn.Flatten(0))
