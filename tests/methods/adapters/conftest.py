"""Pictures, and small networks in files whose completions are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaintbench.api import Batch, Completion, Method, MethodSpec
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select


@pytest.fixture
def build() -> Callable[[str], Any]:
    """Return a function that builds a method of its selector, as a run does."""

    def build(selector: str) -> Any:
        (selection,) = select([selector], MethodSpec, load_registry())
        return selection.build()

    return build


@pytest.fixture
def completed() -> Callable[..., Tensor]:
    """Return a function that completes pictures, and returns them with their known pixels."""

    def completed(method: Method, image: Tensor, hole: Tensor, seeds: tuple[int, ...] = ()) -> Tensor:
        batch = Batch(image.masked_fill(hole, 0), hole, seeds or tuple(range(len(image))))
        returned = method.complete(batch)
        found = returned.image if isinstance(returned, Completion) else returned
        assert found.shape == image.shape
        return torch.where(hole, found, batch.corrupted)

    return completed


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor]:
    """Return three pictures of 8-bit levels, 20 × 28 pixels, with a rectangle missing in each, another one in each."""
    levels = torch.randint(0, 256, (3, 3, 5, 7), generator=torch.Generator().manual_seed(0))
    image = nn.functional.interpolate(levels.float(), scale_factor=4, mode="bilinear").round() / 255
    hole = torch.zeros(3, 1, 20, 28, dtype=torch.bool)
    for number in range(3):
        hole[number, :, 4 + number : 12, 6 : 14 + 2 * number] = True
    return image, hole


class Painter(nn.Module):
    """Returns what it was given, but in the hole a colour a channel: 0.2, 0.4, 0.6, in the range of the picture.

    Where the mask is 1, or where it is not, is the hole; two more outputs are of no use.
    """

    def __init__(self, one_is_missing: bool, low: float, high: float, joined: bool, mask_first: bool) -> None:
        super().__init__()
        self.one_is_missing, self.joined, self.mask_first = one_is_missing, joined, mask_first
        self.register_buffer("colour", torch.tensor([0.2, 0.4, 0.6]).reshape(1, 3, 1, 1) * (high - low) + low)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        image, mask = (second, first) if self.mask_first else (first, second)
        hole = mask > 0.5 if self.one_is_missing else mask < 0.5
        return torch.where(hole, self.colour, image), image.mean(dim=1, keepdim=True)


class Joined(nn.Module):
    """The same, of one input."""

    def __init__(self, painter: Painter) -> None:
        super().__init__()
        self.painter, self.mask_first = painter, painter.mask_first

    def forward(self, both: Tensor) -> Tensor:
        first, second = (both[:, :1], both[:, 1:]) if self.mask_first else (both[:, :3], both[:, 3:])
        return self.painter(first, second)[0]


@pytest.fixture
def save(tmp_path: Path) -> Callable[[nn.Module], str]:
    """Return a function that writes a network as TorchScript, and returns the path."""

    def save(network: nn.Module) -> str:
        path = tmp_path / "network.pt"
        with pytest.warns(FutureWarning, match=r"torch\.jit\.script"):
            torch.jit.script(network.eval()).save(str(path))
        return str(path)

    return save


@pytest.fixture
def scripted(save: Callable[[nn.Module], str]) -> Callable[..., str]:
    """Return a function that writes a painter as TorchScript, and returns the path."""

    def scripted(
        one_is_missing: bool = True,
        low: float = 0.0,
        high: float = 1.0,
        joined: bool = False,
        mask_first: bool = False,
    ) -> str:
        painter = Painter(one_is_missing, low, high, joined, mask_first)
        return save(Joined(painter) if joined else painter)

    return scripted
