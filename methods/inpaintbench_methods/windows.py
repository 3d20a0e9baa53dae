"""The part of each image that its hole can see: the hole's bounding box with a rim of known pixels.

Laplace's equation and total variation couple a pixel with its direct neighbours only, so that pixels beyond the rim
cannot influence the hole. Images whose windows have the same size are solved together, as tensors `(h, w, b, c)`: with
the image's index b and channel c last, differences of neighbouring pixels are differences of long contiguous rows.

A window's size and place depend on the image's own hole alone, and `pixel_sum_` adds in an order that depends on the
window's size alone. Both serve one end: an image's result is the same, bit for bit, in whatever batch it comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor

RIM = 1
"""Known pixels on each side of the hole's bounding box, where the image has them."""

PART_ELSEWHERE = 2**24
"""Values solved together on anything but a CPU: enough to keep a GPU busy, and far from filling its memory."""


@dataclass(frozen=True)
class Windows:
    """Windows of one size in some images of a batch.

    Attributes:
        images: which images of the batch.
        rows: of each window's pixels in its image.
        columns: likewise.
    """

    images: Int64[Tensor, " b"]
    rows: Int64[Tensor, "h b"]
    columns: Int64[Tensor, "w b"]

    def cut(self, pictures: Shaped[Tensor, "n c height width"]) -> Shaped[Tensor, "h w b c"]:
        """Return the windows' pixels."""
        return pictures[self.images, :, self.rows[:, None], self.columns[None]]

    def paste(self, values: Shaped[Tensor, "h w b c"], pictures: Shaped[Tensor, "n c height width"]) -> None:
        """Write the windows' pixels into `pictures`."""
        pictures[self.images, :, self.rows[:, None], self.columns[None]] = values

    def split(self, part_on_cpu: int) -> "Iterator[Windows]":
        """Yield these windows in parts that are solved together, of at least one image each.

        Args:
            part_on_cpu: how many values, of three channels, a part may hold on a CPU, whose cache sets the limit.
        """
        part = part_on_cpu if self.images.device.type == "cpu" else PART_ELSEWHERE
        images = max(1, part // (3 * len(self.rows) * len(self.columns)))
        for start in range(0, len(self.images), images):
            some = slice(start, start + images)
            yield Windows(self.images[some], self.rows[:, some], self.columns[:, some])


def find_windows(hole: Bool[Tensor, "n 1 height width"], *, whole: bool = False) -> Iterator[Windows]:
    """Group the images that have both hole and known pixels by the size of their windows.

    Args:
        hole: True = missing.
        whole: take the whole image as window.
    """
    height, width = hole.shape[-2:]
    solvable = hole.flatten(1).any(1) & ~hole.flatten(1).all(1)
    images = solvable.nonzero()[:, 0]
    if not len(images):
        return
    tops, heights = _extents(hole[images, 0].any(2).cpu(), whole)
    lefts, widths = _extents(hole[images, 0].any(1).cpu(), whole)
    groups: dict[tuple[int, int], list[int]] = {}
    for member, size in enumerate(zip(heights.tolist(), widths.tolist(), strict=True)):
        groups.setdefault(size, []).append(member)
    for (h, w), members in sorted(groups.items()):
        rows = torch.arange(h)[:, None] + tops[members].clamp(max=height - h)
        columns = torch.arange(w)[:, None] + lefts[members].clamp(max=width - w)
        yield Windows(images[torch.tensor(members, device=hole.device)], rows.to(hole.device), columns.to(hole.device))


def pixel_sum_(values: Float[Tensor, "h w b c"]) -> Float[Tensor, "b c"]:
    """Sum over the pixels of each window and channel, by halving; what `values` held is lost.

    `torch.sum` may add in an order that depends on the number of columns beside the one that is summed.
    """
    for _ in range(2):
        while (size := len(values)) > 1:
            half = (size + 1) // 2
            values[: size - half] += values[half:]
            values = values[:half]
        values = values[0]
    return values.clone()


def precise_device(device: torch.device) -> torch.device:
    """Return the device on which to solve, which must know float64: the CPU in place of Apple's MPS."""
    return torch.device("cpu") if device.type == "mps" else device


def _extents(occupied: Bool[Tensor, "b size"], whole: bool) -> tuple[Int64[Tensor, " b"], Int64[Tensor, " b"]]:
    """Return each window's start and length along one axis, from the places where the hole has pixels."""
    size = occupied.shape[1]
    if whole:
        return torch.zeros(len(occupied), dtype=torch.int64), torch.full((len(occupied),), size)
    first = occupied.to(torch.uint8).argmax(1)
    last = size - 1 - occupied.flip(1).to(torch.uint8).argmax(1)
    start = (first - RIM).clamp(min=0)
    length = (last + RIM + 1).clamp(max=size) - start
    # Rounded up by an eighth at most, so that holes of similar size are solved together.
    step = 2 ** (length.log2().floor() - 3).clamp(min=0).to(torch.int64)
    return start, ((length + step - 1) // step * step).clamp(max=size)
