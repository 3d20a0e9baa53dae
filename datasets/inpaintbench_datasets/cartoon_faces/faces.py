"""The data set `cartoon_faces`: drawn portraits, each from its own number, as many as wanted.

Faces are aligned and homogeneous, as those of CelebA are, so that a generative model of some megabytes can learn them;
and what belongs into a hole in the middle (eyes, brows, nose, glasses) can be told from the rest (the other half of the
glasses, the hair's colour, the light) by whoever knows faces, not by whoever continues edges. Everything is drawn in
float64 by operations that IEEE 754 fixes to the last bit.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.errors import DatasetError
from inpaintbench.seeding import RandomStream, derive_seed
from inpaintbench_datasets.cartoon_faces.genes import draw_genes
from inpaintbench_datasets.cartoon_faces.portrait import portray

NAME: Final = "cartoon_faces"

FIXED: Final = {"test": 64, "val": 64}
"""How many portraits the splits have that are the same for everybody."""

_ITEM: Final = re.compile(r"train-[0-9]{7}|(val|test)-[0-9]{2}")


class CartoonFaces:
    """Portraits of 128 × 128 pixels.

    Args:
        train: how many training portraits there are: the first ones of an endless sequence.
    """

    def __init__(self, train: int = 10_000) -> None:
        self._counts = {"train": train, **FIXED}

    def items(self, split: Split) -> Sequence[str]:
        """Return `test-00` and so on; a longer training split begins with the items of a shorter one."""
        digits = 7 if split == "train" else 2
        return tuple(f"{split}-{number:0{digits}}" for number in range(self._counts[split]))

    def load(self, item: str) -> UInt8[np.ndarray, "128 128 3"]:
        """Draw a portrait.

        Raises:
            DatasetError: if there is no such item.
        """
        split, _, number = item.partition("-")
        if not _ITEM.fullmatch(item) or int(number) >= self._counts[split]:
            raise DatasetError(
                f"{NAME} has no item {item!r}; expected one such as 'test-00', or one of the first "
                f"{self._counts['train']:,} such as 'train-0000000'."
            )
        return portray(draw_genes(RandomStream(derive_seed(NAME, item))))

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return a hash of the items: their pictures depend on nothing else but the code."""
        return hashlib.sha256("\n".join(items).encode()).hexdigest()
