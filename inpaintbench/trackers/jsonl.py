"""`--track jsonl`: one line of JSON for each finished cell, at the end of `DIR/tracking/cells.jsonl`.

A line is appended by a single write to a file opened for appending, so that lines of several runs at once never mix.
One that a killed run or a full disk has cut short stays as it is, and the next begins on a line of its own. To a run
that looks while another writes, that one's line may seem cut short, too: then an empty line stands between both.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from inpaintbench.hookspecs import hookimpl
from inpaintbench.json_types import finite
from inpaintbench.records import CellRecord
from inpaintbench.trackers import FOLDER

SCHEMA: Final = 1
"""Raised when a reader of older lines would misread newer ones."""

FILE: Final = "cells.jsonl"

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)  # Windows would write \r\n


class JsonLines:
    """Appends a line a cell, opening and closing the file each time: nothing is held between two cells.

    Args:
        root: the results folder, absolute.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / FOLDER / FILE

    @hookimpl
    def on_cell_finished(self, record: CellRecord, folder: Path) -> None:
        """Append the cell.

        Raises:
            OSError: if the line could not be written, or not whole.
        """
        where = folder.relative_to(self._root).as_posix()
        # Plain ASCII, for a terminal that shows the file must not obey what a plugin has put into a name.
        line = json.dumps(summary(record, where), allow_nan=False).encode() + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, _FLAGS, 0o666)
        try:
            line = _mend(descriptor) + line
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
        if written < len(line):
            raise OSError(f"{self._path}: only {written} of {len(line)} bytes could be written")


def summary(record: CellRecord, folder: str) -> dict[str, Any]:
    """Return what a line says of a cell: no times of single images, and nothing that JSON cannot hold.

    Numbers that are infinite or not to be had are None.

    Args:
        record: of the cell.
        folder: where it lies below the results folder.
    """
    return {
        "schema": SCHEMA,
        "method": record.method,
        "dataset": record.dataset,
        "mask": record.mask,
        "size": record.size,
        "seed": record.seed,
        "limit": record.limit,
        "protocol": record.protocol,
        "status": record.status,
        "ranked": record.ranked,
        "expected": record.expected,
        "scored": record.scored,
        "unreadable": len(record.unreadable),
        "unconverged": record.unconverged,
        "clamped": record.clamped,
        "means": {name: finite(mean) for name, mean in record.means.items()},
        "seconds_per_image": finite(record.timing.get("seconds_per_image")),
        "peak_bytes": record.memory.get("peak_bytes"),
        "key": record.key,
        "folder": folder,
        "started": record.started,
        "finished": record.finished,
        "error": record.error,
    }


def _mend(descriptor: int) -> bytes:
    """Return the end of line that the last line lacks, if it was cut short."""
    if not (size := os.fstat(descriptor).st_size):
        return b""
    os.lseek(descriptor, size - 1, os.SEEK_SET)  # where to write, O_APPEND decides
    return b"" if os.read(descriptor, 1) == b"\n" else b"\n"
