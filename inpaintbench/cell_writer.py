"""The one writer of a cell's folder: nothing scored is lost, and nothing half-written is read.

Whoever opens a cell whose journal is complete, but whose other files are not, writes them before doing anything else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self

from inpaintbench.atomic import replacing, write_json
from inpaintbench.errors import BusyError, StoreError
from inpaintbench.journal import Journal
from inpaintbench.records import CellRecord, ImageRecord, refuse_newer
from inpaintbench.stored import StoredCell, describe_table, mean_scores

if TYPE_CHECKING:
    from filelock import BaseFileLock


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

        with reporting(self.folder, "written"):
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
        if not self._holds_result():
            with reporting(self.folder, "written"):
                write_json(self.folder / "cell.json", record.to_json())

    def append(
        self,
        records: Sequence[ImageRecord],
        unreadable: Sequence[Mapping[str, str]] = (),
        how: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Store one batch. Once this call has returned, killing the process does not lose it."""
        with reporting(self.folder, "written"):
            self.journal.append_batch(records, unreadable, how)

    def discard(self) -> None:
        """Forget what an interrupted run has left: all images are to be scored again."""
        with reporting(self.folder, "written"):
            self.journal.discard()
            shutil.rmtree(self.samples, ignore_errors=True)

    def log(self, text: str) -> None:
        """Append to `log.txt`."""
        with (
            reporting(self.folder, "written"),
            (self.folder / "log.txt").open("a", encoding="utf-8", errors="backslashreplace") as file,
        ):
            file.write(text.rstrip("\n") + "\n")

    def seal(self, record: CellRecord) -> CellRecord:
        """Publish the cell as finished, and return its record with the means of what the journal holds.

        Raises:
            StoreError: also if the journal has lost a batch since it was begun.
        """
        with reporting(self.folder, "written"):
            self._write_table()
            record = dataclasses.replace(record, means=mean_scores(self._fresh, record.metrics))
            self.journal.append_sealed(record.to_json())
            if self.journal.sealed() is None:
                raise StoreError(f"{self.journal.path} was damaged while the cell ran. Run the same command again.")
            return self._publish(record)

    def fail(self, record: CellRecord) -> None:
        """Store a failure: as the cell's state, or beside a complete result that an earlier run has left."""
        name = "failure.json" if self._holds_result() else "cell.json"
        with reporting(self.folder, "written"):
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
        with reporting(self.folder, "written"):
            if record is not None:
                self._publish(record)
            for leftover in (*self.folder.glob(".*.partial"), self._fresh):
                leftover.unlink(missing_ok=True)

    @property
    def _fresh(self) -> Path:
        return self.folder / "images.parquet.new"

    def _write_table(self) -> None:
        with replacing(self._fresh) as file:
            self.journal.write_parquet(file)

    def _holds_result(self) -> bool:
        """Whether a complete result stands there that can be read."""
        try:
            cell = StoredCell.at(self.folder)
        except (StoreError, OSError):
            return False
        return cell is not None and cell.record.status == "complete"

    def _stored(self) -> dict[str, Any]:
        """Return what `cell.json` says; nothing if it is absent or damaged."""
        try:
            document = json.loads((self.folder / "cell.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    def _publish(self, record: CellRecord) -> CellRecord:
        """Put the finished cell in place of what was there. Every step can be done again after a kill.

        Returns:
            The record as it is stored, with the hash of the table: another version may write another file of the same.
        """
        if not self._fresh.exists():
            self._write_table()
        record = dataclasses.replace(record, table=describe_table(self._fresh))
        self._fresh.replace(self.folder / "images.parquet")
        if self.samples.exists():
            shutil.rmtree(self.folder / "samples", ignore_errors=True)
            self.samples.replace(self.folder / "samples")
        write_json(self.folder / "cell.json", record.to_json())
        (self.folder / "failure.json").unlink(missing_ok=True)
        self.journal.discard()
        return record


@contextlib.contextmanager
def reporting(folder: Path, done: Literal["read", "written"]) -> Iterator[None]:
    """Turn what the system says of a cell's folder into a `StoreError`."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be {done}: {error}") from error
