"""Saved pictures of a cell: what was scored, to be looked at, and to compute its numbers from again.

Of each image that was saved there are four PNG files in the cell's folder: `samples/00012-image.png` is the truth,
`-hole.png` white where it is missing, `-corrupted.png` what the method was given, and `-composite.png` what was scored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from inpaintbench.errors import StoreError

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import UInt8

Kind = Literal["image", "hole", "corrupted", "composite"]

FOLDER: Final = "samples"
"""Where they lie, below the cell's folder."""

_NAME: Final = re.compile(r"(\d{5,12})-(?:image|hole|corrupted|composite)\.png")


def file_name(index: int, kind: Kind) -> str:
    """Return the name of a picture of the image at this position of the data set.

    >>> file_name(12, "hole")
    '00012-hole.png'
    """
    return f"{index:05d}-{kind}.png"


@dataclass(frozen=True)
class Sample:
    """The pictures of one image.

    Attributes:
        folder: in which they lie.
        index: position of the image in its data set.
    """

    folder: Path
    index: int

    def path(self, kind: Kind) -> Path:
        """Return where one of them lies."""
        return self.folder / file_name(self.index, kind)

    def read(self, kind: Kind, size: int) -> UInt8[np.ndarray, "size size 3"]:
        """Return the 8-bit RGB levels of one of them; of a hole, all three are 255 where it is missing.

        Args:
            kind: which.
            size: that it must have, in pixels each way.

        Raises:
            StoreError: if it is missing, damaged, or of another size.
        """
        import numpy as np
        from PIL import Image

        path = self.path(kind)
        try:
            with Image.open(path, formats=["PNG"]) as picture:
                if picture.size != (size, size):  # before its pixels take any memory
                    raise ValueError(f"it has {picture.width} × {picture.height} pixels, expected {size} × {size}")
                return np.asarray(picture.convert("RGB"))
        except FileNotFoundError as error:
            raise StoreError(f"{path} is missing") from error
        except (OSError, ValueError, SyntaxError) as error:
            raise StoreError(f"{path} cannot be read: {str(error).replace(str(path), 'it')}") from error


def saved(folder: Path) -> dict[int, Sample]:
    """Return the saved images of the cell in a folder, by their positions in the data set; it may have none.

    An image of which only some files are left is among them.
    """
    try:
        names = [path.name for path in (folder / FOLDER).iterdir()]
    except OSError:
        return {}
    indices = {int(match[1]) for match in map(_NAME.fullmatch, names) if match}
    return {index: Sample(folder / FOLDER, index) for index in sorted(indices)}
