"""From item ids to batches of pictures and holes: decoded and drawn in a thread, one batch ahead of the method."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from inpaintbench.api import Batch, Dataset, MaskGenerator
from inpaintbench.errors import InvalidOutputError, UnreadableImageError
from inpaintbench.execution.cells import Cell
from inpaintbench.ops import corrupt
from inpaintbench.pictures import fit
from inpaintbench.seeding import RandomStream, derive_seed

CACHE_BYTES: Final = 256 * 2**20
"""Memory for decoded pictures, shared by the cells of a run: 20,000 pictures of 64 pixels."""


@dataclass(frozen=True)
class Loaded:
    """One batch, in memory.

    Attributes:
        items: ids of the pictures.
        indices: their positions in the data set.
        pictures: 8-bit RGB.
        holes: True = missing.
        seeds: for the method, one a picture.
        unreadable: items that belong here but cannot be decoded, with the reason.
    """

    items: tuple[str, ...]
    indices: tuple[int, ...]
    pictures: UInt8[np.ndarray, "b h w 3"]
    holes: Bool[np.ndarray, "b h w"]
    seeds: tuple[int, ...]
    unreadable: tuple[dict[str, str], ...]

    def to(self, device: torch.device) -> tuple[torch.Tensor, Batch]:
        """Return the ground truth `(b, 3, h, w)` in [0, 1], and what the method may see of it, on a device."""
        levels = torch.from_numpy(self.pictures).to(device).permute(0, 3, 1, 2)
        image = levels.to(torch.float32).div_(255).contiguous()
        hole = torch.from_numpy(self.holes).to(device).unsqueeze(1)
        return image, Batch(corrupt(image, hole), hole.clone(), self.seeds)


class PictureCache:
    """Fitted pictures of the items used last, up to a number of bytes. Safe for threads."""

    def __init__(self, capacity: int = CACHE_BYTES) -> None:
        self._capacity = capacity
        self._used = 0
        self._pictures: OrderedDict[tuple[str, str, int], UInt8[np.ndarray, "h w 3"]] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, name: str, fingerprint: str, dataset: Dataset, item: str, size: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return an item, decoded, resized and cropped to `size`.

        Raises:
            UnreadableImageError: if it cannot be decoded.
        """
        key = (f"{name}@{fingerprint}", item, size)
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        picture = fit(dataset.load(item), size)
        with self._lock:
            if key not in self._pictures:
                self._pictures[key] = picture
                self._used += picture.nbytes
            while self._used > self._capacity:
                self._used -= self._pictures.popitem(last=False)[1].nbytes
        return picture


def batches(cell: Cell, indices: Sequence[int], batch_size: int, cache: PictureCache) -> Iterator[Loaded]:
    """Yield the cell's items at `indices`, `batch_size` at a time, each batch loaded while the one before is used."""
    groups = [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="loader") as loader:
        ahead = loader.submit(_load, cell, groups[0], cache) if groups else None
        for following in [*groups[1:], None]:
            loaded = ahead.result() if ahead else None
            ahead = loader.submit(_load, cell, following, cache) if following else None
            if loaded is not None:
                yield loaded


def _load(cell: Cell, indices: Sequence[int], cache: PictureCache) -> Loaded:
    data, mask = cell.pictures, cell.holes
    if isinstance(data.dataset, Exception):
        raise data.dataset
    if isinstance(mask.generator, Exception):
        raise mask.generator
    items: list[str] = []
    kept: list[int] = []
    pictures: list[UInt8[np.ndarray, "h w 3"]] = []
    unreadable: list[dict[str, str]] = []
    for index in indices:
        item = data.items[index]
        try:
            picture = cache.load(data.selection.name, data.fingerprint, data.dataset, item, cell.size)
        except UnreadableImageError as error:
            unreadable.append({"item": item, "reason": str(error)})
            continue
        items.append(item)
        kept.append(index)
        pictures.append(picture)
    about = [(cell.seed, data.selection.portable_name, item, mask.seed_name) for item in items]
    holes = [_draw(mask.generator, cell.size, derive_seed(*parts)) for parts in about]
    empty = np.zeros((0, cell.size, cell.size), dtype=bool)
    return Loaded(
        items=tuple(items),
        indices=tuple(kept),
        pictures=np.stack(pictures) if pictures else np.zeros((*empty.shape, 3), dtype=np.uint8),
        holes=np.stack(holes) if holes else empty,
        seeds=tuple(derive_seed("method", *parts) for parts in about),
        unreadable=tuple(unreadable),
    )


def _draw(generator: MaskGenerator, size: int, seed: int) -> Bool[np.ndarray, "h w"]:
    hole = generator.draw(size, size, RandomStream(seed))
    if not isinstance(hole, np.ndarray) or hole.dtype != np.bool_ or hole.shape != (size, size):
        found = f"{hole.dtype} {hole.shape}" if isinstance(hole, np.ndarray) else type(hole).__name__
        raise InvalidOutputError(
            f"The mask drew {found}; expected a numpy array of bool, ({size}, {size}), True = missing."
        )
    return hole
