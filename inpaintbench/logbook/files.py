"""The files of a run's folder: where they lie, how they are read, and whether the run's process lives."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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

_NUMBER: Final = re.compile(r"\d{6,}")


@dataclass(frozen=True)
class LoggedCell:
    """A cell that a run is to do.

    Attributes:
        method: the selector with its parameters; so are `dataset` and `mask`.
        key: of the cell.
        images: that it is about.
    """

    method: str
    dataset: str
    mask: str
    key: str
    images: int

    @property
    def title(self) -> str:
        """What messages call it."""
        return " × ".join((self.method, self.dataset, self.mask))


def is_alive(folder: Path, host: str) -> bool:
    """Whether the process of a run lives: whether its lock is held, or else, on another machine, whether it beats."""
    try:
        with FileLock(folder / LOCK, timeout=0):
            if host == platform.node():
                return False
    except Timeout:
        return True
    except OSError:  # it is on a disk that is only read, or another user's: nothing is known
        pass
    with contextlib.suppress(OSError):
        found = [path for name in (PLAN, BEAT) if (path := folder / name).exists()]
        return any(abs(time.time() - path.stat().st_mtime) < SILENCE_SECONDS for path in found)
    return False


def read_file(path: Path, known: int = SCHEMA, *, head: bool = False) -> dict[str, Any]:
    """Return what a file says; nothing if there is none.

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
            return {}
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
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is damaged: {error!r}") from error
