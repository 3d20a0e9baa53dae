"""What a Context Encoder is shown, and where in the picture its answer belongs.

Pictures are in [0, 1] outside, and in [−1, 1] inside. The hole is filled with the colour that the released code takes
for the mean, and the network is not told where it is. (ImageNet's mean is usually given as 123, 117, 104; the code has
the same levels in another order, which is kept.) What the network predicts is the square of side `predicted` in the
middle; for `network="region"` that is the whole picture.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from inpaintbench.errors import ParameterError

MEAN_COLOUR = (117 / 255, 104 / 255, 123 / 255)
"""What stands in a hole: red, green, blue, in [0, 1]."""


def fill(image: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Return pictures with the mean colour in their holes."""
    return torch.where(hole, image.new_tensor(MEAN_COLOUR).view(3, 1, 1), image)


def to_signed(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Return pictures in [0, 1] as the networks hold them, in [−1, 1]."""
    return 2 * image - 1


def cut(picture: Tensor, predicted: int) -> Tensor:
    """Return the square in the middle of pictures or holes `(b, c, h, w)`: a view."""
    top, left = ((side - predicted) // 2 for side in picture.shape[-2:])
    return picture[..., top : top + predicted, left : left + predicted]


def refuse_holes_beyond(hole: Bool[Tensor, "b 1 h w"], predicted: int) -> None:
    """See to it that all that is missing is predicted.

    Raises:
        ParameterError: if a hole has a pixel outside the square in the middle.
    """
    height, width = hole.shape[-2:]
    if (height, width) == (predicted, predicted):
        return
    beyond = int((hole.sum((1, 2, 3)) > cut(hole, predicted).sum((1, 2, 3))).sum())
    if beyond:
        raise ParameterError(
            f"network=centre predicts the {predicted}×{predicted} pixels in the middle of {width}×{height}, and "
            f"{beyond} of {len(hole)} holes reach beyond. Choose a mask whose holes do not, or network=region."
        )


@torch.no_grad()
def complete(
    generator: nn.Module, predicted: int, image: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 3 h w"]:
    """Return pictures in [0, 1] with the generator's prediction in its square, and what was there elsewhere.

    Args:
        generator: in evaluation mode.
        predicted: side of its square.
        image: pixels in the hole do not matter.
        hole: True = missing.

    Raises:
        ParameterError: if a hole reaches beyond the square.
    """
    refuse_holes_beyond(hole, predicted)
    shown = to_signed(fill(image, hole)).contiguous(memory_format=torch.channels_last)
    prediction = generator(shown)
    completed = image.clone()
    cut(completed, predicted).copy_((prediction + 1) / 2)
    return completed
