"""Pictures and holes of a suite without any method: what `bench preview` shows and `bench masks export` writes."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inpaintbench.api import DatasetSpec, MaskSpec
from inpaintbench.atomic import replacing, write_json
from inpaintbench.errors import StoreError, UnreadableImageError
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask
from inpaintbench.execution.drawing import about
from inpaintbench.holes import hash_of, shape_of
from inpaintbench.plugins import Registry
from inpaintbench.selectors import select
from inpaintbench.store import slug
from inpaintbench.suite import Suite

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Bool, UInt8

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
    def of(cls, suite: Suite, registry: Registry) -> Gallery:
        """Resolve a suite's data sets and masks.

        Raises:
            UsageError: if a selector, a parameter, a data set or a mask of this size is not possible.
        """
        masks = [ChosenMask.open(one, suite.size) for one in select(suite.masks, MaskSpec, registry)]
        datasets = [ChosenDataset.open(one, suite.limit) for one in select(suite.datasets, DatasetSpec, registry)]
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
    the hole's shape. It is written last: where it is, all files are.

    Args:
        gallery: to which both belong.
        dataset: whose items the holes are for.
        mask: that draws them.
        root: below which they are written, at `<data set>/<mask>/`.

    Returns:
        The folder, and how many holes it holds.

    Raises:
        StoreError: if the folder cannot be written.
        Exception: whatever the data set or the mask raises.
    """
    from PIL import Image

    folder = root / slug(dataset.selection.name) / slug(mask.selection.name)
    entries: list[dict[str, Any]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").unlink(missing_ok=True)
        for exhibit in gallery.exhibits(dataset, range(len(dataset.items)), [mask]):
            (hole,) = exhibit.holes
            name = f"{exhibit.index:06d}-{_plain(exhibit.item)}.png"
            encoded = io.BytesIO()
            Image.fromarray(hole).save(encoded, format="PNG")
            with replacing(folder / name) as file:
                file.write(encoded.getvalue())
            entries.append(
                {
                    "item": exhibit.item,
                    "file": name,
                    "image_hash": hash_of(exhibit.picture),
                    "hole_hash": hash_of(hole),
                    **dataclasses.asdict(shape_of(hole)),
                }
            )
        document = {
            "schema": MANIFEST_SCHEMA,
            "dataset": dataset.identity | {"selector": dataset.selection.name},
            "mask": mask.identity | {"selector": mask.selection.name},
            "size": gallery.size,
            "seed": gallery.seed,
            "holes": entries,
        }
        write_json(folder / "manifest.json", document)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}.") from error
    return folder, len(entries)


def _plain(item: str) -> str:
    """Return an item's id as part of a file name: for people, since the number before it tells files apart."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", item.rpartition(".")[0] or item)[-60:]
