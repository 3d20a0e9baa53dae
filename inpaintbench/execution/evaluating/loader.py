"""From item ids to batches of pictures and holes: drawn in a thread, one batch ahead of the method."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from inpaintbench.api import Batch
from inpaintbench.execution.evaluating.drawing import about
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.holes import Shape, hash_of, shape_of
from inpaintbench.ops import corrupt
from inpaintbench.prepared.split import PreparedSplit


@dataclass(frozen=True)
class Loaded:
    """One batch, in memory.

    Attributes:
        items: ids of the pictures.
        indices: their positions in the data set.
        labels: their classes; None where the data set has none.
        sources: of what photograph, person or scene they are; None where the data set tells none.
        pictures: 8-bit RGB.
        holes: True = missing.
        shapes: of the holes.
        hashes: of pictures and holes, which pin them.
        seeds: for the method, one a picture.
        unreadable: items that belong here but cannot be decoded, with the reason.
    """

    items: tuple[str, ...]
    indices: tuple[int, ...]
    labels: tuple[str | None, ...]
    sources: tuple[str | None, ...]
    pictures: UInt8[np.ndarray, "b h w 3"]
    holes: Bool[np.ndarray, "b h w"]
    shapes: tuple[Shape, ...]
    hashes: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]
    unreadable: tuple[dict[str, str], ...]

    def to(self, device: torch.device) -> tuple[torch.Tensor, Batch]:
        """Return the ground truth `(b, 3, h, w)` in [0, 1], and what the method may see of it, on a device."""
        levels = torch.from_numpy(self.pictures).to(device).permute(0, 3, 1, 2)
        image = levels.to(torch.float32).div_(255).contiguous()
        hole = torch.from_numpy(self.holes).to(device).unsqueeze(1)
        return image, Batch(corrupt(image, hole), hole.clone(), self.seeds)


def batches(
    cell: Cell, indices: Sequence[int], batch_size: int, prepared: PreparedSplit
) -> Generator[Loaded, None, None]:
    """Return the cell's items at `indices`, `batch_size` at a time, each batch loaded while the one before is used.

    Args:
        cell: what the holes are for.
        indices: positions of items.
        batch_size: how many at a time.
        prepared: the pictures of all the cell's items.

    Raises:
        CacheError: if a prepared picture is damaged.
        Exception: what the mask raises, or raised when it was built.
    """
    groups = [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
    return _one_ahead(lambda group: _load(cell, group, prepared), groups)


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


def _load(cell: Cell, indices: Sequence[int], prepared: PreparedSplit) -> Loaded:
    data, size = cell.dataset, cell.size
    kept = [index for index in indices if index not in prepared.unreadable]
    items = tuple(data.items[index] for index in kept)
    what = [about(data, cell.mask, item, cell.seed) for item in items]
    holes = [cell.mask.draw(size, one) for one in what]
    pictures = prepared.take(kept)  # a copy: nothing that happens to a batch reaches the file
    return Loaded(
        items=items,
        indices=tuple(kept),
        labels=tuple(data.label(item) for item in items),
        sources=tuple(data.source(item) for item in items),
        pictures=pictures,
        holes=np.stack(holes) if holes else np.zeros((0, size, size), dtype=bool),
        shapes=tuple(map(shape_of, holes)),
        hashes=tuple(zip(map(hash_of, pictures), map(hash_of, holes), strict=True)),
        seeds=tuple(one.method_seed for one in what),
        unreadable=tuple(
            {"item": data.items[index], "reason": prepared.unreadable[index]}
            for index in indices
            if index in prepared.unreadable
        ),
    )
