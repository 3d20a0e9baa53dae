"""`dtd`: the Describable Textures Dataset (Cimpoi et al., CVPR 2014), with its ten official partitions.

Files: those of `dtd-r1.0.1.tar.gz`, in the folders that torchvision's `DTD` expects (`dtd/images`, `dtd/labels`).
"""

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
from inpaintbench_datasets.official import below, find_official, names_beside, read_lines, refuse_absent

NAME: Final = "dtd"

PARTITIONS: Final = 10
"""Into train, val and test the publisher has divided the pictures this many times, each time all of them."""


class DescribableTextures:
    """Textures in the wild, of 47 kinds that people have words for.

    Args:
        path: the folder that holds `dtd/images` and `dtd/labels`, or `images` and `labels` themselves.
        partition: which of the official partitions, 1 to 10. A picture is in one split of each.

    Raises:
        DatasetError: if there is no such partition.
    """

    def __init__(self, path: str = "dtd", partition: int = 1) -> None:
        if not 1 <= partition <= PARTITIONS:
            raise DatasetError(f"{NAME} has no partition {partition}: expected 1 to {PARTITIONS}.")
        self.path = path
        self.partition = partition
        self._splits: dict[str, tuple[str, ...]] = {}

    def items(self, split: Split) -> Sequence[str]:
        """Return the pictures of a split as `class/file name`, in the order of the partition's list.

        Raises:
            DatasetError: if the data set is not there, or its list names pictures that are not, or lie outside.
        """
        if split not in self._splits:
            listing = self._root / "labels" / f"{split}{self.partition}.txt"
            listed = tuple(below(NAME, listing, line, line) for line in read_lines(NAME, listing))
            if not listed:
                raise DatasetError(
                    f"{NAME}: {listing} names no picture; expected lines such as banded/banded_0002.jpg."
                )
            refuse_absent(NAME, self._images, listed, names_beside(NAME, self._images, listed), listing.name)
            self._splits[split] = listed
        return self._splits[split]

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._images / item)

    def label(self, item: str) -> str:
        """Return the kind of texture, such as `banded`: the folder that the picture lies in."""
        return item.split("/", 1)[0]

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and the contents of their files, in the order given.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_files(self._images, items)

    @cached_property
    def _root(self) -> Path:
        folder = find_official(NAME, self.path)
        return folder / "dtd" if (folder / "dtd").is_dir() else folder

    @property
    def _images(self) -> Path:
        return self._root / "images"
