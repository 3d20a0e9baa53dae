"""`image_folder[path=…]`: all pictures below a folder, as a test set."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError
from inpaintbench.folders import PICTURE_SUFFIXES, find_folder, fingerprint_files, list_pictures


class ImageFolder:
    """The pictures below one folder, listed once, when they are first asked for.

    Args:
        path: the folder. A relative path counts from the current folder, then from `$INPAINTBENCH_DATA`.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def items(self, split: Split) -> Sequence[str]:
        """Return the pictures' paths relative to the folder, with `/`, sorted by code point.

        Raises:
            DatasetError: if the folder is not there, is a file, or holds no picture; or if another split is
                asked for, since a folder does not say which of its pictures are for training.
        """
        if split != "test":
            raise DatasetError(
                f"image_folder[path={self.path}] has no {split} split: every picture of a folder is for "
                "testing. Choose another data set to train on."
            )
        return self._items

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture to the RGB that a viewer shows: see `inpaintbench.decoding`.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._folder / item)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and the contents of their files, in the order given.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_files(self._folder, items)

    @cached_property
    def _folder(self) -> Path:
        return find_folder(self.path)

    @cached_property
    def _items(self) -> tuple[str, ...]:
        items = tuple(list_pictures(self._folder))
        if not items:
            endings = ", ".join(sorted(PICTURE_SUFFIXES))
            raise DatasetError(f"{self._folder} holds no picture, at any depth: expected files ending in {endings}.")
        return items
