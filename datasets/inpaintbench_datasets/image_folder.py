"""`image_folder[path=…]`: a folder of one's own pictures, all for testing, or divided into splits.

There are two ways to divide it: by sub-folders (`train=`, `val=`, `test=`), or by holding out a number or a share of
the pictures for testing (`holdout=`), the rest being for training.

Which pictures are held out: those that come first in the order of `derive_seed("holdout", holdout_seed, item)`. A
picture's place in that order depends on its own path alone. So when a picture is added, the others keep their order:
at a fixed number, the new picture is held out or not, and if it is, the last of those held out so far moves to train.
At a share, the number held out may also grow by one, by which at most one picture moves from train to test.
"""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split, resolve_extent
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, NoSplitError, ParameterError
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench.folders import PICTURE_SUFFIXES, find_folder, list_pictures
from inpaintbench.seeding import derive_seed

NAME: Final = "image_folder"

NONE: Final = "none"
"""As a sub-folder: there is no such split."""

HERE: Final = "."
"""As a sub-folder: the folder itself."""


class ImageFolder:
    """The pictures below one folder, listed once, when they are first asked for.

    Args:
        path: the folder. A relative path counts from the current folder, then from `$INPAINTBENCH_DATA`.
        train: the sub-folder of the training pictures; `none` if there are none.
        val: the sub-folder of the validation pictures; `none` if there are none.
        test: the sub-folder of the test pictures; `.` for all pictures of the folder.
        holdout: how many pictures are for testing, as a whole number, or which share of them (rounded to pictures,
            at least one); the rest is for training. With 1.0 all of them are for testing.
        holdout_seed: another number holds out other pictures.

    Raises:
        ParameterError: if the parameters contradict one another, or a sub-folder leads out of the folder.
    """

    def __init__(
        self,
        path: str,
        train: str = NONE,
        val: str = NONE,
        test: str = HERE,
        holdout: int | float = 1.0,
        holdout_seed: int = 0,
    ) -> None:
        self.path = path
        self.holdout = holdout
        self.holdout_seed = holdout_seed
        given: dict[Split, str] = {"train": train, "val": val, "test": test}
        self._folders = {split: _below(split, name) for split, name in given.items() if name != NONE}
        self._divided = not isinstance(holdout, float) or holdout < 1.0  # the whole number 1 is one picture
        self._listed: dict[Split, tuple[str, ...]] = {}
        self._refuse_contradictions()

    def items(self, split: Split) -> Sequence[str]:
        """Return a split's pictures: paths relative to the folder, with `/`, sorted by code point.

        Raises:
            DatasetError: if the folder or the split's sub-folder is not there, is a file, or holds no picture; if
                fewer pictures are there than are to be held out; if two splits would hold the same pictures, since
                one's sub-folder is a link into the other's; or if there is no such split.
        """
        if split not in self._listed:
            self._refuse_links()
            self._listed[split] = self._list(split)
        return self._listed[split]

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture to the RGB that a viewer shows: see `inpaintbench.decoding`.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        return decode(self._folder / item)

    def label(self, item: str) -> str:
        """Return the name of the folder that the picture lies in, below the split's folder; empty if in that itself."""
        path = PurePosixPath(item)
        splits = {PurePosixPath(folder) for folder in self._folders.values()}
        return "" if path.parent in splits else path.parent.name

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and the contents of their files, in the order given.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        return fingerprint_files(self._folder, items)

    @cached_property
    def _folder(self) -> Path:
        return find_folder(self.path)

    def _list(self, split: Split) -> tuple[str, ...]:
        if self._divided:
            return self._part(split)
        if split in self._folders:
            return self._pictures_in(self._folders[split])
        if self._folders == {"test": HERE}:
            raise NoSplitError(
                f"{NAME}[path={self.path}] has no {split} split: every picture of a folder is for testing. "
                "Choose another data set to train on, or divide this one: into sub-folders (train=…,test=…), or by "
                "a share for testing (holdout=0.1)."
            )
        raise NoSplitError(f"{NAME}[path={self.path}] has no {split} split. Name its sub-folder: {split}=….")

    def _part(self, split: Split) -> tuple[str, ...]:
        """Return the pictures held out (test), or the others (train)."""
        if split == "val":
            raise NoSplitError(
                f"{NAME}[path={self.path},holdout={self.holdout}] has no val split: holdout divides a folder "
                "into train and test. For three splits, name sub-folders: train=…,val=…,test=…."
            )
        items = self._pictures_in(HERE)
        count = resolve_extent(self.holdout, len(items))
        if count > len(items) or (split == "train" and count == len(items)):
            raise DatasetError(
                f"{NAME}[path={self.path},holdout={self.holdout}] holds out {count} pictures, and the folder has "
                f"{len(items)}: none is left for training. Choose a smaller holdout."
            )
        order = sorted(items, key=lambda item: (derive_seed("holdout", self.holdout_seed, item), item))
        return tuple(sorted(order[:count] if split == "test" else order[count:]))

    def _pictures_in(self, folder: str) -> tuple[str, ...]:
        place = self._folder / folder
        if not place.is_dir():
            raise DatasetError(f"{self._folder} has no sub-folder {folder}; name one that is there.")
        prefix = "" if folder == HERE else f"{folder}/"
        items = tuple(prefix + name for name in list_pictures(place))
        if not items:
            endings = ", ".join(sorted(PICTURE_SUFFIXES))
            raise DatasetError(f"{place} holds no picture, at any depth: expected files ending in {endings}.")
        return items

    def _refuse_links(self) -> None:
        """Refuse two splits of the same pictures under two names: links, or capitals on disks that ignore them."""
        places = {split: self._folder / folder for split, folder in self._folders.items()}
        for split, place in places.items():
            for other, above in places.items():
                if other != split and _lies_in(place, above):
                    raise DatasetError(
                        f"{NAME}[path={self.path}]: {self._folders[split]} ({split}) and {self._folders[other]} "
                        f"({other}) hold the same pictures: expected folders of which none lies in another."
                    )

    def _refuse_contradictions(self) -> None:
        if isinstance(self.holdout, int) and self.holdout < 1:
            raise ParameterError(
                f"{NAME}[holdout={self.holdout}] is not possible: expected a whole number of pictures at least 1, or "
                "a share such as 0.25."
            )
        if self._divided and self._folders != {"test": HERE}:
            raise ParameterError(
                f"{NAME}[holdout={self.holdout}] divides the whole folder: give either holdout, or sub-folders "
                "(train, val, test)."
            )
        if self.holdout_seed and not self._divided:
            raise ParameterError(
                f"{NAME}[holdout_seed={self.holdout_seed}] has no effect without holdout: give holdout=0.1 or so."
            )
        for split, folder in self._folders.items():
            for other, above in self._folders.items():
                if other != split and PurePosixPath(folder).is_relative_to(above):
                    raise ParameterError(
                        f"{NAME}[{other}={above},{split}={folder}] puts pictures into two splits: expected "
                        "sub-folders of which none lies in another. Without test=… the whole folder is for testing."
                    )


def _lies_in(folder: Path, above: Path) -> bool:
    """Whether a folder is another one or lies in it; by what the disk says, since one folder can have many names."""
    known = _identity(above)
    real = Path(os.path.realpath(folder))
    return known is not None and any(_identity(place) == known for place in (real, *real.parents))


def _identity(place: Path) -> tuple[int, int] | None:
    try:
        status = place.stat()
    except OSError:  # whoever lists the folder says what is wrong with it
        return None
    return status.st_dev, status.st_ino


def _below(split: Split, name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name.startswith("~"):
        raise ParameterError(
            f"{NAME}[{split}={name}] is not possible: expected a folder below that of path, such as {split}."
        )
    return str(path)
