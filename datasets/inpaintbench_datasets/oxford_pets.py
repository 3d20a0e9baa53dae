"""`oxford_pets`: the Oxford-IIIT Pet data set (Parkhi et al., CVPR 2012), cats and dogs of 37 breeds.

Files: those of the publisher's `images.tar.gz` and `annotations.tar.gz`, unpacked into one folder. Of the
annotations only the two lists of a split are read.
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
from inpaintbench_datasets.official import below, find_official, lacks_split, names_in, read_lines, refuse_absent

NAME: Final = "oxford_pets"

LISTS: Final[dict[Split, str]] = {"train": "trainval.txt", "test": "test.txt"}
"""The list of each split. The publisher gives training and validation pictures in one list: it is train here."""


class OxfordPets:
    """Cats and dogs. There is no val split: `train` is the published `trainval`.

    Args:
        path: the folder that holds `images` and `annotations`.
    """

    def __init__(self, path: str = "oxford-iiit-pet") -> None:
        self.path = path
        self._splits: dict[Split, tuple[str, ...]] = {}

    def items(self, split: Split) -> Sequence[str]:
        """Return the file names of a split's pictures, in the order of its list.

        Raises:
            DatasetError: if the data set is not there, its list is damaged or names pictures that are not there, or
                the split is val.
        """
        if split not in LISTS:
            raise lacks_split(NAME, split, "it is published as trainval, which is train here, and test.")
        if split not in self._splits:
            listed = tuple(self._read_list(LISTS[split]))
            refuse_absent(NAME, self._images, listed, names_in(NAME, self._images), LISTS[split])
            self._splits[split] = listed
        return self._splits[split]

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._images / item)

    def label(self, item: str) -> str:
        """Return the breed, such as `Abyssinian` or `basset_hound`: cats with a capital, dogs without."""
        return item.rsplit("_", 1)[0]

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and the contents of their files, in the order given.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_files(self._images, items)

    def _read_list(self, name: str) -> list[str]:
        """Read lines such as `Abyssinian_100 1 1 1`: name of the picture, class, species, breed."""
        listing = self._folder / "annotations" / name
        rows = [line.split() for line in read_lines(NAME, listing) if not line.startswith("#")]
        if not rows:
            raise DatasetError(f"{NAME}: {listing} names no picture; expected lines such as 'Abyssinian_100 1 1 1'.")
        wrong = next((row for row in rows if len(row) != 4), None)
        if wrong is not None:
            raise DatasetError(
                f"{NAME}: {listing} holds the line {' '.join(wrong)!r}; "
                "expected the name of a picture and three numbers. Fetch the annotations anew."
            )
        return [f"{below(NAME, listing, ' '.join(row), row[0])}.jpg" for row in rows]

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    @property
    def _images(self) -> Path:
        return self._folder / "images"
