"""Results on disk: one folder a cell, in which nothing scored is lost and nothing half-written is read.

```
DIR/cells/<method>/<dataset>/<mask>/<key>/
    cell.json        the `CellRecord`: status, parameters, counts, means, timing, memory, environment
    images.parquet   one record an image
    samples/*.png    image, hole, corrupted and composite of the first images
    log.txt          what happened, with tracebacks
    journal.jsonl    while the cell runs, or after it was interrupted
    failure.json     a later attempt's failure, where a complete result already stood
```

Whoever opens a cell whose journal is complete, but whose other files are not, writes them before doing
anything else.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from inpaintbench.atomic import replacing, write_json
from inpaintbench.errors import StoreError
from inpaintbench.journal import Journal
from inpaintbench.records import CellRecord, ImageRecord, MetricColumn, StoredCell

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Store:
    """A results folder. Nothing is made on disk before a cell is written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cells_folder = root / "cells"

    def folder(self, method: str, dataset: str, mask: str, key: str) -> Path:
        """Return where the cell with these selectors and this key belongs."""
        return self.siblings(method, dataset, mask) / key

    def siblings(self, method: str, dataset: str, mask: str) -> Path:
        """Return the folder of all cells with these selectors, whatever their key."""
        return self.cells_folder / slug(method) / slug(dataset) / slug(mask)

    def read(self, folder: Path) -> StoredCell | None:
        """Return the cell that lies in `folder`, or None if there is none.

        Raises:
            StoreError: if there is one that cannot be read.
        """
        journal = Journal(folder / "journal.jsonl")
        if journal.sealed() is not None:
            CellWriter(folder).open().close()
        path = folder / "cell.json"
        try:
            record = CellRecord.from_json(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, AttributeError) as error:
            raise StoreError(f"{path} is damaged: {error}") from error
        except StoreError as error:
            raise StoreError(f"{path} {error}") from error
        if record.status == "incomplete":
            record = dataclasses.replace(record, scored=sum(len(batch["records"]) for batch in journal.batches()))
        return StoredCell(folder, record)

    def scan(self, problems: list[StoreError] | None = None) -> Iterator[StoredCell]:
        """Yield every cell, in the order of their folders' names.

        Args:
            problems: receives an error for each cell that cannot be read; without it the first one is raised.
        """
        found = (
            path.parent for name in ("cell.json", "journal.jsonl") for path in self.cells_folder.glob(f"*/*/*/*/{name}")
        )
        for folder in sorted(set(found)):
            try:
                cell = self.read(folder)
            except StoreError as error:
                if problems is None:
                    raise
                problems.append(error)
            else:
                if cell is not None:
                    yield cell


class CellWriter:
    """The one writer of a cell's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.samples = folder / "samples"
        self.journal = Journal(folder / "journal.jsonl")
        self._lock: BaseFileLock | None = None

    def open(self) -> Self:
        """Take the folder's lock, and finish a sealing that was cut short.

        Raises:
            StoreError: if another process is writing this cell, or the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise StoreError(
                f"{self.folder} is being written by another run; wait for it, or choose another --out."
            ) from None
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be written: {error}") from error
        self._lock = lock
        if (document := self.journal.sealed()) is not None:
            self._publish(CellRecord.from_json(document))
        return self

    def close(self) -> None:
        """Give the lock back. Its file stays: removing it would let two writers hold two locks of one name."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def begin(self, record: CellRecord) -> None:
        """Announce a cell that is about to run, unless a complete result stands there already."""
        if self._status() != "complete":
            write_json(self.folder / "cell.json", record.to_json())

    def append(self, records: Sequence[ImageRecord], unreadable: Sequence[Mapping[str, str]] = ()) -> None:
        """Store one batch. Once this call has returned, killing the process does not lose it."""
        self.journal.append_batch(records, unreadable)

    def log(self, text: str) -> None:
        """Append to `log.txt`."""
        with (self.folder / "log.txt").open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")

    def seal(self, record: CellRecord) -> CellRecord:
        """Publish the cell as finished, and return its record with the means of what the journal holds."""
        with replacing(self.folder / "images.parquet.new") as file:
            self.journal.write_parquet(file)
        record = dataclasses.replace(record, means=_means(self.folder / "images.parquet.new", record.metrics))
        self.journal.append_sealed(record.to_json())
        self._publish(record)
        return record

    def fail(self, record: CellRecord) -> None:
        """Store a failure: as the cell's state, or beside a complete result that an earlier run has left."""
        name = "failure.json" if self._status() == "complete" else "cell.json"
        write_json(self.folder / name, record.to_json())

    def _status(self) -> object:
        try:
            return json.loads((self.folder / "cell.json").read_text(encoding="utf-8"))["status"]
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _publish(self, record: CellRecord) -> None:
        """Put the finished cell in place of what was there. Every step can be done again after a kill."""
        images = self.folder / "images.parquet"
        fresh = self.folder / "images.parquet.new"
        if not fresh.exists():
            with replacing(fresh) as file:
                self.journal.write_parquet(file)
        fresh.replace(images)
        write_json(self.folder / "cell.json", record.to_json())
        (self.folder / "failure.json").unlink(missing_ok=True)
        self.journal.discard()


def slug(selector: str) -> str:
    """Return a selector as the name of a folder: itself if every system can hold it, else shortened, with a hash.

    >>> slug("center_square[side=20]")
    'center_square[side=20]'
    """
    safe = re.sub(r"[^\w.,=\[\]-]+", "_", selector)
    if safe == selector and len(safe) <= 100:
        return safe
    return f"{safe[:80]}-{sha256(selector.encode()).hexdigest()[:8]}"


def _means(images: Path, metrics: Sequence[MetricColumn]) -> dict[str, float | None]:
    """Average each metric over the images, NaN and null left out. The sum is exact: no order changes it."""
    import pyarrow.parquet as pq

    present = set(pq.read_schema(images).names)
    means: dict[str, float | None] = {}
    for name in (metric.name for metric in metrics):
        column: list[Any] = pq.read_table(images, columns=[name]).column(0).to_pylist() if name in present else []
        values = [value for value in column if value is not None and not math.isnan(value)]
        means[name] = math.fsum(values) / len(values) if values else None
    return means
