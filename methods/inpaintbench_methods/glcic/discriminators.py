"""The discriminators of GLCIC: one sees the picture, one the patch around the hole; together they give one answer.

Iizuka et al., SIGGRAPH 2017, section 3.3 and table 2. Each is a row of 5×5 convolutions of stride 2 with batch
normalisation and ReLU, and a fully connected layer to 1024 numbers. What both have found is joined, and one more fully
connected layer makes one number of it.

By rule, a picture of side s is halved round(log₂(s / 4)) times, which leaves a map of 3 to 6 pixels a side: six times
at 256 and five at 128, as in the paper, five at 160, as in a well-known port, four at 64. Channels double from `width`
to 8 of it. The fully connected layers have 16 numbers for each of `width`, 1024 at 64.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

INNERMOST = 4
"""Side of the last map, where halving leads there."""


class ContextDiscriminator(nn.Module):
    """D: tells pictures from completed ones by the whole and by the patch around the hole.

    Args:
        size: side of the pictures; patches have half of it.
        width: channels of each first convolution.
    """

    def __init__(self, size: int, width: int = 64) -> None:
        super().__init__()
        self.whole = build_branch(size, width)
        self.local = build_branch(size // 2, width)
        self.join = nn.Linear(2 * features(width), 1)

    def forward(self, image: Float[Tensor, "b 3 h w"], patch: Float[Tensor, "b 3 h2 w2"]) -> Float[Tensor, " b"]:
        """Return one logit a picture: above 0 means real.

        Args:
            image: in [0, 1].
            patch: its part around the hole.
        """
        found = torch.cat([self.whole(image), self.local(patch)], dim=1)
        logit: Tensor = self.join(found)
        return logit[:, 0]


def features(width: int) -> int:
    """Return how many numbers each discriminator makes of its picture: 1024 at width 64."""
    return 16 * width


def build_branch(size: int, width: int) -> nn.Sequential:
    """Return one discriminator up to where they are joined: `(b, 3, size, size)` to `(b, features)`."""
    layers: list[nn.Module] = []
    before, side = 3, size
    for level in range(round(math.log2(size / INNERMOST))):
        after = width * min(2**level, 8)
        layers += [nn.Conv2d(before, after, 5, 2, 2, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
        before, side = after, (side + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * side * side, features(width)), nn.ReLU(inplace=True))
