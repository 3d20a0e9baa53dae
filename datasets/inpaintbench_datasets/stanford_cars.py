"""`stanford_cars`: the Cars data set (Krause et al., 3dRR 2013), 196 models, with a bounding box for each picture.

Files: `cars_train/`, `cars_test/`, `devkit/` and `cars_test_annos_withlabels.mat`, as torchvision's `StanfordCars`
expects them. The annotations of a picture are `fname`, `class` (from 1) and `bbox_x1`, `bbox_y1`, `bbox_x2`,
`bbox_y2`: the devkit's README calls the latter the least and greatest x and y in pixels. It does not say from
where they count. They are read as Matlab's: from 1, both ends included.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench_datasets.matlab import read_variable
from inpaintbench_datasets.official import below, find_official, lacks_split, names_in, refuse_absent

NAME: Final = "stanford_cars"

ANNOTATIONS: Final[dict[Split, str]] = {
    "train": "devkit/cars_train_annos.mat",
    "test": "cars_test_annos_withlabels.mat",
}
"""The file of each split's annotations. That of the test pictures in `devkit` names no classes."""

FIELDS: Final = ("fname", "class", "bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")


class Annotation(NamedTuple):
    """What is known of one picture.

    Attributes:
        model: the class, from 1.
        box: first column, first row, last column, last row of the car, from 1, all included.
    """

    model: int
    box: tuple[int, int, int, int]


class StanfordCars:
    """Cars of 196 makes, models and years. There is no val split.

    Args:
        path: the folder that holds `cars_train`, `cars_test`, `devkit` and `cars_test_annos_withlabels.mat`.
        crop: `none` for the published picture, `box` for the car's bounding box, to which Yeh et al. (CVPR 2017) cut.
    """

    def __init__(self, path: str = "stanford_cars", crop: Literal["none", "box"] = "none") -> None:
        self.path = path
        self.crop = crop
        self._splits: dict[str, dict[str, Annotation]] = {}

    def items(self, split: Split) -> Sequence[str]:
        """Return ids such as `cars_test/00001.jpg`, in the order of the annotations.

        Raises:
            DatasetError: if the data set is not there, its annotations are damaged or name pictures that are not
                there, or the split is val.
        """
        if split not in ANNOTATIONS:
            raise lacks_split(NAME, split, "it is published as train and test.")
        return list(self._annotations(split))

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture, and cut it to its box if that is wanted; what reaches out of the picture is left out.

        Raises:
            UnreadableImageError: if it cannot be decoded, or its box lies outside.
            DatasetError: if there is no such item, which is asked only for a box.
        """
        picture = decode(self._folder / item)
        if self.crop == "none":
            return picture
        left, top, right, bottom = self._annotation(item).box
        cut = picture[max(top - 1, 0) : max(bottom, 0), max(left - 1, 0) : max(right, 0)]
        if not cut.size:
            height, width = picture.shape[:2]
            raise UnreadableImageError(
                f"{self._folder / item} has {width}×{height} pixels, and its box (columns {left} to {right}, rows "
                f"{top} to {bottom}) holds none of them; expected the picture as published."
            )
        return cut.copy()

    def label(self, item: str) -> str:
        """Return make, model and year, such as `Acura TL Sedan 2012`.

        Raises:
            DatasetError: if there is no such item, or the list of classes is not there or too short.
        """
        model = self._annotation(item).model
        if not 1 <= model <= len(self._models):
            raise DatasetError(
                f"{NAME}: {item} is of class {model}, and devkit/cars_meta.mat names {len(self._models)} classes; "
                "expected annotations and devkit of one release."
            )
        return self._models[model - 1]

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and files, in the order given, and their boxes if they are used.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        files = fingerprint_files(self._folder, items)
        if self.crop == "none":
            return files
        boxes = [str(self._annotation(item).box) for item in items]
        return hashlib.sha256("\n".join([files, *boxes]).encode()).hexdigest()

    @cached_property
    def _folder(self) -> Path:
        return find_official(NAME, self.path)

    @cached_property
    def _models(self) -> list[str]:
        names = read_variable(NAME, self._folder / "devkit" / "cars_meta.mat", "class_names", squeeze=True)
        return [str(name) for name in np.atleast_1d(names)]

    def _annotation(self, item: str) -> Annotation:
        for split in ANNOTATIONS:
            if item.startswith(f"cars_{split}/") and item in self._annotations(split):
                return self._annotations(split)[item]
        raise DatasetError(f"{NAME} has no item {item!r}; expected an id such as 'cars_test/00001.jpg'.")

    def _annotations(self, split: Split) -> dict[str, Annotation]:
        if split not in self._splits:
            path = self._folder / ANNOTATIONS[split]
            rows = np.atleast_1d(read_variable(NAME, path, "annotations", squeeze=True))
            absent = [field for field in FIELDS if field not in (rows.dtype.names or ())]
            if absent:
                raise DatasetError(f"{NAME}: the annotations in {path} have no {absent[0]}; fetch the file anew.")
            if not len(rows):
                raise DatasetError(f"{NAME}: {path} annotates no picture; fetch the file anew.")
            listed = {}
            for row in rows:
                file = str(row["fname"])
                left, top, right, bottom = (int(row[field]) for field in FIELDS[2:])
                listed[below(NAME, path, file, file)] = Annotation(int(row["class"]), (left, top, right, bottom))
            folder = self._folder / f"cars_{split}"
            refuse_absent(NAME, folder, listed, names_in(NAME, folder), path.name)
            self._splits[split] = {f"cars_{split}/{name}": about for name, about in listed.items()}
        return self._splits[split]
