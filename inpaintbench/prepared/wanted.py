"""Which pictures are to be prepared, and the key that all their pixels depend on gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from inpaintbench.errors import InvalidOutputError
from inpaintbench.integrity import digest
from inpaintbench.provenance import source_digest

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import UInt8

SCHEMA: Final = 2
"""Of the files of a prepared split: the first had no hash of each picture."""

_CODE: Final = (
    "inpaintbench.decoding",
    "inpaintbench.pictures",
    "inpaintbench.prepared.parts",
    "inpaintbench.prepared.wanted",
)
"""Modules through which every prepared pixel passes."""


@dataclass(frozen=True)
class Wanted:
    """Items of one data set, square and of one size.

    Attributes:
        name: the data set's selector in full form.
        plugin: the file or module by which another process loads the data set; empty if it is bundled or installed.
        identity: all that the pictures depend on in the data set and its files.
        items: ids of the pictures, in order.
        load: `Dataset.load`; a plugin may return anything, so that the result is checked.
        size: of the square pictures, in pixels.
        changed: whether the pictures are others now than when `identity` was made.
    """

    name: str
    plugin: str
    identity: Mapping[str, Any]
    items: tuple[str, ...]
    load: Callable[[str], object]
    size: int
    changed: Callable[[], bool] = lambda: False

    @property
    def split(self) -> str:
        """Which of the data set's splits the items are of."""
        return str(self.identity.get("split", ""))

    @cached_property
    def key(self) -> str:
        """A hash of all that the pixels depend on, Pillow's version (hence its JPEG decoder's) included."""
        depends: dict[str, Any] = {"schema": SCHEMA, "identity": dict(self.identity), "size": self.size}
        depends |= {"items": digest(self.items)}
        depends |= {"code": source_digest(_CODE), "pillow": version("pillow")}
        return digest(depends)[:32]

    @property
    def picture_bytes(self) -> int:
        """Of one picture."""
        return self.size * self.size * 3

    def picture(self, item: str) -> UInt8[np.ndarray, "size size 3"]:
        """Return one picture, decoded, cropped and resized.

        Raises:
            UnreadableImageError: if it cannot be decoded.
            InvalidOutputError: if what the data set loads is no picture.
        """
        from inpaintbench.pictures import fit  # here, so that a plan needs no Pillow

        return fit(_checked(self.load(item), item), self.size)


def _checked(picture: object, item: str) -> UInt8[np.ndarray, "h w 3"]:
    import numpy as np

    if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim == 3:
        height, width, channels = picture.shape
        if channels == 3 and height and width:
            return picture
    found = f"{picture.dtype} {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
    raise InvalidOutputError(
        f"The data set loaded {found} for {item}; expected a numpy array of uint8, (height, width, 3)."
    )
