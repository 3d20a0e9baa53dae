"""From item ids to batches of pictures and holes: decoded and drawn in a thread, one batch ahead of the method."""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from inpaintbench.api import Batch
from inpaintbench.errors import InvalidOutputError, UnreadableImageError
from inpaintbench.execution.cells import Cell
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.ops import corrupt
from inpaintbench.pictures import fit
from inpaintbench.seeding import RandomStream, derive_seed

CACHE_BYTES: Final = 256 * 2**20
"""Memory for decoded pictures, shared by the cells of a run: 20,000 pictures of 64 pixels."""


Decode = Callable[[str], object]
"""`Dataset.load`; a plugin may return anything, so that the result is checked."""

Draw = Callable[[int, int, RandomStream], object]
"""`MaskGenerator.draw`, likewise."""


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
    """Fitted pictures of one data set, up to a number of bytes. Safe for threads.

    A plan goes data set by data set and reads each in the same order for every cell. Therefore what came first stays
    until another data set (or size) comes: throwing out what was used longest ago would, in a data set larger than
    the memory, always throw out what is needed next.
    """

    def __init__(self, capacity: int = CACHE_BYTES) -> None:
        self._capacity = capacity
        self._used = 0
        self._source: tuple[str, str, int] | None = None
        self._pictures: dict[str, UInt8[np.ndarray, "h w 3"]] = {}
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """How many bytes of pictures it holds; never more than its capacity."""
        return self._used

    def load(self, data: ChosenDataset, decode: Decode, item: str, size: int) -> UInt8[np.ndarray, "h w 3"]:
        """Return an item, decoded, resized and cropped to `size`.

        Args:
            data: the data set that it belongs to.
            decode: loads an item of this data set.
            item: its id.
            size: in pixels.

        Raises:
            UnreadableImageError: if it cannot be decoded.
            InvalidOutputError: if what the data set loads is no picture.
        """
        source = (data.selection.name, data.fingerprint, size)
        with self._lock:
            if source == self._source and item in self._pictures:
                return self._pictures[item]
        picture = fit(_checked_picture(decode(item), item), size)
        with self._lock:
            if source != self._source:
                self._pictures.clear()
                self._source, self._used = source, 0
            if item not in self._pictures and self._used + picture.nbytes <= self._capacity:
                self._pictures[item] = picture
                self._used += picture.nbytes
        return picture


def batches(cell: Cell, indices: Sequence[int], batch_size: int, cache: PictureCache) -> Generator[Loaded, None, None]:
    """Return the cell's items at `indices`, `batch_size` at a time, each batch loaded while the one before is used.

    Raises:
        Exception: what the data set or the mask raised when it was built.
    """
    decode, draw = _usable(cell)
    groups = [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
    return _one_ahead(lambda group: _load(cell, decode, draw, group, cache), groups)


def _one_ahead(
    load: Callable[[Sequence[int]], Loaded], groups: Sequence[Sequence[int]]
) -> Generator[Loaded, None, None]:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="loader") as loader:
        ahead = loader.submit(load, groups[0]) if groups else None
        for following in [*groups[1:], None]:
            loaded = ahead.result() if ahead else None
            ahead = loader.submit(load, following) if following else None
            if loaded is not None:
                yield loaded


def _usable(cell: Cell) -> tuple[Decode, Draw]:
    data, mask = cell.dataset, cell.mask
    if isinstance(data.built, Exception):
        raise data.built
    if isinstance(mask.built, Exception):
        raise mask.built
    return data.built.load, mask.built.draw


def _load(cell: Cell, decode: Decode, draw: Draw, indices: Sequence[int], cache: PictureCache) -> Loaded:
    data, mask = cell.dataset, cell.mask
    items: list[str] = []
    kept: list[int] = []
    pictures: list[UInt8[np.ndarray, "h w 3"]] = []
    unreadable: list[dict[str, str]] = []
    for index in indices:
        item = data.items[index]
        try:
            picture = cache.load(data, decode, item, cell.size)
        except UnreadableImageError as error:
            unreadable.append({"item": item, "reason": str(error)})
            continue
        items.append(item)
        kept.append(index)
        pictures.append(picture)
    about = [(cell.seed, data.selection.portable_name, item, mask.seed_name) for item in items]
    holes = [_draw(draw, cell.size, derive_seed(*parts)) for parts in about]
    empty = np.zeros((0, cell.size, cell.size), dtype=bool)
    return Loaded(
        items=tuple(items),
        indices=tuple(kept),
        pictures=np.stack(pictures) if pictures else np.zeros((*empty.shape, 3), dtype=np.uint8),
        holes=np.stack(holes) if holes else empty,
        seeds=tuple(derive_seed("method", *parts) for parts in about),
        unreadable=tuple(unreadable),
    )


def _checked_picture(picture: object, item: str) -> UInt8[np.ndarray, "h w 3"]:
    if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim == 3:
        height, width, channels = picture.shape
        if channels == 3 and height and width:
            return picture
    raise InvalidOutputError(
        f"The data set loaded {_describe(picture)} for {item}; expected a numpy array of uint8, (height, width, 3)."
    )


def _draw(draw: Draw, size: int, seed: int) -> Bool[np.ndarray, "h w"]:
    hole = draw(size, size, RandomStream(seed))
    if not isinstance(hole, np.ndarray) or hole.dtype != np.bool_ or hole.shape != (size, size):
        raise InvalidOutputError(
            f"The mask drew {_describe(hole)}; expected a numpy array of bool, ({size}, {size}), True = missing."
        )
    return hole.copy()  # a generator may draw the next one in the same place


def _describe(value: object) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
