"""The files of a run's folder: where they lie, how they are read, and whether the run's process lives."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from filelock import FileLock, Timeout

from inpaintbench.errors import StoreError
from inpaintbench.schema import FIELD, why_refused

SCHEMA: Final = 1
"""Of all of them."""

PLAN: Final = "plan.json"
BEAT: Final = "beat.json"
END: Final = "end.json"
LOCK: Final = ".lock"

SILENCE_SECONDS: Final = 60.0
"""A run on another machine, whose lock may not be seen from here, counts as alive so long after a beat."""

EndState = Literal["ended", "interrupted"]

_NUMBER: Final = re.compile(r"\d{6,}")


@dataclass(frozen=True)
class LoggedCell:
    """A cell that a run is to do.

    What was stored of it before the run is told by the time that stands in it, of whichever clock: what bears another
    time has come since.

    Attributes:
        method: the selector with its parameters; so are `dataset` and `mask`.
        key: of the cell.
        images: that it is about.
        stored: `finished` of the `cell.json` that was there before the run; empty if none was that could be read, None
            if nobody has noted it, as in the plans of earlier versions.
        failed: likewise, of the `failure.json` beside a complete result.
    """

    method: str
    dataset: str
    mask: str
    key: str
    images: int
    stored: str | None = None
    failed: str | None = None

    @property
    def title(self) -> str:
        """What messages call it."""
        return " × ".join((self.method, self.dataset, self.mask))


def is_alive(folder: Path, host: str) -> bool | None:
    """Whether the process of a run lives; None if that cannot be known from here.

    A lock that is held says so, and one that nobody holds on the run's own machine says the contrary. Whether locks are
    seen from machine to machine depends on the disk; where they may not be, a beat says that the run lives, and silence
    says nothing: within one process, a run does not beat while a long batch is computed.

    Args:
        folder: of the run.
        host: its machine.
    """
    with contextlib.suppress(OSError):  # it is on a disk without locks, or another user's: the lock says nothing
        if _is_held(folder / LOCK):
            return True
        if host == platform.node():
            return False
    with contextlib.suppress(OSError):
        found = [path for name in (PLAN, BEAT) if (path := folder / name).exists()]
        if any(abs(time.time() - path.stat().st_mtime) < SILENCE_SECONDS for path in found):
            return True
    return None


def _is_held(lock: Path) -> bool:
    """Whether a process holds a lock. Nothing is made, and where the system allows it, several may look at once.

    Raises:
        OSError: if that cannot be seen.
    """
    if sys.platform == "win32":
        try:
            with FileLock(lock, timeout=0):
                return False
        except Timeout:
            return True
    import fcntl  # whose exclusive lock is what `FileLock` takes

    try:
        file = lock.open("rb")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter is what some file systems say
            return True
    return False


def read_file(path: Path, known: int = SCHEMA, *, head: bool = False) -> dict[str, Any] | None:
    """Return what a file says; None if there is none.

    Args:
        path: of the file.
        known: the highest schema of such files that this version reads.
        head: whether to read its first line alone, and to close the list that this opens: of twenty plans of ten
            thousand cells, one is needed whole.

    Raises:
        StoreError: if it is no JSON object, cannot be read, or comes from a newer version of this package.
    """
    with explaining(path):
        try:
            with path.open("rb") as file:
                document = json.loads(file.readline() + b"]}" if head else file.read())
        except FileNotFoundError:
            return None
        if why := why_refused(document.get(FIELD), known):
            raise StoreError(f"{path} {why}")
        return dict(document)


def run_folders(runs: Path) -> list[Path]:
    """Return the folders of runs, oldest first."""
    with explaining(runs):
        try:
            with os.scandir(runs) as entries:
                names = [entry.name for entry in entries if _NUMBER.fullmatch(entry.name) and entry.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [runs / name for name in sorted(names, key=int)]


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn what is found wrong with a file into a `StoreError`."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise StoreError(f"{path} is damaged: {error!r}") from error
