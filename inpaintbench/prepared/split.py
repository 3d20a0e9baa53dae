"""A prepared split: pictures of 8 bits in one file, mapped into memory, and what could not be decoded."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.atomic import write_json
from inpaintbench.errors import CacheError
from inpaintbench.prepared.wanted import SCHEMA, Wanted
from inpaintbench.schema import FIELD, why_refused

PICTURES: Final = "pictures.npy"
INDEX: Final = "index.json"


@dataclass(frozen=True)
class PreparedSplit:
    """The pictures of one `Wanted`.

    Attributes:
        folder: where they lie.
        pictures: read-only, mapped from the file: what is not looked at takes no memory. The rows of items that
            cannot be decoded are black.
        unreadable: why, by the item's position.
        pixels: SHA-256 over the SHA-256 of every picture, in order: equal pixels, whatever made them.
    """

    folder: Path
    pictures: UInt8[np.ndarray, "n size size 3"]
    unreadable: Mapping[int, str]
    pixels: str

    @classmethod
    def open(cls, folder: Path) -> PreparedSplit | None:
        """Return what lies in a folder; None if nothing does, or not all of it.

        Raises:
            CacheError: if it comes from a newer version of this package.
        """
        try:
            index = json.loads((folder / INDEX).read_bytes())
            if why := why_refused(index.get(FIELD), SCHEMA):
                raise CacheError(f"{folder / INDEX} {why}. Use that one, or remove the folder.")
            pictures = np.load(folder / PICTURES, mmap_mode="r")
            unreadable = {int(position): str(reason) for position, reason in index["unreadable"].items()}
            shape = (index["items"], index["size"], index["size"], 3)
            whole = pictures.shape == shape and pictures.dtype == np.uint8 and pictures.flags.c_contiguous
            if index.get(FIELD, SCHEMA) < SCHEMA or not whole:  # what is older is prepared anew: it is but a cache
                return None
            found = cls(folder, pictures, unreadable, str(index["pixels"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError):
            return None
        with contextlib.suppress(OSError):  # another user's, or on a disk that is only read
            os.utime(folder / INDEX)  # what was used last is thrown out last
        return found


def write_index(folder: Path, wanted: Wanted, unreadable: Mapping[int, str], pixels: str, seconds: float) -> None:
    """Write all that is known of a split beside its pictures."""
    document: dict[str, Any] = {
        FIELD: SCHEMA,
        "dataset": wanted.name,
        "split": wanted.split,
        "size": wanted.size,
        "items": len(wanted.items),
        "unreadable": {str(position): reason for position, reason in sorted(unreadable.items())},
        "pixels": pixels,
        "seconds": round(seconds, 3),
        "identity": dict(wanted.identity),
    }
    write_json(folder / INDEX, document)
