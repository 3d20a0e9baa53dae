"""The journal of a cell that is being run: one JSON line a scored batch, appended at once, with schema and checksum.

A kill loses no line that was appended, and a line that it tears, or that the disk has damaged, is as if it had never
been written: its images are scored again. The last line, `sealed`, holds the finished cell's record; from it and the
lines before, everything else in the cell's folder can be written again, if none of them is lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from inpaintbench.errors import StoreError
from inpaintbench.integrity import checksum
from inpaintbench.records import IMAGES_SCHEMA, ImageRecord
from inpaintbench.schema import FIELD, PARQUET_FIELD, why_refused

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA: Final = 2
"""Of a line: a journal that one version has begun may be carried on by another. Those of the first had no checksum."""

CHECKSUM: Final = "crc32"
"""Of all else in a line."""

ROW_GROUP: Final = 16_384
"""Rows that are in memory at once while the journal becomes a Parquet file, and the size of its row
groups."""


class Journal:
    """One journal file; it may be absent.

    Whatever reads it raises `StoreError` at a line that a newer version of this package has written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append_batch(
        self,
        records: Sequence[ImageRecord],
        unreadable: Sequence[Mapping[str, str]],
        how: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Append the records of one batch, the items of it that could not be decoded, and how it was computed."""
        self._append({"records": list(records), "unreadable": list(unreadable), "how": dict(how)}, sync=False)

    def append_sealed(self, record: Mapping[str, Any]) -> None:
        """Append the finished cell's record and wait until it is on the disk."""
        self._append({"sealed": record}, sync=True)

    def batches(self) -> Iterator[dict[str, Any]]:
        """Yield each stored batch as a dict of `records`, `unreadable`, and `how` it was computed."""
        return (line for line in self._lines() if "records" in line)

    def sealed(self) -> dict[str, Any] | None:
        """Return the finished cell's record; None while the cell is unfinished, or where a line of it has been lost."""
        record, dealt_with = None, 0
        for line in self._lines():
            record = line.get("sealed")
            if "records" in line:
                dealt_with += len(line["records"]) + len(line["unreadable"])
        whole = record is not None and record["scored"] + len(record["unreadable"]) == dealt_with
        return record if whole else None

    def discard(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    def write_parquet(self, file: BinaryIO) -> None:
        """Write all records as a Parquet table, one row an image, holding at most `ROW_GROUP` of them in memory.

        Each page has a checksum: without it, most bits of a number can flip unnoticed.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = self._schema()
        with pq.ParquetWriter(file, schema, write_page_checksum=True) as writer:
            for rows in self._row_groups():
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))

    def _append(self, line: Mapping[str, Any], *, sync: bool) -> None:
        self._cut_torn_line()
        document = {FIELD: SCHEMA, **line}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(document | {CHECKSUM: checksum(document)}) + "\n")
            file.flush()
            if sync:
                os.fsync(file.fileno())

    def _cut_torn_line(self) -> None:
        """Remove a last line without its end, so that the next one stands alone."""
        if not self.path.exists():
            return
        with self.path.open("rb+") as file:
            end = file.seek(0, os.SEEK_END)
            if end and (file.seek(end - 1), file.read(1))[1] != b"\n":
                file.seek(0)
                file.truncate(sum(len(line) for line in file if line.endswith(b"\n")))

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            with self.path.open("rb") as file:
                for text in file:
                    try:
                        line = json.loads(text)
                    except (ValueError, RecursionError):
                        continue
                    if not text.endswith(b"\n") or not isinstance(line, dict):
                        continue
                    if why := why_refused(line.get(FIELD), SCHEMA):
                        raise StoreError(f"{self.path} {why}")
                    if _is_unharmed(line):
                        yield line
        except FileNotFoundError:
            return

    def _schema(self) -> pa.Schema:
        """Infer the columns: every name that any record has, in the order of first appearance."""
        import pyarrow as pa

        kinds: dict[str, set[type]] = {"item": {str}, "index": {int}}
        for batch in self.batches():
            for record in batch["records"]:
                for name, value in record.items():
                    kinds.setdefault(name, set()).add(type(value))
        columns = [(name, _column_type(types)) for name, types in kinds.items()]
        return pa.schema(columns, metadata={PARQUET_FIELD: str(IMAGES_SCHEMA)})

    def _row_groups(self) -> Iterator[list[dict[str, Any]]]:
        rows: list[dict[str, Any]] = []
        for batch in self.batches():
            rows.extend(batch["records"])
            while len(rows) >= ROW_GROUP:
                yield rows[:ROW_GROUP]
                rows = rows[ROW_GROUP:]
        if rows:
            yield rows


_NUMBER: Final = (int, float, type(None))
_RECORD: Final = {
    "item": (str,),
    "index": (int,),
    "seconds": _NUMBER,
    "clamped": (bool,),
    "converged": (bool, type(None)),
}
_UNREADABLE: Final = {"item": (str,), "reason": (str,)}
_SEALED: Final = {"scored": (int,), "unreadable": (list,)}


def _is_unharmed(line: dict[str, Any]) -> bool:
    """Whether a line is as it was written; of one without a checksum, whether nothing would stumble over it."""
    if line.get(FIELD, 1) > 1:
        found: object = line.pop(CHECKSUM, None)
        return found == checksum(line)
    records, unreadable = line.get("records"), line.get("unreadable")
    if not (isinstance(records, list) and isinstance(unreadable, list)):
        return _has(line.get("sealed"), _SEALED)
    return all(_has(record, _RECORD) for record in records) and all(_has(entry, _UNREADABLE) for entry in unreadable)


def _has(entry: object, types: Mapping[str, tuple[type, ...]]) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name, ...), kinds) for name, kinds in types.items())


def _column_type(kinds: set[type]) -> pa.DataType:
    """Return the type that holds them all: whole and other numbers together, and nulls alone, are floating point."""
    import pyarrow as pa

    held = kinds - {type(None)}
    types: Mapping[type, pa.DataType] = {bool: pa.bool_(), int: pa.int64(), str: pa.string()}
    return types.get(held.pop(), pa.float64()) if len(held) == 1 else pa.float64()
