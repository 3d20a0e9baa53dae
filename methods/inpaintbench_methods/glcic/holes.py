"""Holes to train on, and the patches around them that the local discriminator sees.

Iizuka et al., SIGGRAPH 2017: in pictures of 256 pixels each hole is a rectangle with sides of 96 to 128, and the patch
has 128 and the hole in its middle. Here all of them are fractions of the picture's side. Where the hole is near the
picture's border, the patch is moved as far as it must be to lie within the picture.
"""

import torch
from jaxtyping import Bool, Int64, Shaped
from torch import Tensor


def draw_rectangles(
    count: int, size: int, sides: tuple[int, int], generator: torch.Generator
) -> Bool[Tensor, "b 1 h w"]:
    """Return one rectangular hole for each of `count` pictures, each side and the place drawn uniformly.

    Args:
        count: of pictures.
        size: side of the pictures.
        sides: the smallest and the largest side of a hole, in pixels.
        generator: on the CPU, where the holes are.
    """
    smallest, largest = sides
    side = torch.randint(smallest, largest + 1, (2, count, 1), generator=generator)
    start = (torch.rand((2, count, 1), generator=generator) * (size - side + 1)).long()
    place = torch.arange(size)
    rows, columns = (place >= start) & (place < start + side)
    hole: Tensor = (rows[:, :, None] & columns[:, None, :])[:, None]
    return hole


def patch_corners(hole: Bool[Tensor, "b 1 h w"], side: int) -> Int64[Tensor, "b 2"]:
    """Return the top row and the left column of the patch of this side around each hole's bounding box.

    Where hole and patch cannot have one middle, the patch is half a pixel up or to the left.
    """
    return torch.stack([_first(hole[:, 0].any(2), side), _first(hole[:, 0].any(1), side)], dim=1)


def _first(occupied: Bool[Tensor, "b n"], side: int) -> Int64[Tensor, " b"]:
    """Return where a stretch of this length begins whose middle is that of what is occupied."""
    length = occupied.shape[1]
    first = occupied.byte().argmax(1)
    last = length - 1 - occupied.flip(1).byte().argmax(1)
    return ((first + last + 1 - side).div(2, rounding_mode="floor")).clamp(0, length - side)


def cut_patches(
    image: Shaped[Tensor, "b c h w"], corner: Int64[Tensor, "b 2"], side: int
) -> Shaped[Tensor, "b c side side"]:
    """Return the patch of this side that begins at each picture's own corner; gradients flow to the pictures."""
    within = torch.arange(side, device=image.device)
    rows, columns = corner[:, 0, None] + within, corner[:, 1, None] + within
    images = torch.arange(len(image), device=image.device)
    picked = image.permute(0, 2, 3, 1)[images[:, None, None], rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)
