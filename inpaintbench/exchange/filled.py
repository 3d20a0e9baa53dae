"""A method that has been carried out already: it hands over the pictures that a program has filled elsewhere."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from inpaintbench import ops
from inpaintbench.answers import read_answer
from inpaintbench.api import Batch, Completion
from inpaintbench.errors import InvalidOutputError
from inpaintbench.exchange.manifest import Entry, Manifest
from inpaintbench.holes import hash_of


class Filled:
    """Finds each picture of a batch by its seed and by the hash of what is known of it.

    A seed alone would not do: two folders with pictures of the same names give the same seeds, since holes do not
    depend on where a folder lies.

    Args:
        manifest: the file of the export.
        path: folder of the filled pictures.

    Raises:
        StoreError: if the manifest cannot be read.
    """

    def __init__(self, manifest: str, path: str) -> None:
        self._manifest, self._folder = Manifest.read(Path(manifest)), Path(path)

    def complete(self, batch: Batch) -> Completion:
        """Return the filled pictures, and what each program has done to the known pixels.

        The diagnostics are `altered`, how many known pixels of a picture are not as they were, and `altered_levels`, by
        how many 8-bit levels at most.

        Raises:
            InvalidOutputError: if a picture was not exported, has another content now, or cannot be read.
        """
        given = ops.to_levels(batch.corrupted).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        holes = batch.hole[:, 0].cpu().numpy()
        filled = [self._read(levels, seed) for levels, seed in zip(given, batch.seeds, strict=True)]
        differences = [
            np.where(hole, 0, np.abs(levels.astype(np.int16) - before).max(axis=-1))
            for levels, before, hole in zip(filled, given, holes, strict=True)
        ]
        image = torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2).to(batch.corrupted.device)
        return Completion(
            image.to(torch.float32) / 255,
            diagnostics={
                "altered": torch.tensor([int((one > 0).sum()) for one in differences]),
                "altered_levels": torch.tensor([int(one.max()) for one in differences]),
            },
        )

    def _read(self, given: UInt8[np.ndarray, "h w 3"], seed: int) -> UInt8[np.ndarray, "h w 3"]:
        entry = self._entries.get((seed, hash_of(given)))
        if entry is None:
            raise InvalidOutputError(
                "A picture, or its hole, is not as it was exported: data set, mask, seed or code has changed since. "
                "Export again, and fill what is new."
            )
        return read_answer(self._folder / entry.file, *given.shape[:2]).levels

    @cached_property
    def _entries(self) -> dict[tuple[int, str], Entry]:
        return {(entry.seed, entry.picture): entry for entry in self._manifest.entries}
