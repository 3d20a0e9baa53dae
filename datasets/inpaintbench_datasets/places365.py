"""`places365`: Places365-Standard, photographs of 365 kinds of places.

B. Zhou, A. Lapedriza, A. Khosla, A. Oliva, A. Torralba, "Places: A 10 Million Image Database for Scene Recognition",
IEEE TPAMI 40(6), 2018. Layout as in torchvision's `datasets/places365.py`, and as the publisher's archives unpack.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError
from inpaintbench_datasets.official import (
    below,
    find_official,
    fingerprint_parts,
    lacks_split,
    names_beside,
    read_lines,
    refuse_absent,
)

NAME: Final = "places365"

CATEGORIES: Final = "categories_places365.txt"
LISTS: Final[Mapping[Split, str]] = {"train": "places365_train_standard.txt", "test": "places365_val.txt"}
FOLDERS: Final[Mapping[tuple[str, Split], tuple[str, ...]]] = {
    ("small", "train"): ("data_256_standard", "data_256"),
    ("small", "test"): ("val_256",),
    ("large", "train"): ("data_large_standard", "data_large"),
    ("large", "test"): ("val_large",),
}
"""Where a variant's pictures of a split lie: as torchvision renames the folder, or as the archive unpacks."""

_TEST_PREFIX: Final = "Places365_val_"


class Places365:
    """Places365-Standard: 1,803,460 training pictures, and the official validation set of 36,500 to test.

    Inpainting is evaluated on the validation set, since the labels of the test set are not public. There is no further
    split.

    Args:
        path: the folder that holds the lists and the folders of pictures.
        variant: `small` (all resized to 256 × 256 pixels by the publisher) or `large` (the high-resolution archives,
            whose pictures have many sizes).
    """

    def __init__(self, path: str = "places365", variant: str = "small") -> None:
        self.path = path
        self.variant = variant
        self._known: dict[Split, Mapping[str, str]] = {}

    def items(self, split: Split) -> Sequence[str]:
        """Return the pictures of a split in the order of its list: `a/airfield/00000001.jpg` or `Places365_val_….jpg`.

        They are the same for both variants.

        Raises:
            DatasetError: if there is no such split, the folder or a list is not there, a list cannot be read, or one
                of the split's pictures is absent.
        """
        if split not in LISTS:
            raise lacks_split(
                NAME,
                split,
                "its publisher's validation pictures, on which inpainting is evaluated, are its test split. "
                "Take train or test.",
            )
        names = list(self._labels(split))
        folder = self._folder_of(split)
        refuse_absent(NAME, folder, names, names_beside(NAME, folder, names), LISTS[split])
        return names

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._folder_of(_split_of(item)) / item)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' names and the contents of their files.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_parts(self._parts(items))

    def label(self, item: str) -> str:
        """Return the category of a picture, such as `airfield` or `apartment_building/outdoor`.

        Raises:
            DatasetError: if no list names the picture, or a list cannot be read.
        """
        split = _split_of(item)
        try:
            return self._labels(split)[item]
        except KeyError:
            raise DatasetError(f"{NAME} has no item {item!r}: {LISTS[split]} does not name it.") from None

    def _parts(self, items: Sequence[str]) -> Iterable[tuple[Path, Sequence[str]]]:
        for split, names in groupby(items, key=_split_of):
            yield self._folder_of(split), list(names)

    def _labels(self, split: Split) -> Mapping[str, str]:
        if split not in self._known:
            self._known[split] = self._read(split)
        return self._known[split]

    def _read(self, split: Split) -> Mapping[str, str]:
        path = self._folder / LISTS[split]
        labels = {}
        for line in read_lines(NAME, path):
            name, _, index = (field.strip() for field in line.partition(" "))
            if index not in self._categories:
                raise DatasetError(
                    f"{NAME}: {path} holds the line {line[:80]!r}; expected a file name and the number of a "
                    f"category in {CATEGORIES}. Unpack filelist_places365-standard.tar anew."
                )
            labels[below(NAME, path, line, name.lstrip("/"))] = self._categories[index]
        return labels

    def _folder_of(self, split: Split) -> Path:
        places = [self._folder / name for name in FOLDERS[self.variant, split]]
        return next((place for place in places if place.is_dir()), places[-1])

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    @cached_property
    def _categories(self) -> Mapping[str, str]:
        path = self._folder / CATEGORIES
        categories = {}
        for line in read_lines(NAME, path):
            name, _, index = (field.strip() for field in line.partition(" "))
            if not index.isdecimal() or name.count("/") < 2:
                raise DatasetError(
                    f"{NAME}: {path} holds the line {line[:80]!r}; expected a category and its number, as in "
                    "'/a/airfield 0'. Unpack filelist_places365-standard.tar anew."
                )
            categories[index] = name.split("/", 2)[2]  # without its initial, which is the folder above
        return categories


def _split_of(item: str) -> Split:
    return "test" if item.startswith(_TEST_PREFIX) else "train"
