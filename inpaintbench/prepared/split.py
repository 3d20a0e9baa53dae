"""A prepared split: pictures of 8 bits in one file, mapped into memory, and what could not be decoded.

A disk may return other bytes than were written to it, and a score of other pixels looks like any other score. The
SHA-256 of each picture therefore lies beside the pictures, and each picture is compared with it once in every process
that uses it. The index bears a hash of itself, and the hash of those hashes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, UInt8

from inpaintbench.atomic import replacing, write_json
from inpaintbench.errors import CacheError
from inpaintbench.integrity import sealed, why_damaged
from inpaintbench.prepared.parts import header
from inpaintbench.prepared.wanted import SCHEMA, Wanted
from inpaintbench.schema import FIELD, why_refused

PICTURES: Final = "pictures.npy"
DIGESTS: Final = "digests.bin"
"""SHA-256 of every picture, 32 bytes each."""
INDEX: Final = "index.json"

_KEPT: Final = 16
"""Files of pictures of which a process remembers what it has checked."""

_State = tuple[int, ...]
"""Device and number, by which a file is known, and its size and times, by which a change of it is seen."""


@dataclass(frozen=True)
class PreparedSplit:
    """The pictures of one `Wanted`.

    Attributes:
        folder: where they lie.
        pictures: read-only, mapped from the file: what is not looked at takes no memory. The rows of items that
            cannot be decoded are black. They are as the disk returns them: use `take`, or `check` them first.
        unreadable: why, by the item's position.
        pixels: SHA-256 over the SHA-256 of every picture, in order: equal pixels, whatever made them.
    """

    folder: Path
    pictures: UInt8[np.ndarray, "n size size 3"]
    unreadable: Mapping[int, str]
    pixels: str
    _digests: bytes = field(repr=False)
    _checked: Bool[np.ndarray, " n"] = field(repr=False)
    _state: _State = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> PreparedSplit | None:
        """Return what lies in a folder; None if nothing does, or not all of it. No picture is looked at.

        Raises:
            CacheError: if it comes from a newer version of this package.
        """
        index = read_index(folder)
        if index is None or index.get(FIELD) != SCHEMA:  # what is older is prepared anew: it is but a cache
            return None
        try:
            shape = (index["items"], index["size"], index["size"], 3)
            pictures, state = _map(folder / PICTURES, shape)
            hashes = folder / DIGESTS
            digests, checked = _checks(hashes, _state_of(hashes.stat()), state, index["pixels"])
            unreadable = {int(position): str(reason) for position, reason in index["unreadable"].items()}
            found = cls(folder, pictures, unreadable, index["pixels"], digests, checked, state)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        with contextlib.suppress(OSError):  # another user's, or on a disk that is only read
            os.utime(folder / INDEX)  # what was used last is thrown out last
        return found

    def take(self, positions: Sequence[int]) -> UInt8[np.ndarray, "b size size 3"]:
        """Return a copy of some pictures, in the order given, which are those that were prepared.

        Raises:
            CacheError: as `check` does.
        """
        self.check(positions)
        return self.pictures[positions]

    def check(self, positions: Iterable[int]) -> None:
        """Make sure that pictures are those that were prepared. A process looks at each of them once.

        Raises:
            CacheError: if one of them is damaged. All are out of use then: they will be prepared anew.
        """
        for position in positions:
            if not self._checked[position]:
                if hashlib.sha256(self.pictures[position]).digest() != self.digest(position):
                    raise self._damaged(position)
                self._checked[position] = True

    def digest(self, position: int) -> bytes:
        """Return the SHA-256 of a picture, from when it was prepared."""
        return self._digests[32 * position : 32 * (position + 1)]

    def _damaged(self, position: int) -> CacheError:
        what = f"The prepared pictures in {self.folder} are damaged: number {position} is not what was written there"
        try:
            file = _state_of((self.folder / PICTURES).stat())
            if file[:2] == self._state[:2]:  # else another process has prepared them anew since these were opened
                (self.folder / INDEX).unlink(missing_ok=True)  # without which nothing is there
        except FileNotFoundError:
            pass
        except OSError as error:
            return CacheError(
                f"{what}. Remove that folder, which is not possible from here ({error.strerror or error}), and run "
                "the same command again."
            )
        return CacheError(f"{what}. They are out of use now: run the same command again, and it prepares them anew.")


def read_index(folder: Path) -> dict[str, Any] | None:
    """Return what is known of the split in a folder; None if nothing is, or it is damaged.

    Raises:
        CacheError: if it comes from a newer version of this package.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_bytes())
        if not isinstance(index, dict):
            return None
        if why := why_refused(index.get(FIELD), SCHEMA):
            raise CacheError(f"{path} {why}. Use that one, or remove the folder.")
        return None if index.get(FIELD) == SCHEMA and why_damaged(index) else index
    except (OSError, ValueError, RecursionError):
        return None


def write_index(folder: Path, wanted: Wanted, unreadable: Mapping[int, str], digests: bytes, seconds: float) -> None:
    """Write all that is known of a split beside its pictures.

    Args:
        folder: with the pictures.
        wanted: what they are.
        unreadable: why items could not be decoded, by their positions.
        digests: SHA-256 of every picture, one after the other.
        seconds: that it took to prepare them.
    """
    with replacing(folder / DIGESTS) as file:
        file.write(digests)
    document: dict[str, Any] = {
        FIELD: SCHEMA,
        "dataset": wanted.name,
        "split": wanted.split,
        "size": wanted.size,
        "items": len(wanted.items),
        "unreadable": {str(position): reason for position, reason in sorted(unreadable.items())},
        "pixels": hashlib.sha256(digests).hexdigest(),
        "seconds": round(seconds, 3),
        "identity": dict(wanted.identity),
    }
    write_json(folder / INDEX, sealed(document))


def _map(path: Path, shape: tuple[int, int, int, int]) -> tuple[UInt8[np.ndarray, "n size size 3"], _State]:
    """Map a file of pictures into memory.

    Raises:
        OSError: if it cannot be read.
        ValueError: if its head is not that of such an array, or its length another.
    """
    head = header(shape[0], shape[1])
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if file.read(len(head)) != head or status.st_size != len(head) + int(np.prod(shape)):
            raise ValueError("it holds other pictures, or not all of them")
        return np.memmap(file, np.uint8, "r", len(head), shape), _state_of(status)


@lru_cache(maxsize=_KEPT)
def _checks(path: Path, state: _State, pictures: _State, pixels: str) -> tuple[bytes, Bool[np.ndarray, " n"]]:
    """Return the hashes of the pictures of a file, and which of these this process has checked.

    Everyone in this process who opens the same file gets the same array. `state` is that of the file of hashes,
    `pictures` that of the file of pictures: what another process replaces is checked anew.

    Raises:
        OSError: if the hashes cannot be read.
        ValueError: if they are not those that `pixels` is the hash of.
    """
    digests = path.read_bytes()
    if hashlib.sha256(digests).hexdigest() != pixels:
        raise ValueError("its hashes are damaged")
    return digests, np.zeros(len(digests) // 32, dtype=bool)


def _state_of(status: os.stat_result) -> _State:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
