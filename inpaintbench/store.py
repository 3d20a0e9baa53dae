"""Results on disk: one folder a cell, in which nothing scored is lost and nothing half-written is read.

```
DIR/cells/<method>/<dataset>/<mask>/<key>/
    cell.json        the `CellRecord`: status, parameters, counts, means, timing, memory, environment
    images.parquet   one record an image
    samples/*.png    image, hole, corrupted and composite of the first images
    log.txt          what happened, with tracebacks
    journal.jsonl    while the cell runs, or after it was interrupted; samples.new/ likewise
    failure.json     a later attempt's failure, where a complete result already stood
```
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from inpaintbench.cell_writer import CellWriter, reporting
from inpaintbench.errors import BusyError, StoreError
from inpaintbench.journal import Journal
from inpaintbench.records import CellRecord
from inpaintbench.stored import StoredCell

_DEVICES: Final = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""What Windows takes for a device, whatever follows the first dot."""

_DEPTH: Final = 4
"""Of a cell's folder: method, data set, mask, key."""


class Store:
    """A results folder. Nothing is made on disk before a cell is written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cells_folder = root / "cells"

    def folder(self, method: str, dataset: str, mask: str, key: str) -> Path:
        """Return where the cell with these selectors and this key belongs."""
        return self.cells_folder.joinpath(slug(method), slug(dataset), slug(mask), key)

    def read(self, folder: Path) -> StoredCell | None:
        """Return the cell that lies in `folder`, or None if there is none.

        A cell that another process is publishing at this moment is returned as it was before.

        Raises:
            StoreError: if there is one that cannot be read.
        """
        journal = Journal(folder / "journal.jsonl")
        with reporting(folder, "read"):
            if journal.sealed() is not None:
                with contextlib.suppress(BusyError):
                    CellWriter(folder).open().close()
            cell = StoredCell.at(folder)
            if cell is not None and cell.record.status == "incomplete":
                cell = StoredCell(folder, _counted(cell.record, journal))
        return cell

    def scan(self, problems: list[StoreError] | None = None) -> Iterator[StoredCell]:
        """Yield every cell, in the order of their folders' names.

        Args:
            problems: receives an error for each cell that cannot be read; without it the first one is raised.
        """
        for folder in self.folders(problems):
            try:
                cell = self.read(folder)
            except StoreError as error:
                if problems is None:
                    raise
                problems.append(error)
            else:
                if cell is not None:
                    yield cell

    def folders(self, problems: list[StoreError] | None = None) -> list[Path]:
        """Return the folders that may hold a cell, in the order of their names.

        Args:
            problems: receives an error for each folder that cannot be looked into; without it the first one is raised.
        """
        level = [self.cells_folder]
        for _ in range(_DEPTH):
            below: list[Path] = []
            for folder in level:
                try:
                    with os.scandir(folder) as entries:
                        below += [Path(entry.path) for entry in entries if entry.is_dir()]
                except FileNotFoundError:  # no results yet, or removed since
                    continue
                except OSError as error:
                    found = StoreError(f"{folder} cannot be read: {error}")
                    if problems is None:
                        raise found from error
                    problems.append(found)
            level = below
        return sorted(level)


def _counted(record: CellRecord, journal: Journal) -> CellRecord:
    """Return the record of an interrupted cell with the counts of what its journal holds."""
    scored, unreadable = 0, []
    for batch in journal.batches():
        scored += len(batch["records"])
        unreadable += batch["unreadable"]
    return dataclasses.replace(record, scored=scored, unreadable=tuple(unreadable))


@lru_cache(maxsize=4096)
def slug(selector: str) -> str:
    """Return a selector as the name of a folder: itself if every system can hold it, else shortened, with a hash.

    >>> slug("center_square[side=20]")
    'center_square[side=20]'
    """
    safe = re.sub(r"[^\w.,=\[\]-]+", "_", selector, flags=re.ASCII)
    held = len(safe) <= 100 and not safe.endswith(".") and safe.partition(".")[0].lower() not in _DEVICES
    if safe == selector and held:
        return safe
    return f"{safe[:80]}-{sha256(selector.encode(errors='surrogatepass')).hexdigest()[:8]}"
