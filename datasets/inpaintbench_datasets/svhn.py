"""`svhn`: Street View House Numbers (Netzer et al., 2011), the cropped digits of 32×32 pixels ("format 2").

Files: `train_32x32.mat` and `test_32x32.mat`, each with the pictures `X` (32, 32, 3, n) and the digits `y` (n, 1).
The third file, 531,131 easier digits called `extra`, is left out: it belongs to no evaluation split, and Yeh et al.
(CVPR 2017) used the 73,257 and 26,032 pictures of the other two.
"""

import hashlib
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, get_args

import numpy as np
from jaxtyping import Int, UInt8

from inpaintbench.api import Split
from inpaintbench.errors import DatasetError
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench_datasets.matlab import read_variable, shape_of_variable
from inpaintbench_datasets.official import find_official, lacks_split

NAME: Final = "svhn"

FILES: Final[dict[Split, str]] = {"train": "train_32x32.mat", "test": "test_32x32.mat"}
"""The file of each split."""

SIDE: Final = 32
"""Of a picture, in pixels."""


class StreetViewHouseNumbers:
    """Digits cut out of house numbers, with parts of their neighbours. There is no val split.

    A file's pictures are read when one of them is loaded, and kept until one of the other split is: 225 MB for
    train, 80 MB for test.

    Args:
        path: the folder that holds the two files.
    """

    def __init__(self, path: str = "svhn") -> None:
        self.path = path
        self._lock = threading.Lock()
        self._kept: tuple[str, UInt8[np.ndarray, "32 32 3 n"]] | None = None
        self._digits: dict[str, Int[np.ndarray, " n"]] = {}

    def items(self, split: Split) -> Sequence[str]:
        """Return ids such as `test/00042`: the picture's index in its file, from 0. Reads no picture.

        Raises:
            DatasetError: if the file is not there or damaged, or the split is val.
        """
        if split not in FILES:
            raise lacks_split(NAME, split, "it is published as train and test.")
        path = self._folder / FILES[split]
        shape = shape_of_variable(NAME, path, "X")
        if len(shape) != 4 or shape[:3] != (SIDE, SIDE, 3):
            found = " × ".join(str(length) for length in shape)
            raise DatasetError(f"{NAME}: X in {path} is {found}; expected 32 × 32 × 3 × n, as in the cropped digits.")
        return [f"{split}/{index:05d}" for index in range(shape[3])]

    def load(self, item: str) -> UInt8[np.ndarray, "32 32 3"]:
        """Return one picture.

        Raises:
            DatasetError: if there is no such item, or its file is not there or damaged.
        """
        split, index = _parse(item)
        pictures = self._pictures(split)
        if index >= pictures.shape[3]:
            raise _unknown(item)
        return np.ascontiguousarray(pictures[..., index])

    def label(self, item: str) -> str:
        """Return the digit, `0` to `9`; in the file, the digit 0 is called 10.

        Raises:
            DatasetError: if there is no such item, or its file is not there or damaged.
        """
        split, index = _parse(item)
        if split not in self._digits:
            self._digits[split] = read_variable(NAME, self._folder / FILES[split], "y").ravel().astype(np.int64) % 10
        if index >= len(self._digits[split]):
            raise _unknown(item)
        return str(self._digits[split][index])

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids, in the order given, and the contents of the files they are in.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        files = sorted({FILES[_parse(item)[0]] for item in items})
        return hashlib.sha256("\n".join([fingerprint_files(self._folder, files), *items]).encode()).hexdigest()

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    def _pictures(self, split: Split) -> UInt8[np.ndarray, "32 32 3 n"]:
        with self._lock:  # several threads load pictures; the file shall be read once
            if self._kept is None or self._kept[0] != split:
                self._kept = None  # free the other split's pictures first
                self._kept = (split, read_variable(NAME, self._folder / FILES[split], "X"))
            return self._kept[1]


def _parse(item: str) -> tuple[Split, int]:
    name, _, index = item.partition("/")
    for split in get_args(Split):
        if split == name and split in FILES and index.isdecimal():
            return split, int(index)
    raise _unknown(item)


def _unknown(item: str) -> DatasetError:
    return DatasetError(f"{NAME} has no item {item!r}; expected an id such as 'test/00042'.")
