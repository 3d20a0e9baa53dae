"""Pictures and holes of a suite without any method: what `bench preview` shows and `bench masks export` writes."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inpaintbench.api import DatasetSpec, MaskSpec
from inpaintbench.atomic import write_json
from inpaintbench.errors import StoreError, UnreadableImageError
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask
from inpaintbench.execution.evaluating.drawing import about
from inpaintbench.holes import hash_of, shape_of
from inpaintbench.plugins import Registry
from inpaintbench.selectors import select
from inpaintbench.store import slug
from inpaintbench.suite import Suite

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Bool, UInt8

MANIFEST: Final = "manifest.json"
MANIFEST_SCHEMA: Final = 1


@dataclass(frozen=True)
class Exhibit:
    """One picture with its holes.

    Attributes:
        dataset: the selector.
        item: id of the picture.
        index: its position in the data set.
        picture: 8-bit RGB, square.
        holes: one a mask, True = missing.
    """

    dataset: str
    item: str
    index: int
    picture: UInt8[np.ndarray, "size size 3"]
    holes: tuple[Bool[np.ndarray, "size size"], ...]


@dataclass(frozen=True)
class Gallery:
    """The data sets and masks of a suite.

    Attributes:
        datasets: test splits, up to the suite's limit.
        masks: in the suite's order.
        size: of the square pictures, in pixels.
        seed: of the suite.
    """

    datasets: tuple[ChosenDataset, ...]
    masks: tuple[ChosenMask, ...]
    size: int
    seed: int

    @classmethod
    def of(cls, suite: Suite, registry: Registry, *, hashed: bool = True) -> Gallery:
        """Resolve a suite's data sets and masks.

        Args:
            suite: what is asked for; its methods and metrics do not count.
            registry: the plugins.
            hashed: whether fingerprints of the data sets are needed, which can take long.

        Raises:
            UsageError: if a selector, a parameter, a data set or a mask of this size is not possible.
        """
        masks = [ChosenMask.open(one, suite.size) for one in select(suite.masks, MaskSpec, registry)]
        chosen = select(suite.datasets, DatasetSpec, registry)
        datasets = [ChosenDataset.open(one, suite.limit, hashed=hashed) for one in chosen]
        return cls(tuple(datasets), tuple(masks), suite.size, suite.seed)

    def exhibits(
        self, dataset: ChosenDataset, indices: Iterable[int], masks: Sequence[ChosenMask] | None = None
    ) -> Iterator[Exhibit]:
        """Yield pictures with their holes; those that cannot be decoded are left out.

        Args:
            dataset: of which.
            indices: positions of pictures.
            masks: all of them if None.

        Raises:
            Exception: whatever a data set or a mask raises.
        """
        wanted = dataset.wanted(self.size)
        chosen = self.masks if masks is None else masks
        for index in indices:
            item = dataset.items[index]
            try:
                picture = wanted.picture(item)
            except UnreadableImageError:
                continue
            holes = tuple(mask.draw(self.size, about(dataset, mask, item, self.seed)) for mask in chosen)
            yield Exhibit(dataset.selection.name, item, index, picture, holes)


def spread(count: int, most: int) -> list[int]:
    """Return at most `most` positions of `count`, evenly spread, the first among them.

    >>> spread(10, 4), spread(3, 4)
    ([0, 2, 5, 7], [0, 1, 2])
    """
    return [number * count // most for number in range(most)] if count > most else list(range(count))


def export_holes(gallery: Gallery, dataset: ChosenDataset, mask: ChosenMask, root: Path) -> tuple[Path, int]:
    """Write the holes of a data set under a mask as PNG files, white = missing, with `manifest.json` beside them.

    The manifest holds, for each item, the file, the hashes of picture and hole (see `inpaintbench.holes.hash_of`), and
    the hole's shape. All is written to a folder of another name first: a former export is replaced as a whole.

    Args:
        gallery: to which both belong.
        dataset: whose items the holes are for.
        mask: that draws them.
        root: below which they are written, at `<data set>/<mask>/`.

    Returns:
        The folder, and how many holes it holds.

    Raises:
        StoreError: if the folder cannot be written, or holds something else than a former export.
        Exception: whatever the data set or the mask raises.
    """
    folder = root / slug(dataset.selection.name) / slug(mask.selection.name)
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise StoreError(f"{folder} is there already and holds no {MANIFEST}; choose another --out, or remove it.")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    with _write_errors(folder):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
    try:
        entries = []
        for exhibit in gallery.exhibits(dataset, range(len(dataset.items)), [mask]):
            with _write_errors(folder):
                entries.append(_write_hole(exhibit, unfinished))
        document = {
            "schema": MANIFEST_SCHEMA,
            "dataset": dataset.identity | {"selector": dataset.selection.name},
            "mask": mask.identity | {"selector": mask.selection.name},
            "size": gallery.size,
            "seed": gallery.seed,
            "holes": entries,
        }
        with _write_errors(folder):
            write_json(unfinished / MANIFEST, document)
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder, len(entries)


def _write_hole(exhibit: Exhibit, folder: Path) -> dict[str, Any]:
    """Write the hole of a picture that is shown under one mask; return its entry in the manifest."""
    from PIL import Image

    (hole,) = exhibit.holes
    name = f"{exhibit.index:06d}-{_plain(exhibit.item)}.png"
    Image.fromarray(hole).save(folder / name, format="PNG")
    hashes = {"image_hash": hash_of(exhibit.picture), "hole_hash": hash_of(hole)}
    return {"item": exhibit.item, "file": name, **hashes, **dataclasses.asdict(shape_of(hole))}


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}.") from error


def _plain(item: str) -> str:
    """Return an item's id as part of a file name: for people, since the number before it tells files apart."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", item.rpartition(".")[0] or item)[-60:]
