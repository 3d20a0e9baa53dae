"""NVIDIA's irregular masks, in bands of how much is missing: the test set of partial convolutions.

Liu et al. (ECCV 2018) test with 12,000 masks of 512 × 512 pixels: six bands of hole-to-image ratios, (0.01, 0.1],
(0.1, 0.2], … (0.5, 0.6], and half of each band's masks with holes at the border. NVIDIA publishes them as files, white
where pixels are missing, without a list of the bands: each file's ratio is measured here.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool

from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench.fingerprints import fingerprint_files, remember
from inpaintbench.folders import find_folder
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.mask_folder import Colour, draw_file, fit_mask, list_masks, missing_in, read_file

BANDS: Final = {
    "0.01-0.1": (0.01, 0.1),
    "0.1-0.2": (0.1, 0.2),
    "0.2-0.3": (0.2, 0.3),
    "0.3-0.4": (0.3, 0.4),
    "0.4-0.5": (0.4, 0.5),
    "0.5-0.6": (0.5, 0.6),
}
"""The paper's bands: the ratio is above the first number, and at most the second."""

ADVICE: Final = (
    "NVIDIA's test masks are linked from https://nv-adlr.github.io/publication/partialconv-inpainting: "
    "unpack them into one of these, or name another folder with path=…"
)
"""What to do where the folder is missing."""

UNREADABLE: Final = -1.0
"""The ratio of a file whose content is broken; it lies in no band."""


class Irregular:
    """Draws one of the irregular masks for each picture, each file of the band with the same probability.

    A file's ratio is measured as it was published: at its own size, and before `dilation`. It is then dilated,
    cropped and resized, as `mask_folder` does, so that a hole's share of the picture can lie outside the band.

    Args:
        path: the folder, searched at any depth; see `inpaintbench.folders.find_folder`.
        ratio: the band; `any` takes all files, without measuring.
        dilation: how many times the hole grows by the eight neighbours of its pixels (cv2's `dilate` with a 3 × 3
            square and as many iterations): by so many pixels of the file to all sides. What lies beyond the file's
            border is known.
        hole: the colour of the missing pixels, white in NVIDIA's files.
    """

    def __init__(
        self, path: str = "irregular-masks", ratio: str = "any", dilation: int = 0, hole: Colour = "white"
    ) -> None:
        self.path = path
        self.ratio = ratio
        self.dilation = dilation
        self.hole = hole

    @cached_property
    def folder(self) -> Path:
        """Where the masks lie."""
        return find_folder(self.path, ADVICE)

    @cached_property
    def names(self) -> list[str]:
        """The paths of all masks below the folder, sorted."""
        return list_masks(self.folder)

    @cached_property
    def chosen(self) -> list[str]:
        """The masks of the band, in the order from which one is drawn."""
        if self.ratio == "any":
            return self.names
        low, high = BANDS[self.ratio]
        ratios = hole_ratios(self.folder, self.names, self.hole)
        chosen = [name for name, ratio in zip(self.names, ratios, strict=True) if low < ratio <= high]
        if not chosen:
            measured = sorted(ratio for ratio in ratios if ratio != UNREADABLE)
            found = f"their ratios are {measured[0]:.3f} to {measured[-1]:.3f}" if measured else "none can be decoded"
            raise DatasetError(
                f"None of the {len(self.names)} masks in {self.folder} has a ratio above {low} and at most {high}: "
                f"{found}. Choose another ratio, or check whether hole={self.hole} is the colour of the hole."
            )
        return chosen

    def fingerprint(self) -> str:
        """Return a hash of the names and contents of all masks, whatever the band.

        Raises:
            DatasetError: if the folder is absent, empty or unreadable.
        """
        return fingerprint_files(self.folder, self.names)

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole of one file, True = missing; one whose content is broken is passed over.

        Raises:
            DatasetError: if the folder is absent, empty or unreadable, if a file has gone, cannot be read or is a
                decompression bomb, if no file lies in the band, or if none can be decoded.
        """

        def read(path: Path) -> Bool[np.ndarray, "h w"]:
            picture = read_file(path)
            if self.dilation == 0:  # the same hole, but most of the file need not be looked at
                return missing_in(fit_mask(picture, height, width), self.hole)
            return fit_mask(dilate(missing_in(picture, self.hole), self.dilation), height, width)

        return draw_file(self.folder, self.chosen, stream, read)


def hole_ratios(folder: Path, names: Sequence[str], hole: Colour = "white") -> list[float]:
    """Return the share of missing pixels of each file, in [0, 1], or `UNREADABLE`.

    Files are measured once, as long as they do not change: see `inpaintbench.fingerprints.remember`.

    Args:
        folder: in which the files lie.
        names: of the files, below the folder.
        hole: the colour of the missing pixels.

    Raises:
        DatasetError: if a file has gone, cannot be read, or is a decompression bomb; nothing is remembered then.
    """

    def measure(name: str) -> float:
        try:
            missing = missing_in(read_file(folder / name), hole)
        except UnreadableImageError:
            return UNREADABLE
        return int(np.count_nonzero(missing)) / missing.size

    def measure_all() -> list[float]:
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:  # decoding lets other threads run
            return list(pool.map(measure, names))

    return remember(folder, names, f"share of {hole} pixels, 1", measure_all)


def dilate(hole: Bool[np.ndarray, "h w"], steps: int) -> Bool[np.ndarray, "h w"]:
    """Grow a hole by its eight neighbours `steps` times: by so many rows and columns to all sides."""
    if steps == 0:
        return hole
    for axis in (0, 1):
        side = hole.shape[axis]
        # As many missing pixels up to the end of a pixel's window as before its beginning: none lies in it.
        sums = np.insert(hole.cumsum(axis, dtype=np.int64), 0, 0, axis)
        ends = np.minimum(np.arange(side) + steps + 1, side)
        begins = np.maximum(np.arange(side) - steps, 0)
        hole = sums.take(ends, axis) > sums.take(begins, axis)
    return hole
