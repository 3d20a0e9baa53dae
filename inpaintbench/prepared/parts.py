"""The unit of preparing: a run of consecutive items, decoded and written to its place in the file of pictures."""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from inpaintbench.caching import CACHE_VARIABLE
from inpaintbench.errors import CacheError, UnreadableImageError
from inpaintbench.prepared.wanted import Wanted

_ITEMS: Final = 64
_BYTES: Final = 4 * 2**20  # of pictures that a process holds at once, unless one picture alone is larger


@dataclass(frozen=True)
class Part:
    """Items `start` … `stop` − 1."""

    start: int
    stop: int


@dataclass(frozen=True)
class Done:
    """What has become of a part.

    Attributes:
        part: which.
        digests: SHA-256 of every picture, one after the other.
        unreadable: why an item cannot be decoded, by its position.
    """

    part: Part
    digests: bytes
    unreadable: Mapping[int, str]


def unwritable(folder: Path, error: OSError) -> CacheError:
    """Say that prepared pictures cannot be written, and what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    room = "Make room (`bench cache prune` removes what was prepared before), or let" if full else "Let"
    return CacheError(
        f"Prepared pictures cannot be written to {folder}: {error.strerror or error}. {room} ${CACHE_VARIABLE} name a "
        "folder elsewhere."
    )


def parts_of(wanted: Wanted) -> Iterator[Part]:
    """Yield all parts, in order."""
    length = max(1, min(_ITEMS, _BYTES // wanted.picture_bytes))
    for start in range(0, len(wanted.items), length):
        yield Part(start, min(start + length, len(wanted.items)))


def header(items: int, size: int) -> bytes:
    """Return the head of a file of so many pictures, as `numpy.load` reads it."""
    buffer = io.BytesIO()
    shape = (items, size, size, 3)
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def prepare_part(wanted: Wanted, part: Part, path: Path) -> Done:
    """Decode the items of a part, and write them to their place. One that cannot be decoded is black.

    Raises:
        CacheError: if the file cannot be written.
        Exception: whatever else the data set raises for one of the items.
    """
    rows = np.zeros((part.stop - part.start, wanted.size, wanted.size, 3), dtype=np.uint8)
    unreadable: dict[int, str] = {}
    digests = bytearray()
    for row, position in zip(rows, range(part.start, part.stop), strict=True):
        try:
            row[:] = wanted.picture(wanted.items[position])
        except UnreadableImageError as error:
            unreadable[position] = str(error)
        digests += hashlib.sha256(row.tobytes()).digest()
    try:
        with path.open("r+b", buffering=0) as file:
            file.seek(len(header(len(wanted.items), wanted.size)) + part.start * wanted.picture_bytes)
            left = rows.data.cast("B")
            while left:
                left = left[file.write(left) :]
    except OSError as error:
        raise unwritable(path.parent, error) from error
    return Done(part, bytes(digests), unreadable)
