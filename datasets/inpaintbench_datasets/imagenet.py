"""`imagenet`: ILSVRC 2012 (Russakovsky et al., IJCV 2015), a folder for each class.

Files: `train/<wnid>/*.JPEG` and `val/<wnid>/*.JPEG`, where a wnid is a class's WordNet id, such as `n01440764`.
The archive of validation pictures holds no folders: torchvision's `ImageNet` sorts them into their classes.
"""

import os
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench_datasets.official import find_official, lacks_split, names_in

NAME: Final = "imagenet"

FOLDERS: Final[dict[Split, str]] = {"train": "train", "test": "val"}
"""The folder of each split: the official test pictures have no published classes, and the field evaluates on val."""

_WNID: Final = re.compile(r"n\d{8}")


class ImageNet:
    """Photographs of 1,000 kinds of things. `test` is the official validation split; there is no val besides.

    Listing 1.28 million training pictures reads each class's folder once, and opens no file; the ids take some
    130 MB. Pictures are not counted: a part of the data set is accepted, and has another fingerprint.

    Args:
        path: the folder that holds `train` and `val`.
    """

    def __init__(self, path: str = "imagenet") -> None:
        self.path = path
        self._splits: dict[Split, list[str]] = {}

    def items(self, split: Split) -> Sequence[str]:
        """Return ids such as `val/n01440764/ILSVRC2012_val_00000293.JPEG`, sorted by code point within each class.

        Raises:
            DatasetError: if the data set is not there or not sorted into classes, or the split is val.
        """
        if split not in FOLDERS:
            raise lacks_split(NAME, split, "the official validation split is test here, and train is left whole.")
        if split not in self._splits:
            self._splits[split] = self._list(FOLDERS[split])
        return self._splits[split]

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._folder / item)

    def label(self, item: str) -> str:
        """Return the WordNet id of the class, such as `n01440764`: the folder that the picture lies in."""
        return item.split("/")[-2]

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and the contents of their files, in the order given.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_files(self._folder, items)

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    def _list(self, split: str) -> list[str]:
        folder = self._folder / split
        found = names_in(NAME, folder)
        items: list[str] = []
        for wnid in sorted(filter(_WNID.fullmatch, found)):
            items += [f"{split}/{wnid}/{name}" for name in sorted(names_in(NAME, folder / wnid)) if _is_picture(name)]
        if items:
            return items
        if any(map(_is_picture, found)):
            raise DatasetError(
                f"{NAME}: the pictures in {folder} are not sorted into classes; expected folders such as "
                "n01440764. `torchvision.datasets.ImageNet` sorts them as it unpacks the archives."
            )
        raise DatasetError(
            f"{NAME}: {folder} holds no picture; expected files such as n01440764/*.JPEG, a folder for each class."
        )


def _is_picture(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in (".jpeg", ".jpg")  # noqa: PTH122  a Path takes five times as long
