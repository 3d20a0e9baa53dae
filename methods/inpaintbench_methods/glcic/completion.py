"""The completion network of GLCIC: 17 convolutions that see a picture with a hole, and answer with a whole picture.

Iizuka, Simo-Serra and Ishikawa, "Globally and locally consistent image completion", SIGGRAPH 2017, section 3.2 and
table 1. The picture is halved twice, so that a pixel of the result can depend on one far away; four dilated
convolutions in the middle widen that view to some 300 pixels a side; and two transposed convolutions bring the size
back. Every convolution but the last is followed by batch normalisation and ReLU, in this order (a well-known port has
them the other way round); the last by a sigmoid, so that pictures stay in [0, 1].

The input is what the released code makes of picture and hole: the picture less the mean colour of the training
pictures, 0 in the hole, and the hole itself as a fourth channel. The mean is a buffer of the network. At `width=64`
these are the paper's channels; other widths scale them all.

Deviation: a side that is no multiple of 4 is padded to the next one, by its last row or column of picture and hole, and
the result is cut back; the released code resizes the picture in place of that.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from inpaintbench.ops import NEUTRAL

STRIDE = 4
"""How much smaller the innermost map is than the picture."""

DILATIONS = (2, 4, 8, 16)


class CompletionNetwork(nn.Module):
    """C(x, M_c): completes pictures of any size.

    Attributes:
        layers: the 17 convolutions with what follows each of them, one after the other.
        mean: colour of the training pictures in [0, 1]; mid-grey until the trainer has measured it.
    """

    mean: Tensor

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = build_layers(width)
        self.register_buffer("mean", torch.full((3, 1, 1), NEUTRAL))

    def forward(self, image: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
        """Return whole pictures in [0, 1], which differ from the given ones outside the hole, too.

        Args:
            image: in [0, 1]; what it holds in the hole does not matter.
            hole: True = missing.
        """
        height, width = image.shape[-2:]
        shown = torch.where(hole, 0.0, image - self.mean)
        x = torch.cat([shown, hole.to(shown.dtype)], dim=1)
        x = F.pad(x, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")
        y: Tensor = self.layers(x.contiguous(memory_format=torch.channels_last))
        return y[..., :height, :width]


def build_layers(width: int) -> nn.Sequential:
    """Return the 17 convolutions: `(b, 4, h, w)` to `(b, 3, h, w)` in [0, 1], for sides that are multiples of 4."""
    whole, half, quarter = width, 2 * width, 4 * width  # channels at each resolution
    return nn.Sequential(
        *_convolve(4, whole, kernel=5),
        *_convolve(whole, half, stride=2),
        *_convolve(half, half),
        *_convolve(half, quarter, stride=2),
        *_convolve(quarter, quarter),
        *_convolve(quarter, quarter),
        *(layer for dilation in DILATIONS for layer in _convolve(quarter, quarter, dilation=dilation)),
        *_convolve(quarter, quarter),
        *_convolve(quarter, quarter),
        *_double(quarter, half),
        *_convolve(half, half),
        *_double(half, whole),
        *_convolve(whole, whole // 2),
        nn.Conv2d(whole // 2, 3, 3, padding=1),
        nn.Sigmoid(),
    )


def _convolve(before: int, after: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (kernel // 2)
    convolution = nn.Conv2d(before, after, kernel, stride, padding, dilation, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True)]


def _double(before: int, after: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
