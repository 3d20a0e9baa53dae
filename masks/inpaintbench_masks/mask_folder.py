"""Holes from files: a folder of black-and-white masks, such as NVIDIA's irregular ones (Liu et al. 2018).

One file is drawn for each picture. A file that cannot be decoded, or comes out empty or full at the size of
the run, is passed over and another one drawn, so that a broken file among many does not end a run. It still
counts for the fingerprint: with the file mended, the folder is another mask.
"""

from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Shaped, UInt8

from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, ParameterError, UnreadableImageError
from inpaintbench.folders import find_folder, fingerprint_files, list_pictures
from inpaintbench.seeding import RandomStream


class MaskFolder:
    """Draws one of a folder's masks for each picture, each file with the same probability.

    Args:
        path: the folder, searched at any depth; see `inpaintbench.folders.find_folder`.
        hole: the colour of the missing pixels. A pixel is white if the mean of its red, green and blue is
            above half.
    """

    def __init__(self, path: str, hole: Literal["white", "black"] = "white") -> None:
        self.path = path
        self.hole = hole

    @cached_property
    def folder(self) -> Path:
        """Where the masks lie."""
        return find_folder(self.path)

    @cached_property
    def names(self) -> list[str]:
        """The masks' paths below the folder, in the order from which one is drawn."""
        names = list_pictures(self.folder)
        if not names:
            raise DatasetError(f"There is no mask in {self.folder}: expected pictures such as PNG files.")
        return names

    def fingerprint(self) -> str:
        """Return a hash of the masks' names and contents.

        Raises:
            DatasetError: if the folder is absent, empty or unreadable.
        """
        return fingerprint_files(self.folder, self.names)

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole of one file, True = missing.

        A mask that cannot be decoded, or comes out empty or full at this size, is passed over, and one of the
        others drawn.

        Raises:
            DatasetError: if the folder is absent, empty or unreadable; if a file is a decompression bomb; or if
                no mask can be used, and at least one of them cannot be decoded.
            ParameterError: if every mask comes out empty or full.
        """
        left = list(range(len(self.names)))
        broken: list[UnreadableImageError] = []
        while left:
            name = self.names[left.pop(stream.integer(0, len(left) - 1))]
            try:
                picture = decode(self.folder / name)
            except UnreadableImageError as error:
                broken.append(error)
                continue
            white = is_white(fit_mask(picture, height, width))
            hole = white if self.hole == "white" else ~white
            if hole.any() and not hole.all():
                return hole
        if broken:
            raise DatasetError(
                f"No mask in {self.folder} can be used at {height}×{width} pixels: {len(broken)} of {len(self.names)} "
                f"cannot be decoded, and any others come out empty or full. {broken[0]}"
            ) from broken[0]
        raise ParameterError(
            f"mask_folder[hole={self.hole}]: the {len(self.names)} masks in {self.folder} all come out empty "
            f"or full at {width}×{height} pixels; expected some with black and white, or a larger --size."
        )


def is_white(picture: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    """Tell the pixels whose mean of red, green and blue is above half of 255."""
    white: Bool[np.ndarray, "h w"] = 2 * picture.sum(axis=2, dtype=np.int32) > 3 * 255
    return white


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
