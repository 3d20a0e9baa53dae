"""`celeba_hq`: the 30,000 faces of CelebA-HQ as CelebAMask-HQ distributes them, split by CelebA's partition.

T. Karras, T. Aila, S. Laine, J. Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
ICLR 2018; C.-H. Lee, Z. Liu, L. Wu, P. Luo, "MaskGAN: Towards Diverse and Interactive Facial Image Manipulation",
CVPR 2020, whose archive holds the pictures as JPEG files, and the list of the CelebA pictures that they were made of.
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
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench_datasets.celeba import PARTITION, read_partition
from inpaintbench_datasets.official import find_official, names_beside, read_lines, refuse_absent

NAME: Final = "celeba_hq"

PICTURES: Final = "CelebA-HQ-img"
MAPPING: Final = "CelebA-HQ-to-CelebA-mapping.txt"


class CelebAHQ:
    """CelebA-HQ's 30,000 faces: 24,183 to train, 2,993 to validate and 2,824 to test.

    A face belongs to the split of the CelebA picture that it was made of. The thresholds of CelebAMask-HQ's own script
    (`face_parsing/Data_preprocessing/g_partition.py`) compare numbers that count from 0 with file names that count
    from 1; here the file names are looked up.

    Args:
        path: the folder that holds `CelebA-HQ-img/`, `CelebA-HQ-to-CelebA-mapping.txt` and CelebA's
            `list_eval_partition.txt`.
    """

    def __init__(self, path: str = "CelebAMask-HQ") -> None:
        self.path = path

    def items(self, split: Split) -> Sequence[str]:
        """Return the file names of a split, such as `17.jpg`, in the mapping's order, which is that of the numbers.

        Raises:
            DatasetError: if the folder or a list is not there, a list cannot be read, no picture is of this split, or
                one of the split's pictures is absent.
        """
        names = [name for name, its_split in self._splits.items() if its_split == split]
        if not names:
            raise DatasetError(
                f"{NAME}: {MAPPING} and {PARTITION} in {self._folder} assign no picture to the {split} split; "
                "expected the published files, which have all three splits."
            )
        refuse_absent(NAME, self._pictures, names, self._present, MAPPING)
        return names

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one face, which is square.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._pictures / item)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' names and the contents of their files.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_files(self._pictures, items)

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    @property
    def _pictures(self) -> Path:
        return self._folder / PICTURES

    @cached_property
    def _splits(self) -> Mapping[str, Split]:
        partition = read_partition(NAME, self._folder / PARTITION)
        originals = read_mapping(self._folder / MAPPING)
        refuse_absent(NAME, self._folder / PARTITION, originals.values(), partition, MAPPING)
        return {name: partition[original] for name, original in originals.items()}

    @cached_property
    def _present(self) -> set[str]:
        return names_beside(NAME, self._pictures, self._splits)


def read_mapping(path: Path) -> dict[str, str]:
    """Read of which CelebA picture each CelebA-HQ picture was made.

    After the heading `idx orig_idx orig_file`, a line holds the number of the CelebA-HQ picture, that of the CelebA
    picture (from 0), and its file name (from 000001.jpg), with any number of blanks between them.

    Returns:
        The CelebA file name for each CelebA-HQ file name, in the file's order.

    Raises:
        DatasetError: if it is not there, or a line says something else.
    """
    originals: dict[str, str] = {}
    for position, line in enumerate(read_lines(NAME, path)):
        fields = line.split()
        if position == 0 and fields[0] == "idx":
            continue
        if len(fields) != 3 or not fields[0].isdecimal():
            raise DatasetError(
                f"{NAME}: {path} holds the line {line[:80]!r}; expected two numbers and a file name, as in "
                "'0 7 000008.jpg'. Take the publisher's file anew."
            )
        originals[f"{fields[0]}.jpg"] = fields[2]
    return originals
