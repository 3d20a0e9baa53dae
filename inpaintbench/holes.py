"""The hole of an image: from which seed it is drawn, when it is drawn again, what shape it has, and its hash.

A hole is a pure function of the suite's seed, the data set, the item, the mask with its parameters, and the size.
The seed of its random stream is the SHA-256 of the first four. One that comes out empty (nothing to fill) or full
(nothing known) is drawn again: the n-th time from the stream of these four and `again`, n.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, UInt8

from inpaintbench.errors import InvalidOutputError, ParameterError
from inpaintbench.seeding import RandomStream, derive_seed

ATTEMPTS: Final = 100
"""So many times a hole is drawn before a mask is given up that leaves nothing to fill, or nothing known."""

Draw = Callable[[int, int, RandomStream], object]
"""`MaskGenerator.draw`; a plugin may return anything, so that the result is checked."""


@dataclass(frozen=True)
class About:
    """What a hole is for.

    Attributes:
        seed: of the suite.
        dataset: the selector as it is on every machine.
        item: id of the picture.
        mask: the selector as it is on every machine, with the fingerprint of the files that the mask reads.
    """

    seed: int
    dataset: str
    item: str
    mask: str

    @property
    def parts(self) -> tuple[int, str, str, str]:
        """What seeds are derived from."""
        return self.seed, self.dataset, self.item, self.mask

    @property
    def method_seed(self) -> int:
        """The seed that a method gets with the picture: another one than that of the hole."""
        return derive_seed("method", *self.parts)


@dataclass(frozen=True)
class Shape:
    """What tells holes of one size apart.

    Attributes:
        hole_ratio: missing share of the picture, in (0, 1).
        border_contact: missing share of the pixels along the picture's border, in [0, 1].
        largest_hole: pixels of the largest connected part; pixels are connected along edges.
        components: how many connected parts there are.
    """

    hole_ratio: float
    border_contact: float
    largest_hole: int
    components: int


def draw_hole(draw: Draw, height: int, width: int, about: About) -> Bool[np.ndarray, "h w"]:
    """Return the hole of a picture, True = missing: something to fill, and something known.

    Raises:
        InvalidOutputError: if the mask returns no hole of this size.
        ParameterError: if it returns nothing but empty and full ones.
    """
    for attempt in range(ATTEMPTS):
        again = ("again", attempt) if attempt else ()
        hole = _checked(draw(height, width, RandomStream(derive_seed(*about.parts, *again))), height, width)
        if hole.any() and not hole.all():
            return hole.copy()  # a generator may draw the next one in the same place
    found = "full" if hole.all() else "empty"
    raise ParameterError(
        f"The mask {about.mask} came out empty or full {ATTEMPTS} times out of {ATTEMPTS} at {width}×{height} pixels "
        f"(the last time {found}); expected holes that leave something to fill and something known. "
        "Choose other parameters, or another size."
    )


def hash_of(levels: Bool[np.ndarray, "h w"] | UInt8[np.ndarray, "h w 3"]) -> str:
    """Return the first 16 digits of the SHA-256 that pins a hole, or a picture.

    Over the size in text, `height×width:`, then the hole's pixels row by row, eight a byte, the first in the highest
    bit (a last byte is filled with zeros); or the picture's bytes.
    """
    content = np.packbits(levels) if levels.dtype == np.bool_ else np.ascontiguousarray(levels)
    size = f"{levels.shape[0]}×{levels.shape[1]}:"
    return hashlib.sha256(size.encode() + content.tobytes()).hexdigest()[:16]


def shape_of(hole: Bool[np.ndarray, "h w"]) -> Shape:
    """Measure a hole.

    >>> shape_of(np.array([[True, False, False], [False, False, True], [False, False, True]]))
    Shape(hole_ratio=0.3333333333333333, border_contact=0.375, largest_hole=2, components=2)
    """
    from scipy import ndimage  # here, so that a plan does without it

    labels, components = ndimage.label(hole)
    sizes = np.bincount(labels.ravel())[1:]
    border = np.concatenate([hole[0], hole[-1], hole[1:-1, 0], hole[1:-1, -1]]) if min(hole.shape) > 1 else hole.ravel()
    return Shape(
        hole_ratio=float(np.count_nonzero(hole) / hole.size),
        border_contact=float(np.count_nonzero(border) / border.size),
        largest_hole=int(sizes.max(initial=0)),
        components=int(components),
    )


def _checked(hole: object, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    if isinstance(hole, np.ndarray) and hole.dtype == np.bool_ and hole.shape == (height, width):
        return hole
    found = f"{hole.dtype} {hole.shape}" if isinstance(hole, np.ndarray) else type(hole).__name__
    raise InvalidOutputError(
        f"The mask drew {found}; expected a numpy array of bool, ({height}, {width}), True = missing."
    )
