"""Where prepared splits are kept: found again in milliseconds, prepared where they are missing, and bounded in size."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from inpaintbench.caching import cache_folder
from inpaintbench.errors import CacheError, UnreadableImageError
from inpaintbench.prepared.build import UNFINISHED, Progress, build, unfinished_name
from inpaintbench.prepared.parts import unwritable
from inpaintbench.prepared.split import INDEX, PreparedSplit, read_index
from inpaintbench.prepared.wanted import Wanted

LIMIT_VARIABLE: Final = "INPAINTBENCH_CACHE_GB"
"""The environment variable that says how many gigabytes (10⁹ bytes) prepared pictures may take."""

DEFAULT_GIGABYTES: Final = 50.0

_OWN: Final = re.compile(rf"[0-9a-f]{{32}}(\.[0-9a-f]+{re.escape(UNFINISHED)})?")
"""What the shelf's folders are called: nothing else in the folder is ever looked at, let alone removed."""


@dataclass(frozen=True)
class Shelved:
    """One prepared split on the shelf.

    Attributes:
        key: name of its folder.
        dataset: the selector.
        split: which of the data set's.
        size: of the pictures, in pixels.
        items: how many there are.
        bytes: that it takes.
        used: when it was last opened, in seconds since 1970.
    """

    key: str
    dataset: str
    split: str
    size: int
    items: int
    bytes: int
    used: float


class Shelf:
    """The prepared splits in one folder, shared by all processes of all users who may write there.

    Args:
        folder: where they lie; `pictures` in the folder of caches if None.
        limit: bytes that they may take together; `$INPAINTBENCH_CACHE_GB` if None, or 50 GB.
    """

    def __init__(self, folder: Path | None = None, limit: int | None = None) -> None:
        self.folder = cache_folder() / "pictures" if folder is None else folder
        self.limit = _limit() if limit is None else limit
        self._failures: dict[str, Exception] = {}

    def find(self, wanted: Wanted) -> PreparedSplit | None:
        """Return what is prepared already, if it is.

        Raises:
            CacheError: if a newer version of this package has prepared it.
        """
        found = PreparedSplit.open(self.folder / wanted.key)
        return None if found is None or _mended(found, wanted) else found

    def obtain(
        self,
        wanted: Wanted,
        on_progress: Progress = lambda items: None,
        workers: int | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> PreparedSplit:
        """Return the prepared pictures, after preparing them where they are missing.

        Where another process is preparing the same pictures, it is waited for. What a data set raised is raised again
        without another attempt: the next cells would meet it after as long a time.

        Args:
            wanted: which pictures.
            on_progress: told how many items are prepared, now and then; not called where there is nothing to do.
            workers: processes that help this one; by default one for each other processor.
            on_wait: called once if another process has to be waited for.

        Raises:
            CacheError: if they cannot be written, take more room than there may be, or come from a newer version of
                this package.
            Exception: whatever the data set raises.
        """
        if wanted.key in self._failures:
            raise self._failures[wanted.key]
        found = self.find(wanted)
        if found is not None:
            return found
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = self._lock(wanted.key)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                on_wait()
                lock.acquire(timeout=-1)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        try:
            found = self.find(wanted)  # the process that was waited for has prepared it
            if found is None:
                self._make_room(wanted)
                build(wanted, self.folder / wanted.key, on_progress, workers)
                found = PreparedSplit.open(self.folder / wanted.key)
        except Exception as error:
            self._failures[wanted.key] = error
            raise
        finally:
            lock.release()
        if found is None:
            raise CacheError(f"{self.folder / wanted.key} was prepared and cannot be read. Check the disk.")
        return found

    def splits(self) -> list[Shelved]:
        """Return all that is prepared, what was used last first."""
        found = [shelved for folder in self._folders() if (shelved := _read(folder)) is not None]
        return sorted(found, key=lambda one: (-one.used, one.key))

    @property
    def bytes(self) -> int:
        """That everything here takes, finished or not."""
        return sum(_size_of(folder) for folder in self._folders())

    @property
    def unfinished_bytes(self) -> int:
        """That of it which is being prepared, or which a killed process has left."""
        return max(0, self.bytes - sum(shelved.bytes for shelved in self.splits()))

    def prune(self, keep: int = 0) -> list[Shelved]:
        """Remove what was used longest ago until all that is left takes at most `keep` bytes.

        What a killed process has left half-done goes in any case; what a process is preparing now stays. A run that
        uses a removed split keeps its pictures until it ends, on systems that let open files be removed.

        Args:
            keep: bytes that may stay.

        Returns:
            What was removed.

        Raises:
            CacheError: if something cannot be removed.
        """
        try:
            self._remove_leftovers()
            splits = self.splits()
            kept = max(0, self.bytes - sum(shelved.bytes for shelved in splits))  # what is being prepared
            removed: list[Shelved] = []
            for shelved in splits:
                kept += shelved.bytes
                if kept > keep:
                    kept -= shelved.bytes
                    _remove(self.folder / shelved.key)
                    removed.append(shelved)
        except OSError as error:
            raise CacheError(
                f"{error.filename or self.folder} cannot be removed: {error.strerror or error}."
            ) from error
        return removed

    def _make_room(self, wanted: Wanted) -> None:
        needed = len(wanted.items) * wanted.picture_bytes
        if needed > self.limit:
            raise CacheError(
                f"{wanted.name} at {wanted.size} pixels takes {needed / 1e9:.1f} GB when prepared, and at most "
                f"{self.limit / 1e9:g} GB may be used. Raise ${LIMIT_VARIABLE}, or take a smaller --size or a --limit."
            )
        with contextlib.suppress(CacheError):  # what cannot be removed may leave room enough
            self.prune(self.limit - needed)

    def _remove_leftovers(self) -> None:
        for folder in self._folders():
            if folder.name.endswith(UNFINISHED) or (_read(folder) is None and not _of_newer(folder)):
                with contextlib.suppress(Timeout), self._lock(folder.name, timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)

    def _lock(self, key: str, timeout: float = -1) -> FileLock:
        """Return the lock that whoever prepares this split holds.

        Splits share 256 locks, because a lock's file can never be removed: two processes might then hold two files of
        one name.
        """
        return FileLock(self.folder / f"{key[:2]}.lock", timeout=timeout)

    def _folders(self) -> list[Path]:
        try:
            with os.scandir(self.folder) as entries:
                return sorted(Path(entry.path) for entry in entries if _OWN.fullmatch(entry.name) and entry.is_dir())
        except OSError:
            return []


def _mended(found: PreparedSplit, wanted: Wanted) -> bool:
    """Whether an item that could not be decoded now can be: files get their permissions back without a new content."""
    for position in found.unreadable:
        try:
            wanted.picture(wanted.items[position])
        except UnreadableImageError:
            continue
        return True
    return False


def _remove(folder: Path) -> None:
    """Remove a split, which nobody ever sees in part, and which another process may be removing."""
    rest = unfinished_name(folder)
    with contextlib.suppress(FileNotFoundError):
        folder.rename(rest)
        shutil.rmtree(rest)


def _read(folder: Path) -> Shelved | None:
    try:
        if (index := read_index(folder)) is None:
            return None
        return Shelved(
            key=folder.name,
            dataset=str(index["dataset"]),
            split=str(index["split"]),
            size=int(index["size"]),
            items=int(index["items"]),
            bytes=_size_of(folder),
            used=(folder / INDEX).stat().st_mtime,
        )
    except (CacheError, OSError, ValueError, KeyError, TypeError):
        return None


def _of_newer(folder: Path) -> bool:
    """Whether a newer version of this package has prepared the split: what this one cannot read is no leftover."""
    try:
        read_index(folder)
    except CacheError:
        return True
    return False


def _size_of(folder: Path) -> int:
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        total = sum(entry.stat().st_size for entry in entries if entry.is_file())
    return total


def _limit() -> int:
    text = os.environ.get(LIMIT_VARIABLE) or str(DEFAULT_GIGABYTES)
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = -1.0
    if not 0 < gigabytes < float("inf"):
        raise CacheError(f"${LIMIT_VARIABLE} is {text!r}; expected a number of gigabytes above 0, such as 50.")
    return int(gigabytes * 1e9)
