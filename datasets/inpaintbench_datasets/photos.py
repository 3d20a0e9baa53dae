"""`photos`: square crops of the real photographs and textures that every scikit-image wheel holds.

All of a photograph's crops are in one split. With u a quarter of the shorter side, rounded down, crops are
4u (the whole), 2u and u wide:

* A test photograph gives eight crops of its central square of 4u × 4u: the square itself, and seven tiles
  that do not overlap one another (capitals: 2u wide; small letters: u wide).

      a A A b
      c A A d
      B B C C
      B B C C

* A training photograph gives the crops of each width at steps of half that width, in both directions, as many
  as there is room for, centred. Those with hardly anything in them (see `is_flat`) are left out.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench.pictures import as_rgb

NAME: Final = "photos"

WIDTHS: Final = (4, 2, 1)
"""The widths of crops, in units of a quarter of the shorter side."""

TEST_TILES: Final = {4: ((0, 0),), 2: ((0, 1), (2, 0), (2, 2)), 1: ((0, 0), (0, 3), (1, 0), (1, 3))}
"""For each width, row and column of the test crops, in the same units."""

FLAT: Final = 10.0
"""Below this standard deviation of the grey levels (of 255), a crop counts as empty."""


class Square(NamedTuple):
    """A crop's place in its photograph, in pixels."""

    top: int
    left: int
    side: int


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """One picture of `skimage.data`.

    Attributes:
        name: of the function in `skimage.data` that returns it.
        split: to which all its crops belong.
        shape: height and width of the part that is used: the whole picture, in most cases.
        origin: first row and column of that part.
        flat: the crops to leave out: for each width in quarters, their indices. They are listed (and a test
            compares the list with `is_flat`), so that ids depend on no JPEG decoder's rounding.
    """

    name: str
    split: Split
    shape: tuple[int, int]
    origin: tuple[int, int] = (0, 0)
    flat: Mapping[int, Sequence[int]] = field(default_factory=dict)


PHOTOGRAPHS: Final = (
    Photograph(name="astronaut", split="test", shape=(512, 512)),
    Photograph(name="brick", split="test", shape=(512, 512)),
    Photograph(name="chelsea", split="test", shape=(300, 451)),
    Photograph(name="coffee", split="test", shape=(400, 600)),
    Photograph(name="coins", split="test", shape=(303, 384)),
    Photograph(name="gravel", split="test", shape=(512, 512)),
    Photograph(name="immunohistochemistry", split="test", shape=(512, 512)),
    Photograph(name="camera", split="train", shape=(512, 512), flat={1: (5, 6, 34, 35)}),
    Photograph(name="grass", split="train", shape=(512, 512)),
    Photograph(name="hubble_deep_field", split="train", shape=(872, 1000)),
    Photograph(
        name="moon",
        split="train",
        shape=(512, 512),
        flat={2: (3,), 1: (3, 6, *range(13, 17), *range(20, 30), *range(32, 37), *range(40, 44), 47, 48)},
    ),
    Photograph(
        name="retina",
        split="train",
        shape=(960, 960),
        origin=(225, 225),  # inside the disc of the retina: around it, the picture is black
        flat={
            2: (2, 5, 7, 8),
            1: (
                *range(2, 7),
                *range(8, 14),
                *(15, 18, 19, 20, 22, 26, 27, 29, 32, 33, 34),
                *range(36, 42),
                *range(44, 49),
            ),
        },
    ),
    Photograph(
        name="rocket",
        split="train",
        shape=(427, 640),
        flat={1: (*range(2, 11), *range(13, 22), 24, 25, 29, 31, *range(40, 43), *range(51, 54), *range(62, 65))},
    ),
    Photograph(name="stereo_motorcycle", split="train", shape=(500, 741)),
)


class Photos:
    """The bundled photographs. Listing reads no picture; nothing is downloaded."""

    def items(self, split: Split) -> Sequence[str]:
        """Return the ids of a split's crops: `photograph/side in pixels/index`, such as `chelsea/0150/01`."""
        return [item for item, (photograph, _) in _crops().items() if photograph.split == split]

    def source(self, item: str) -> str:
        """Return the photograph that a crop is of: its crops are not independent."""
        return item.partition("/")[0]

    def load(self, item: str) -> UInt8[np.ndarray, "side side 3"]:
        """Return one crop.

        Raises:
            DatasetError: if there is no such item.
            UnreadableImageError: if the installed scikit-image lacks the photograph, or has another one.
        """
        photograph, square = _crop(item)
        return cut(pixels(photograph), square).copy()

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids, the places of their crops, and decoded pixels."""
        digest = hashlib.sha256()
        for item in items:
            photograph, square = _crop(item)
            digest.update(f"{item} {photograph.origin} {tuple(square)} {_pixel_hash(photograph.name)}\n".encode())
        return digest.hexdigest()


def squares(photograph: Photograph) -> Iterator[tuple[int, int, Square]]:
    """Yield all crops of a photograph before the flat ones are left out: width in quarters, index, place."""
    unit = min(photograph.shape) // 4
    for width in WIDTHS:
        side = width * unit
        if photograph.split == "test":
            top, left = ((length - 4 * unit) // 2 for length in photograph.shape)
            places = [(top + row * unit, left + column * unit) for row, column in TEST_TILES[width]]
        else:
            tops, lefts = (_half_steps(length, side) for length in photograph.shape)
            places = [(top, left) for top in tops for left in lefts]
        for index, (top, left) in enumerate(places):
            yield width, index, Square(top, left, side)


def is_flat(crop: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether a crop counts as empty: the standard deviation of (R + G + B) / 3 is below `FLAT`."""
    return float(crop.mean(axis=2).std()) < FLAT


def cut(picture: UInt8[np.ndarray, "h w 3"], square: Square) -> UInt8[np.ndarray, "side side 3"]:
    """Return a view of one square of a picture."""
    top, left, side = square
    return picture[top : top + side, left : left + side]


def pixels(photograph: Photograph) -> UInt8[np.ndarray, "h w 3"]:
    """Return the region of a photograph that is used, read-only.

    Raises:
        UnreadableImageError: if the installed scikit-image lacks the photograph, or has another one.
    """
    top, left = photograph.origin
    height, width = photograph.shape
    region = _picture(photograph.name)[top : top + height, left : left + width]
    if region.shape[:2] != photograph.shape:
        raise UnreadableImageError(
            f"scikit-image's picture {photograph.name} has another size than in versions 0.24 to 0.26; "
            "install one of these."
        )
    return region


def _half_steps(length: int, side: int) -> range:
    """Return where crops of one width begin along a side: half a crop apart, as many as fit, centred."""
    step = side // 2
    count = (length - side) // step + 1
    start = (length - side - (count - 1) * step) // 2
    return range(start, start + count * step, step)


@cache
def _crops() -> Mapping[str, tuple[Photograph, Square]]:
    return {
        f"{photograph.name}/{square.side:04d}/{index:02d}": (photograph, square)
        for photograph in PHOTOGRAPHS
        for width, index, square in squares(photograph)
        if index not in photograph.flat.get(width, ())
    }


def _crop(item: str) -> tuple[Photograph, Square]:
    try:
        return _crops()[item]
    except KeyError:
        raise DatasetError(f"{NAME} has no item {item!r}; expected an id such as 'chelsea/0150/01'.") from None


@cache
def _picture(name: str) -> UInt8[np.ndarray, "h w 3"]:
    from skimage import data

    try:
        loaded = getattr(data, name)()
    except Exception as error:  # what is raised depends on whether scikit-image's optional downloader is installed
        raise UnreadableImageError(
            f"This installation of scikit-image cannot show its picture {name} ({error}). "
            "It is in every scikit-image wheel: install scikit-image anew with pip."
        ) from error
    picture = as_rgb(loaded[0] if isinstance(loaded, tuple) else loaded)  # of a stereo pair, the left picture
    picture.setflags(write=False)
    return picture


@cache
def _pixel_hash(name: str) -> str:
    picture = _picture(name)
    return hashlib.sha256(str(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).hexdigest()
