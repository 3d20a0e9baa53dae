"""`ffhq`: Flickr-Faces-HQ, with the split that its publisher appointed.

T. Karras, S. Laine, T. Aila, "A Style-Based Generator Architecture for Generative Adversarial Networks", CVPR 2019.
Layout and split by the README of NVlabs/ffhq-dataset: folders of 1,000 pictures, 60,000 for training, 10,000 for
validation.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench_datasets.official import (
    find_official,
    fingerprint_parts,
    lacks_split,
    names_beside,
    names_in,
    refuse_absent,
)

NAME: Final = "ffhq"

SPLITS: Final[Mapping[Split, range]] = {"train": range(60_000), "test": range(60_000, 70_000)}
"""The numbers of the pictures of each split: the publisher's training and validation pictures."""

_FOLDER = re.compile(r"\d{5}")


class FFHQ:
    """FFHQ's 70,000 faces: the first 60,000 to train, and the official validation set, the last 10,000, to test.

    Inpainting is evaluated on the validation set. There is no further split.

    Args:
        path: the folder that holds `images1024x1024/` or `thumbnails128x128/`, with the pictures in folders of 1,000
            (`60000/60123.png`) as published, or all in one.
        variant: the folder to read: `images1024x1024` (1024 × 1024 pixels) or `thumbnails128x128` (128 × 128).
    """

    def __init__(self, path: str = "ffhq", variant: str = "images1024x1024") -> None:
        self.path = path
        self.variant = variant

    def items(self, split: Split) -> Sequence[str]:
        """Return the file names of a split, such as `60123.png`, by number.

        Raises:
            DatasetError: if there is no such split, the folder is not there, or one of the split's pictures is absent.
        """
        if split not in SPLITS:
            raise lacks_split(
                NAME,
                split,
                "its publisher's validation pictures, on which inpainting is evaluated, are its test split. "
                "Take train or test.",
            )
        names = [f"{number:05d}.png" for number in SPLITS[split]]
        files = [self._file(name) for name in names]
        refuse_absent(NAME, self._folder, files, names_beside(NAME, self._folder, files), f"the {split} split")
        return names

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one face, which is square.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._folder / self._file(item))

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' names and the contents of their files, however folders divide them.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_parts(self._parts(items))

    def _parts(self, items: Sequence[str]) -> Iterable[tuple[Path, Sequence[str]]]:
        for _, group in groupby(items, key=_thousand):  # by thousands in either layout, so that both hash alike
            names = list(group)
            yield (self._folder / self._file(names[0])).parent, names

    def _file(self, item: str) -> str:
        return f"{_thousand(item)}/{item}" if self._divided else item

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path) / self.variant

    @cached_property
    def _divided(self) -> bool:
        return any(_FOLDER.fullmatch(name) for name in names_in(NAME, self._folder))


def _thousand(item: str) -> str:
    return f"{item[:2]}000"
