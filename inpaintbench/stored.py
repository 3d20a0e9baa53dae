"""A cell as it lies on disk: its record, and the table of its images, which is known by its hash."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from inpaintbench.errors import StoreError
from inpaintbench.integrity import file_digest
from inpaintbench.journal import Journal
from inpaintbench.records import IMAGES_SCHEMA, CellRecord, MetricColumn
from inpaintbench.schema import PARQUET_FIELD, why_refused

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq


@dataclass(frozen=True)
class StoredCell:
    """A cell as it lies on disk."""

    folder: Path
    record: CellRecord

    @classmethod
    def at(cls, folder: Path) -> Self | None:
        """Return the cell that `cell.json` tells of; None if there is none.

        While another process publishes a newer result of it, that may be the old record beside the new table.

        Raises:
            StoreError: if it cannot be read, belongs elsewhere, or has lost its table.
            OSError: if the file cannot be opened.
        """
        record = _read_record(folder)
        while record is not None:
            cell = cls(folder, record)
            why = cell._why_of_another_size()
            if not why:
                return cell
            again = cell._reread(record)
            if again == record:
                raise StoreError(why)
            if again is None:
                return cell
            record = again
        return None

    @property
    def table(self) -> Path:
        """Where the numbers of its images lie."""
        return self.folder / "images.parquet"

    def verify(self) -> None:
        """Look whether all numbers are as they were written.

        Raises:
            StoreError: if the table is absent, damaged, or not the one that the record was written with.
        """
        if "sha256" in self.record.table:
            self._refuse_altered_table()
        else:  # the first versions wrote no hash
            self.images()

    def images(self) -> pd.DataFrame:
        """Return one row an image, in the data set's order. Empty for a failure.

        A result that has taken the place of this one since is returned in its stead.

        Raises:
            StoreError: if `images.parquet` is absent or damaged, not the one that the record was written with, or comes
                from a newer version of this package.
        """
        import pandas as pd
        import pyarrow as pa

        if self.record.status != "complete":
            return pd.DataFrame({"item": []})
        self._refuse_altered_table()
        try:
            with open_images(self.table):  # refuses what must not be read
                table = pd.read_parquet(self.table, page_checksum_verification=True)
                table = table.sort_values("index", kind="stable", ignore_index=True)
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise StoreError(f"{self.table} cannot be read: {error}") from error
        if not self.record.table and len(table) != self.record.scored:  # else the hash has said so
            raise StoreError(
                f"{self.table} holds {len(table)} images, and cell.json beside it says {self.record.scored}."
            )
        return table

    def _why_of_another_size(self) -> str:
        """Say why the table beside a complete record cannot be the one that it was written with; empty if it may be."""
        if self.record.status != "complete":
            return ""
        try:
            found = self.table.stat().st_size
        except OSError as error:
            return f"{self.table} cannot be read: {error}"
        said = self.record.table.get("bytes", found)
        return "" if found == said else f"{self.table} has {found} bytes, and cell.json beside it says {said}."

    def _refuse_altered_table(self) -> None:
        record: CellRecord | None = self.record
        while record is not None and (said := record.table.get("sha256")):
            try:
                found = file_digest(self.table)
            except OSError as error:
                raise StoreError(f"{self.table} cannot be read: {error}") from error
            if found == said:
                return
            again = self._reread(record)
            if again == record:
                raise StoreError(
                    f"{self.table} was altered or damaged, or is that of another cell: it has another hash."
                )
            record = again

    def _reread(self, record: CellRecord) -> CellRecord | None:
        """Read again what does not fit its table; None if somebody is publishing a newer result at this moment."""
        publishing = Journal(self.folder / "journal.jsonl").sealed() is not None
        again = _read_record(self.folder)
        return None if publishing and again == record else again


def _read_record(folder: Path) -> CellRecord | None:
    path = folder / "cell.json"
    try:
        record = CellRecord.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, AttributeError, RecursionError) as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    except StoreError as error:
        raise StoreError(f"{path} {error}") from error
    if record.key != folder.name:
        raise StoreError(f"{path} is that of another cell: its key is {record.key}, not that of the folder.")
    return record


def open_images(path: Path) -> pq.ParquetFile:
    """Open an `images.parquet`, to be used in a `with` statement.

    Raises:
        StoreError: if it comes from a newer version of this package.
        OSError: if it is absent, or cannot be read.
        ValueError: if it is no Parquet file.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path, page_checksum_verification=True)
    if why := why_refused((file.metadata.metadata or {}).get(PARQUET_FIELD), IMAGES_SCHEMA):
        file.close()
        raise StoreError(f"{path} {why}")
    return file


def describe_table(path: Path) -> dict[str, Any]:
    """Return what a record says of the file of its images."""
    return {"bytes": path.stat().st_size, "sha256": file_digest(path)}


def mean_scores(images: Path, metrics: Sequence[MetricColumn]) -> dict[str, float | None]:
    """Average each metric over the rows of a Parquet file, NaN and null left out; None where nothing is left.

    The sum is exact, so that no order of the rows changes it.
    """
    means: dict[str, float | None] = {}
    with open_images(images) as file:
        present = set(file.schema_arrow.names)
        for name in (metric.name for metric in metrics):
            column = _numbers(file, name) if name in present else []
            means[name] = math.fsum(column) / len(column) if column else None
    return means


def _numbers(file: pq.ParquetFile, name: str) -> array[float]:
    """Return a column without its NaN and null, read some rows at a time."""
    numbers = array("d")
    for rows in file.iter_batches(columns=[name]):
        numbers.extend(value for value in rows.column(0).to_pylist() if value is not None and not math.isnan(value))
    return numbers
