"""The journal of a cell that is being run: one JSON line a scored batch, appended at once, with its schema.

A kill loses no line that was appended, and a line that it tears is as if it had never been written: its
images are scored again. The last line, `sealed`, holds the finished cell's record; from it and the lines
before, everything else in the cell's folder can be written again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from inpaintbench.errors import StoreError
from inpaintbench.records import IMAGES_SCHEMA, ImageRecord
from inpaintbench.schema import FIELD, PARQUET_FIELD, why_refused

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA: Final = 1
"""Of a line: a journal that one version has begun may be carried on by another."""

ROW_GROUP: Final = 16_384
"""Rows that are in memory at once while the journal becomes a Parquet file, and the size of its row
groups."""


class Journal:
    """One journal file; it may be absent.

    Whatever reads it raises `StoreError` at a line that a newer version of this package has written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append_batch(self, records: Sequence[ImageRecord], unreadable: Sequence[Mapping[str, str]]) -> None:
        """Append the records of one batch, and the items of it that could not be decoded."""
        self._append({"records": list(records), "unreadable": list(unreadable)}, sync=False)

    def append_sealed(self, record: Mapping[str, Any]) -> None:
        """Append the finished cell's record and wait until it is on the disk."""
        self._append({"sealed": record}, sync=True)

    def batches(self) -> Iterator[dict[str, Any]]:
        """Yield each stored batch as a dict of `records` and `unreadable`."""
        return (line for line in self._lines() if "records" in line)

    def sealed(self) -> dict[str, Any] | None:
        """Return the finished cell's record, or None while the cell is unfinished."""
        return next((line["sealed"] for line in self._lines() if "sealed" in line), None)

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
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({FIELD: SCHEMA, **line}) + "\n")
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
                    except ValueError:
                        continue
                    if not text.endswith(b"\n") or not isinstance(line, dict):
                        continue
                    if why := why_refused(line.get(FIELD), SCHEMA):
                        raise StoreError(f"{self.path} {why}")
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


def _column_type(kinds: set[type]) -> pa.DataType:
    """Return the type that holds them all: whole and other numbers together, and nulls alone, are floating point."""
    import pyarrow as pa

    held = kinds - {type(None)}
    types: Mapping[type, pa.DataType] = {bool: pa.bool_(), int: pa.int64(), str: pa.string()}
    return types.get(held.pop(), pa.float64()) if len(held) == 1 else pa.float64()
