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

Whoever opens a cell whose journal is complete, but whose other files are not, writes them before doing
anything else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from inpaintbench.atomic import replacing, write_json
from inpaintbench.errors import BusyError, StoreError
from inpaintbench.journal import Journal
from inpaintbench.records import CellRecord, ImageRecord, StoredCell, mean_scores, refuse_newer

if TYPE_CHECKING:
    from filelock import BaseFileLock

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
        path = folder / "cell.json"
        with _reporting(folder, "read"):
            if journal.sealed() is not None:
                with contextlib.suppress(BusyError):
                    CellWriter(folder).open().close()
            try:
                record = CellRecord.from_json(json.loads(path.read_bytes()))
            except FileNotFoundError:
                return None
            except (ValueError, AttributeError) as error:
                raise StoreError(f"{path} is damaged: {error}") from error
            except StoreError as error:
                raise StoreError(f"{path} {error}") from error
            if record.status == "incomplete":
                record = _counted(record, journal)
        return StoredCell(folder, record)

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


class CellWriter:
    """The one writer of a cell's folder. Every method raises `StoreError` if the folder cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.samples = folder / "samples.new"
        self.journal = Journal(folder / "journal.jsonl")
        self._lock: BaseFileLock | None = None

    def open(self) -> Self:
        """Take the folder's lock, finish a sealing that was cut short, and remove half-written files.

        Raises:
            StoreError: if another process is writing this cell, if the folder cannot be written, or if a newer
                version of this package has written it.
        """
        from filelock import FileLock, Timeout

        with _reporting(self.folder, "written"):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise BusyError(
                    f"{self.folder} is being written by another run; wait for it, or choose another --out."
                ) from None
        self._lock = lock
        try:
            self._recover()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Give the lock back. Its file stays: removing it would let two writers hold two locks of one name."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def begin(self, record: CellRecord) -> None:
        """Announce a cell that is about to run, unless a complete result stands there already."""
        if self._stored().get("status") != "complete":
            with _reporting(self.folder, "written"):
                write_json(self.folder / "cell.json", record.to_json())

    def append(self, records: Sequence[ImageRecord], unreadable: Sequence[Mapping[str, str]] = ()) -> None:
        """Store one batch. Once this call has returned, killing the process does not lose it."""
        with _reporting(self.folder, "written"):
            self.journal.append_batch(records, unreadable)

    def discard(self) -> None:
        """Forget what an interrupted run has left: all images are to be scored again."""
        with _reporting(self.folder, "written"):
            self.journal.discard()
            shutil.rmtree(self.samples, ignore_errors=True)

    def log(self, text: str) -> None:
        """Append to `log.txt`."""
        with (
            _reporting(self.folder, "written"),
            (self.folder / "log.txt").open("a", encoding="utf-8", errors="backslashreplace") as file,
        ):
            file.write(text.rstrip("\n") + "\n")

    def seal(self, record: CellRecord) -> CellRecord:
        """Publish the cell as finished, and return its record with the means of what the journal holds."""
        fresh = self.folder / "images.parquet.new"
        with _reporting(self.folder, "written"):
            with replacing(fresh) as file:
                self.journal.write_parquet(file)
            record = dataclasses.replace(record, means=mean_scores(fresh, record.metrics))
            self.journal.append_sealed(record.to_json())
            self._publish(record)
        return record

    def fail(self, record: CellRecord) -> None:
        """Store a failure: as the cell's state, or beside a complete result that an earlier run has left."""
        name = "failure.json" if self._stored().get("status") == "complete" else "cell.json"
        with _reporting(self.folder, "written"):
            write_json(self.folder / name, record.to_json())

    def _recover(self) -> None:
        """Do what a killed writer has left undone."""
        try:
            sealed = self.journal.sealed()
        except StoreError as error:
            raise StoreError(f"{error}; choose another --out.") from error
        try:
            refuse_newer(self._stored())
            record = None if sealed is None else CellRecord.from_json(sealed)
        except StoreError as error:
            raise StoreError(f"What lies in {self.folder} {error}; choose another --out.") from error
        with _reporting(self.folder, "written"):
            if record is not None:
                self._publish(record)
            for leftover in (*self.folder.glob(".*.partial"), self.folder / "images.parquet.new"):
                leftover.unlink(missing_ok=True)

    def _stored(self) -> dict[str, Any]:
        """Return what `cell.json` says; nothing if it is absent or damaged."""
        try:
            document = json.loads((self.folder / "cell.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}

    def _publish(self, record: CellRecord) -> None:
        """Put the finished cell in place of what was there. Every step can be done again after a kill."""
        images = self.folder / "images.parquet"
        fresh = self.folder / "images.parquet.new"
        if not fresh.exists():
            with replacing(fresh) as file:
                self.journal.write_parquet(file)
        fresh.replace(images)
        if self.samples.exists():
            shutil.rmtree(self.folder / "samples", ignore_errors=True)
            self.samples.replace(self.folder / "samples")
        write_json(self.folder / "cell.json", record.to_json())
        (self.folder / "failure.json").unlink(missing_ok=True)
        self.journal.discard()


@contextlib.contextmanager
def _reporting(folder: Path, done: Literal["read", "written"]) -> Iterator[None]:
    """Turn what the system says of a folder into a `StoreError`."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be {done}: {error}") from error


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
    return f"{safe[:80]}-{sha256(selector.encode()).hexdigest()[:8]}"
