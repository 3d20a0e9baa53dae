"""Files and folders that are there for as long as a process lives: what was left by one that was killed is removed.

Such a file is locked by whoever has made it; the system takes the lock back when that process dies, however it does.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

_HELD: Final = ".held"
_SCRATCH: Final = "inpaintbench-"


@contextmanager
def held(path: Path, text: str = "") -> Iterator[None]:
    """Have a file there that nobody else takes for abandoned.

    Raises:
        OSError: if it cannot be written.
    """
    fresh = path.with_name(f".new{path.name}")  # nobody sees it under its name before it is locked
    try:
        with fresh.open("x", encoding="ascii") as file:
            file.write(text)
            file.flush()
            with contextlib.suppress(OSError):  # where files cannot be locked, none is ever taken for abandoned
                _lock(file)
            fresh.rename(path)
            yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def sweep(paths: Iterable[Path]) -> None:
    """Remove those of the files that nobody holds any more."""
    for path in paths:
        if _is_abandoned(path):
            with contextlib.suppress(OSError):
                path.unlink()


@contextmanager
def scratch() -> Iterator[Path]:
    """Have an empty folder of this machine; remove those of processes that were killed.

    Raises:
        OSError: if there can be none, such as for want of room.
    """
    for path in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*/{_HELD}"):
        if _is_abandoned(path):
            shutil.rmtree(path.parent, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH) as name, held(Path(name, _HELD)):
        yield Path(name)


def _is_abandoned(path: Path) -> bool:
    try:
        with path.open("r+b") as file:
            _lock(file)
    except OSError:  # it is held, somebody else's, or has gone
        return False
    return True


def _lock(file: IO[Any]) -> None:
    """Lock a file until it is closed.

    Raises:
        OSError: if somebody else has locked it, or files cannot be locked.
    """
    if sys.platform == "win32":
        raise OSError("Windows knows no lock that leaves a file readable.")
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
