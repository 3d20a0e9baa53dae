"""Pictures and holes to try plugins on: small, made here, the same on every machine; and a data set of such."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from inpaintbench.api import DatasetSpec, MaskSpec, Parameter, Split
from inpaintbench.errors import NoSplitError
from inpaintbench.plugins import PluginSource, Registry
from inpaintbench.seeding import RandomStream, derive_seed

if TYPE_CHECKING:
    from jaxtyping import Bool, UInt8

PICTURES: Final = "toy_pictures"
RECTANGLE: Final = "toy_rectangle"


def picture(side: int, number: int) -> UInt8[np.ndarray, "side side 3"]:
    """Return a slanted gradient between two colours, with a disc of a third one and a little grain."""
    stream = RandomStream(derive_seed("toy picture", number))
    first, second, third = (np.array([stream.integer(20, 235) for _ in range(3)]) for _ in range(3))
    angle = 2 * np.pi * stream.fraction()
    y, x = np.mgrid[0:side, 0:side] / max(side - 1, 1) - 0.5
    slope = np.clip(0.5 + 0.7 * (x * np.cos(angle) + y * np.sin(angle)), 0, 1)[..., None]
    levels = first * slope + second * (1 - slope)
    across, down, radius = stream.fractions(3) * (0.6, 0.6, 0.2) + (-0.3, -0.3, 0.1)
    levels = np.where(((x - across) ** 2 + (y - down) ** 2 < radius**2)[..., None], third, levels)
    grain = np.frombuffer(hashlib.shake_128(f"{number}".encode()).digest(side * side * 3), np.uint8)
    levels = np.clip(levels + grain.reshape(side, side, 3) % 9 - 4.0, 0, 255)
    found: UInt8[np.ndarray, "side side 3"] = np.rint(levels).astype(np.uint8)
    return found


def hole(side: int, stream: RandomStream) -> Bool[np.ndarray, "side side"]:
    """Return a rectangle that leaves a known pixel on each side, and a quarter of the picture or less missing.

    At fewer than three pixels there is no such hole: then it is the last pixel, or nothing if that is the only one.
    """
    found = np.zeros((side, side), dtype=bool)
    if side < 3:
        found[-1, -1] = side > 1
        return found
    height, width = (stream.integer(max(side // 4, 1), max(side // 2, 1)) for _ in range(2))
    height, width = min(height, side - 2), min(width, side - 2)
    top, left = stream.integer(1, side - 1 - height), stream.integer(1, side - 1 - width)
    found[top : top + height, left : left + width] = True
    return found


def store_pictures(folder: Path, side: int, counts: dict[Split, int]) -> None:
    """Write the pictures of a data set `ToyPictures` as arrays; no two of them are the same."""
    for first, (split, count) in zip((0, 10_000, 20_000), counts.items(), strict=False):
        (folder / split).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            np.save(folder / split / f"{number:03}.npy", picture(side, first + number))


class ToyPictures:
    """The pictures of a folder that `store_pictures` has written. It notes which of them are asked for.

    Attributes:
        asked: ids that any of these data sets was asked for in this process, since somebody emptied it.
    """

    asked: ClassVar[list[str]] = []

    def __init__(self, path: str) -> None:
        self._folder = Path(path)

    def items(self, split: Split) -> Sequence[str]:
        """Return the ids of a split."""
        found = sorted(path.relative_to(self._folder).as_posix() for path in (self._folder / split).glob("*.npy"))
        if not found:
            raise NoSplitError(f"The toy pictures in {self._folder} have no {split} split.")
        return found

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Return one picture."""
        self.asked.append(item)
        loaded: UInt8[np.ndarray, "h w 3"] = np.load(self._folder / item)
        return loaded

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return a hash of the pictures' files."""
        total = hashlib.sha256()
        for item in items:
            total.update(f"{item}{os.sep}".encode() + (self._folder / item).read_bytes())
        return total.hexdigest()


TOY_PICTURES: Final = DatasetSpec(
    name=PICTURES,
    target=f"{__name__}:ToyPictures",
    summary="Gradients and discs, by which plugins are checked.",
    parameters=(Parameter(name="path", kind="path", help="The folder that holds them."),),
)


class ToyRectangle:
    """Draws `hole`."""

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return a rectangle in the largest square at the upper left."""
        found = np.zeros((height, width), dtype=bool)
        side = min(height, width)
        found[:side, :side] = hole(side, stream)
        return found


TOY_RECTANGLE: Final = MaskSpec(
    name=RECTANGLE, target=f"{__name__}:ToyRectangle", summary="A rectangle, by which methods are checked."
)

SOURCE: Final = PluginSource("bundled", __name__)


def with_toys(registry: Registry) -> Registry:
    """Return a registry that has the toys, too."""
    entries = {kind: dict(known) for kind, known in registry.entries.items()}
    found = Registry(entries, given=registry.given)
    if PICTURES not in found.of("dataset"):
        found.add([TOY_PICTURES, TOY_RECTANGLE], SOURCE)
    return found
