"""Holes from files: a folder of black-and-white masks of one's own.

One file is drawn for each picture. A file whose content is broken is passed over and another one drawn, so that a
broken file among many does not end a run. It still counts for the fingerprint: with the file mended, the folder is
another mask. A file that has gone or cannot be read since the folder was looked at ends the run.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Shaped, UInt8

from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, UnreadableFileError, UnreadableImageError
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench.folders import find_folder, list_pictures
from inpaintbench.seeding import RandomStream

Colour = Literal["white", "black"]


class MaskFolder:
    """Draws one of a folder's masks for each picture, each file with the same probability.

    Args:
        path: the folder, searched at any depth; see `inpaintbench.folders.find_folder`.
        hole: the colour of the missing pixels. A pixel is white if the mean of its red, green and blue is
            above half.
    """

    def __init__(self, path: str, hole: Colour = "white") -> None:
        self.path = path
        self.hole = hole

    @cached_property
    def folder(self) -> Path:
        """Where the masks lie."""
        return find_folder(self.path)

    @cached_property
    def names(self) -> list[str]:
        """The masks' paths below the folder, in the order from which one is drawn."""
        return list_masks(self.folder)

    def fingerprint(self) -> str:
        """Return a hash of the masks' names and contents.

        Raises:
            DatasetError: if the folder is absent, empty or unreadable.
        """
        return fingerprint_files(self.folder, self.names)

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole of one file, True = missing.

        Raises:
            DatasetError: if the folder is absent, empty or unreadable, if a file has gone, cannot be read or is a
                decompression bomb, or if no file can be decoded.
        """
        return draw_file(self.folder, self.names, stream, lambda path: self._read(path, height, width))

    def _read(self, path: Path, height: int, width: int) -> Bool[np.ndarray, "h w"]:
        return missing_in(fit_mask(read_file(path), height, width), self.hole)


def list_masks(folder: Path) -> list[str]:
    """Return the paths of a folder's masks below it, sorted.

    Raises:
        DatasetError: if there is none, or the folder cannot be read.
    """
    names = list_pictures(folder)
    if not names:
        raise DatasetError(f"There is no mask in {folder}: expected pictures such as PNG files.")
    return names


def read_file(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """Decode a file.

    One that has gone, or cannot be opened or read, must not be passed over: another hole would be drawn without a
    word, and two methods would get different ones.

    Raises:
        DatasetError: if it has gone, cannot be read, or is a decompression bomb.
        UnreadableImageError: if its content is broken.
    """
    try:
        return decode(path)
    except UnreadableFileError as error:
        raise DatasetError(f"The mask {error} Masks may not change while they are used.") from error


def draw_file(
    folder: Path, names: Sequence[str], stream: RandomStream, read: Callable[[Path], Bool[np.ndarray, "h w"]]
) -> Bool[np.ndarray, "h w"]:
    """Draw a file and read it; pass over one whose content is broken, and draw one of the others.

    Args:
        folder: in which the files lie.
        names: of the files; each has the same probability.
        stream: draws one integer a file.
        read: makes a hole of a file, which it decodes by `read_file`.

    Raises:
        DatasetError: if a file cannot be read, or none can be decoded.
    """
    left = list(names)
    broken: list[UnreadableImageError] = []
    while left:
        try:
            return read(folder / left.pop(stream.integer(0, len(left) - 1)))
        except UnreadableImageError as error:
            broken.append(error)
    raise DatasetError(f"None of the {len(names)} masks in {folder} can be decoded. {broken[0]}") from broken[0]


def missing_in(picture: UInt8[np.ndarray, "h w 3"], hole: Colour) -> Bool[np.ndarray, "h w"]:
    """Return the pixels of the hole's colour; one is white if its mean of red, green and blue is above half of 255."""
    red, green, blue = np.moveaxis(picture.astype(np.uint16), 2, 0)  # a fifth of the time that `sum` takes
    white: Bool[np.ndarray, "h w"] = 2 * (red + green + blue) > 3 * 255
    return white if hole == "white" else ~white


def fit_mask(
    mask: Shaped[np.ndarray, "mask_h mask_w *channels"], height: int, width: int
) -> Shaped[np.ndarray, "h w *channels"]:
    """Crop a mask about its centre to the proportions of height × width, and resize by nearest neighbour.

    Whole numbers alone decide: the crop is as large as fits, its longer direction rounded down (at least
    one pixel); an odd margin is a pixel narrower above and on the left; pixel i of n takes the mask's pixel
    at (i + ½)/n of the crop, rounded down.
    """
    mask_height, mask_width = mask.shape[:2]
    crop_height = max(1, min(mask_height, mask_width * height // width))
    crop_width = max(1, min(mask_width, mask_height * width // height))
    top, left = (mask_height - crop_height) // 2, (mask_width - crop_width) // 2
    rows = top + (2 * np.arange(height) + 1) * crop_height // (2 * height)
    columns = left + (2 * np.arange(width) + 1) * crop_width // (2 * width)
    fitted: Shaped[np.ndarray, "h w *channels"] = mask[rows[:, None], columns[None, :]]
    return fitted
