"""`paris_streetview`: Paris StreetView, in the split that Context Encoders were trained and tested on.

C. Doersch, S. Singh, A. Gupta, J. Sivic, A. A. Efros, "What Makes Paris Look like Paris?", SIGGRAPH 2012; D. Pathak et
al., "Context Encoders: Feature Learning by Inpainting", CVPR 2016, whose first author sends the pictures to those who
ask (README of pathak22/context-encoder, section 6).
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError
from inpaintbench_datasets.official import find_official, fingerprint_parts, lacks_split, names_in, refuse_absent

NAME: Final = "paris_streetview"

TRAIN_FOLDER: Final = "paris_train_original"
TEST_FOLDERS: Final = ("paris_eval/paris_eval_gt", "paris_eval_gt")
TRAIN_PICTURES: Final = 14_900
TEST_PICTURES: Final = tuple(f"{number:03d}_im.png" for number in range(1, 101))

_TEST_PICTURE = re.compile(r"\d{3}_im\.png")


class ParisStreetView:
    """Paris StreetView's 14,900 training pictures and 100 test pictures. There is no validation split.

    Args:
        path: the folder that holds `paris_train_original/` and `paris_eval/paris_eval_gt/` (or `paris_eval_gt/`).
    """

    def __init__(self, path: str = "paris_streetview") -> None:
        self.path = path

    def items(self, split: Split) -> Sequence[str]:
        """Return the file names of a split, sorted by code point: `001_im.png` to `100_im.png` are for testing.

        Raises:
            DatasetError: if there is no such split, a folder is not there, or pictures are absent.
        """
        if split == "val":
            raise lacks_split(NAME, split, "Pathak et al. made two. Take train or test.")
        return self._train if split == "train" else self._test

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._folder_of(_is_test(item)) / item)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' names and the contents of their files.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_parts(self._parts(items))

    def _parts(self, items: Sequence[str]) -> Iterable[tuple[Path, Sequence[str]]]:
        for is_test, names in groupby(items, key=_is_test):
            yield self._folder_of(is_test), list(names)

    def _folder_of(self, is_test: bool) -> Path:
        return self._test_folder if is_test else self._folder / TRAIN_FOLDER

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    @cached_property
    def _test_folder(self) -> Path:
        places = [self._folder / name for name in TEST_FOLDERS]
        return next((place for place in places if place.is_dir()), places[0])

    @cached_property
    def _train(self) -> Sequence[str]:
        folder = self._folder / TRAIN_FOLDER
        names = sorted(name for name in names_in(NAME, folder) if name.lower().endswith(".jpg"))
        if len(names) != TRAIN_PICTURES:
            raise DatasetError(
                f"{NAME}: {folder} holds {len(names):,} pictures that end in .JPG; expected "
                f"{TRAIN_PICTURES:,}. Unpack paris_train_original.zip anew."
            )
        return names

    @cached_property
    def _test(self) -> Sequence[str]:
        present = names_in(NAME, self._test_folder)
        refuse_absent(NAME, self._test_folder, TEST_PICTURES, present, "the test split")
        return TEST_PICTURES


def _is_test(item: str) -> bool:
    return _TEST_PICTURE.fullmatch(item) is not None
