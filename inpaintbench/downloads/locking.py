"""Waiting for another process that is at work on the same files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from filelock import BaseFileLock

_PATIENCE: Final = 0.5  # seconds between two signs of life


def acquire(path: Path, on_wait: Callable[[], None]) -> BaseFileLock:
    """Return a lock once this process holds it; the caller releases it. A process that is killed loses its locks.

    Args:
        path: of the lock's file, which is made and stays. So is its folder.
        on_wait: called twice a second as long as another process holds it.

    Raises:
        OSError: if the folder or the file cannot be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    while not lock.is_locked:
        try:
            _make(path.parent)
            lock.acquire(timeout=_PATIENCE)
        except (Timeout, FileNotFoundError):  # or the other process has just removed the folder
            on_wait()
    return lock


def _make(folder: Path) -> None:
    """Make a folder, unless it is there.

    Raises:
        FileNotFoundError: if another process removes it at this moment.
        OSError: if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # pathlib looks whether it is a folder, and finds nothing any more
        if not folder.exists():
            raise FileNotFoundError(str(folder)) from error
        raise
