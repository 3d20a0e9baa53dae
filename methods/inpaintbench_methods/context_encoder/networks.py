"""The networks of the Context Encoder: which layers, in which order, how wide.

After Pathak et al., CVPR 2016, section 3, and the networks that were released with it (train.lua, train_random.lua).
All follow from one rule: a map of side 4 has 8 channels for each of `width`, a map of side 8 has 4, of side 16 two, and
larger ones have one. The **encoder** halves the picture until its side is 4; the **decoder** doubles that until it is
the side of what is predicted: the whole picture (`network="region"`), or the square of half its side in the middle
(`"centre"`). The **discriminator** is that of DCGAN for pictures of the predicted side.

Between encoder and decoder every place has to learn of every other one:

- `link="bottleneck"`, as released: a convolution over the whole 4×4 map makes a vector of it, and a transposed one a
  map of the vector. Both are written as the linear layers that they are, which a CPU computes four times as fast.
- `link="channelwise"`, as the paper's section 3.1 has it: within each channel a fully connected layer from its 16
  numbers to 16, then a 1×1 convolution across channels. It is a convolution of 4×4 in groups of one channel, whose 16
  outputs are laid out as a map.

No convolution has a bias: the released code sets them to zero before each step. At 128 pixels the networks are the
released ones; those for 64 and 32 have a level fewer each time.
"""

from dataclasses import dataclass

from torch import nn

from inpaintbench.errors import ParameterError

SIDE = 4
"""Of the innermost map."""

SLOPE = 0.2
"""Of LeakyReLU below 0, in encoder and discriminator."""


@dataclass(frozen=True)
class Architecture:
    """Everything that decides about the layers.

    Attributes:
        size: side of the pictures: a power of two, at least 16.
        network: `region` or `centre`.
        width: channels of the outermost map.
        bottleneck: length of the vector of `link="bottleneck"`.
        link: `bottleneck` or `channelwise`.
    """

    size: int
    network: str = "region"
    width: int = 64
    bottleneck: int = 4000
    link: str = "bottleneck"

    def __post_init__(self) -> None:
        """Refuse a size that halving does not lead from to 4.

        Raises:
            ParameterError: if it is no power of two, or below 16.
        """
        if self.size < 4 * SIDE or self.size & (self.size - 1):
            raise ParameterError(
                f"A Context Encoder for {self.size}×{self.size} pixels is not possible: its layers halve the side "
                "until it is 4. Choose 32, 64 or 128."
            )

    @property
    def predicted(self) -> int:
        """Side of the square that the generator predicts, in the middle of the picture."""
        return self.size // 2 if self.network == "centre" else self.size

    def channels(self, side: int) -> int:
        """Return how many channels a map of this side has."""
        return self.width * max(1, 8 * SIDE // side)


def build_generator(architecture: Architecture) -> nn.Sequential:
    """Return encoder, link and decoder: `(b, 3, size, size)` to `(b, 3, predicted, predicted)`, both in [−1, 1]."""
    channels, side, inner = architecture.channels, architecture.size, architecture.channels(SIDE)
    layers: list[nn.Module] = []
    while side > SIDE:
        side //= 2
        layers += _halve(3, channels(side), norm=False) if not layers else _halve(channels(2 * side), channels(side))
    layers += _channelwise(inner) if architecture.link == "channelwise" else _squeeze(inner, architecture.bottleneck)
    while 2 * side < architecture.predicted:
        layers += _double(channels(side), channels(2 * side))
        side *= 2
    return nn.Sequential(*layers, nn.ConvTranspose2d(channels(side), 3, 4, 2, 1, bias=False), nn.Tanh())


def build_discriminator(architecture: Architecture) -> nn.Sequential:
    """Return a network from `(b, 3, predicted, predicted)` in [−1, 1] to logits `(b, 1, 1, 1)`: above 0 means real."""
    channels, side = architecture.channels, architecture.predicted // 2
    layers = _halve(3, channels(side), norm=False)
    while side > SIDE:
        side //= 2
        layers += _halve(channels(2 * side), channels(side))
    return nn.Sequential(*layers, nn.Conv2d(channels(side), 1, SIDE, bias=False))


def _halve(before: int, after: int, *, norm: bool = True) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, 4, 2, 1, bias=False)
    return [convolution, *([nn.BatchNorm2d(after)] if norm else []), nn.LeakyReLU(SLOPE, inplace=True)]


def _double(before: int, after: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]


def _squeeze(channels: int, bottleneck: int) -> list[nn.Module]:
    return [
        nn.Flatten(),
        nn.Linear(SIDE * SIDE * channels, bottleneck, bias=False),
        nn.BatchNorm1d(bottleneck),
        nn.LeakyReLU(SLOPE, inplace=True),
        nn.Linear(bottleneck, SIDE * SIDE * channels, bias=False),
        nn.Unflatten(1, (channels, SIDE, SIDE)),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    ]


def _channelwise(channels: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, SIDE * SIDE * channels, SIDE, groups=channels, bias=False),
        nn.PixelShuffle(SIDE),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    ]
