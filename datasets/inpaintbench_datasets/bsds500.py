"""`bsds500`: the photographs of the Berkeley Segmentation Data Set and Benchmarks 500, with the official split.

P. Arbeláez, M. Maire, C. Fowlkes, J. Malik, "Contour Detection and Hierarchical Image Segmentation", IEEE TPAMI 33(5),
2011. Only the pictures are used, not the segmentations.
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
from inpaintbench_datasets.official import find_official, fingerprint_parts, names_in

NAME: Final = "bsds500"

PICTURES: Final[Mapping[Split, int]] = {"train": 200, "val": 100, "test": 200}
"""How many pictures each split has."""

FOLDERS: Final = ("images", "data/images", "BSDS500/data/images", "BSR/BSDS500/data/images")
"""Where the pictures may lie: the last is the layout of BSR_bsds500.tgz, the others parts of it."""


class BSDS500:
    """BSDS500's 500 photographs of natural scenes: 200 to train, 100 to validate and 200 to test.

    Args:
        path: the folder that holds `images/train/`, `images/val/` and `images/test/`, or into which BSR_bsds500.tgz
            was unpacked. A split whose folder is absent cannot be asked for; the others can.
    """

    def __init__(self, path: str = "bsds500") -> None:
        self.path = path
        self._known: dict[Split, Sequence[str]] = {}

    def items(self, split: Split) -> Sequence[str]:
        """Return the pictures of a split, such as `test/100007.jpg`, sorted by code point.

        Raises:
            DatasetError: if the folder or that of the split is not there, or does not hold all its pictures.
        """
        if split not in self._known:
            self._known[split] = self._list(split)
        return self._known[split]

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one photograph, of 481 × 321 or 321 × 481 pixels.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._images(item.split("/")[0]) / item)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and the contents of their files.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        splits = list(dict.fromkeys(item.split("/")[0] for item in items))
        parts = [(self._images(split), [item for item in items if item.startswith(f"{split}/")]) for split in splits]
        return fingerprint_parts(parts)

    def _list(self, split: Split) -> Sequence[str]:
        folder = self._images(split) / split
        names = sorted(name for name in names_in(NAME, folder) if name.lower().endswith(".jpg"))
        if len(names) != PICTURES[split]:
            raise DatasetError(
                f"{NAME}: {folder} holds {len(names)} pictures that end in .jpg; expected the {PICTURES[split]} of "
                f"the official {split} split. Unpack BSR_bsds500.tgz anew."
            )
        return [f"{split}/{name}" for name in names]

    def _images(self, split: str) -> Path:
        """Return the first of `FOLDERS` that holds the split, so that a whole copy makes up for a part."""
        places = [self._folder / name for name in FOLDERS]
        return next((place for place in places if (place / split).is_dir()), places[0])

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)
