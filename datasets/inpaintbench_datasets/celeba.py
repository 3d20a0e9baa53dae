"""`celeba`: the aligned and cropped faces of CelebA, with the official partition.

Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015. Layout as in torchvision's
`datasets/celeba.py`, except that only the pictures and the partition are needed.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench_datasets.official import below, find_official, names_beside, read_lines, refuse_absent

NAME: Final = "celeba"

WIDTH: Final = 178
"""The width in pixels of the published pictures, which are 218 high: `crop` counts in their pixels."""

PICTURES: Final = "img_align_celeba"
PARTITION: Final = "list_eval_partition.txt"

_SPLITS: Final[Mapping[str, Split]] = {"0": "train", "1": "val", "2": "test"}


class CelebA:
    """CelebA's 202,599 faces: 162,770 to train, 19,867 to validate and 19,962 to test.

    The split is that of the partition file in the folder. A partition of fewer pictures is taken as it is.

    Args:
        path: the folder that holds `img_align_celeba/` and `list_eval_partition.txt`.
        crop: side of the central square that is kept, in pixels of the published 178 × 218 pictures, from 1 to 178.
            178 keeps the whole width; 108 is the crop of the DCGAN code. See `central_square`.
    """

    def __init__(self, path: str = "celeba", crop: int = WIDTH) -> None:
        self.path = path
        self.crop = crop

    def items(self, split: Split) -> Sequence[str]:
        """Return the file names of a split, such as `182638.jpg`, in the partition's order.

        Raises:
            DatasetError: if the folder or the partition is not there, the partition cannot be read or has no picture
                of this split, or one of the split's pictures is absent.
        """
        names = [name for name, its_split in self._partition.items() if its_split == split]
        if not names:
            raise DatasetError(
                f"{NAME}: {self._folder / PARTITION} assigns no picture to the {split} split; expected the official "
                "partition, which has all three splits."
            )
        refuse_absent(NAME, self._pictures, names, self._present, PARTITION)
        return names

    def load(self, item: str) -> UInt8[np.ndarray, "side side 3"]:
        """Decode one face, and keep its central square.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return central_square(decode(self._pictures / item), self.crop)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' names and the contents of their files.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_files(self._pictures, items)

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    @property
    def _pictures(self) -> Path:
        return self._folder / PICTURES

    @cached_property
    def _partition(self) -> Mapping[str, Split]:
        return read_partition(NAME, self._folder / PARTITION)

    @cached_property
    def _present(self) -> set[str]:
        return names_beside(NAME, self._pictures, self._partition)


def read_partition(name: str, path: Path) -> dict[str, Split]:
    """Read CelebA's partition: a line a picture, its file name and 0 (train), 1 (val) or 2 (test).

    Args:
        name: of the data set that needs it, for messages.
        path: of `list_eval_partition.txt`.

    Returns:
        The split of each file name, in the file's order.

    Raises:
        DatasetError: if it is not there, or a line says something else or names a file outside the data set.
    """
    partition: dict[str, Split] = {}
    for line in read_lines(name, path):
        picture, _, number = line.partition(" ")
        split = _SPLITS.get(number.strip())
        if split is None:
            raise DatasetError(
                f"{name}: {path} holds the line {line[:80]!r}; expected a file name and 0, 1 or 2, as in "
                "'000001.jpg 0'. Take the publisher's file anew."
            )
        partition[below(name, path, line, picture)] = split
    return partition


def central_square(picture: UInt8[np.ndarray, "h w 3"], crop: int) -> UInt8[np.ndarray, "side side 3"]:
    """Return the central square of a CelebA picture, of any size that it may have been reduced to.

    The square is crop × w / 178 pixels wide, rounded to nearest (halves up), for a picture w pixels wide. It begins at
    row (h − side) // 2 and column (w − side) // 2: of an odd margin, the right or lower part is the larger one.

    For the published 178 × 218 pictures, `crop=108` is rows 55 to 162 and columns 35 to 142, as `center_crop` in
    carpedm20/DCGAN-tensorflow's `utils.py` has it. For an odd `crop`, that code rounds half of the margin (as its
    Python does: halves up, or to even) where it is cut off here, so that its square may lie a pixel further down
    and right.

    Args:
        picture: RGB levels.
        crop: side in pixels of a picture 178 wide, from 1 to 178.

    >>> central_square(np.zeros((218, 178, 3), np.uint8), 108).shape
    (108, 108, 3)
    >>> central_square(np.zeros((109, 89, 3), np.uint8), 108).shape
    (54, 54, 3)
    """
    height, width = picture.shape[:2]
    side = (2 * crop * width + WIDTH) // (2 * WIDTH)
    side = max(1, min(side, height))
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]
