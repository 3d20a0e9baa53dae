"""Hashes of files' contents, each computed once for as long as the files do not change.

What was computed of some files is remembered under a hash of their names, sizes and times: in this process, and
in the cache folder for the next ones. A file that changed a moment ago could change again without a new time, so
that nothing is stored of it until it has been left alone for `SETTLED` seconds.

What is stored bears a hash of itself. A file that was damaged, or that comes from another version of this package, is
as good as none: what it held is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from inpaintbench.caching import cache_folder
from inpaintbench.errors import DatasetError
from inpaintbench.folders import places_of
from inpaintbench.integrity import sealed, why_damaged
from inpaintbench.schema import FIELD

T = TypeVar("T")

SCHEMA: Final = 2
"""Of a file: the first held nothing but what was computed."""

SETTLED: Final = 2.0
"""Seconds without a change after which a file's time can be relied on; clocks of file systems are coarse."""

_READERS: Final = 8
_ANY: Final = ("utf-8", "surrogatepass")  # names of files need not be Unicode text
_known: dict[str, Any] = {}  # from a state of files to what was computed of them


def memory_folder() -> Path:
    """Return where what was computed of files is stored: one small file a state."""
    return cache_folder() / "fingerprints"


def remember(folder: Path, names: Sequence[str], what: str, compute: Callable[[], T]) -> T:
    """Return what `compute` returns, without calling it where the files have not changed since it was called last.

    Args:
        folder: in which the files lie.
        names: of the files, below the folder.
        what: what is computed, with everything that it depends on besides the files' contents. Raise a version in
            it when the computation changes.
        compute: returns something that JSON can hold (lists, not tuples).

    Raises:
        DatasetError: if a file has gone or cannot be read.
    """
    now = time.time()  # before the files are looked at: while they are read, they could change without a new time
    try:
        state, newest = _state(folder, names, what)
        if state in _known:
            remembered: T = _known[state]
            return remembered
        path = memory_folder() / state[:2] / f"{state}.json"
        found: T | None = _recall(path)
        if found is None:
            found = compute()
            if now - newest > SETTLED:
                _store(path, found)
    except OSError as error:
        raise DatasetError(f"{error.filename or folder} cannot be read: {error.strerror or error}.") from error
    _known[state] = found
    return found


def fingerprint_files(folder: Path, names: Sequence[str]) -> str:
    """Return a SHA-256 over the names and contents of files below a folder, in the order given.

    Files whose sizes and times have not changed are not read a second time.

    Raises:
        DatasetError: if a file has gone or cannot be read.
    """
    return remember(folder, names, "contents", lambda: _hash_contents(folder, names))


def fingerprint_path(path: str) -> str:
    """Return a SHA-256 of what lies at a path: of a file's content, or of the names and contents of a folder's files.

    It is looked for where `inpaintbench.folders.find_folder` looks. Where nothing lies, nothing is returned: whoever
    needs it says so.

    Raises:
        DatasetError: if something lies there that cannot be read.
    """
    try:
        place = next((place for place in places_of(path) if place.exists()), None)
        if place is None:
            return ""
        if place.is_file():
            return remember(place.parent, [place.name], "content", lambda: _hash_of(place))
        names = sorted(_files_below(place, "", frozenset()))
    except OSError as error:
        raise DatasetError(f"{error.filename or path[:80]!r} cannot be read: {error.strerror or error}.") from error
    return fingerprint_files(place, names)


def forget(days: float = 90) -> int:
    """Remove from the cache folder what has not been asked for in so many days; return how much that was."""
    oldest = time.time() - days * 86_400
    removed = 0
    for path in memory_folder().glob("[0-9a-f][0-9a-f]/*.json*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
    return removed


def _files_below(folder: Path, prefix: str, above: frozenset[str]) -> Iterator[str]:
    """Yield all files below a folder; links to folders are followed, but never in a circle."""
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if path.is_dir():
                yield from _files_below(path, f"{prefix}{entry.name}/", above | {real})
            elif path.is_file():
                yield prefix + entry.name


def _state(folder: Path, names: Sequence[str], what: str) -> tuple[str, float]:
    """Return a hash of all by which a change of the files is seen, and the time of the latest change."""
    root = os.fsencode(folder)
    digest = hashlib.sha256(len(root).to_bytes(8, "big") + root + what.encode() + b"\n")
    newest = 0
    prefix = str(folder) + os.sep
    for name in names:
        status = os.stat(prefix + name)  # noqa: PTH116  a Path a file takes three times as long
        digest.update(f"{len(name)} {name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} ".encode(*_ANY))
        newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
    return digest.hexdigest(), newest / 1e9


def _recall(path: Path) -> Any:
    """Return what was computed; None if nothing is stored, or not as it was."""
    try:
        document = json.loads(path.read_bytes())
        if not isinstance(document, dict) or document.get(FIELD) != SCHEMA or why_damaged(document):
            return None
    except (OSError, ValueError, RecursionError):
        return None
    with contextlib.suppress(OSError):  # on a disk that is only read
        os.utime(path)  # what is used stays when the cache is pruned
    return document.get("found")


def _store(path: Path, found: object) -> None:
    """Store what was computed; where that is not possible, it is computed again the next time."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(json.dumps(sealed({FIELD: SCHEMA, "found": found})))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_contents(folder: Path, names: Sequence[str]) -> str:
    total = hashlib.sha256()
    with ThreadPoolExecutor(_READERS) as pool:
        for start in range(0, len(names), 1024):  # a million names must not become a million waiting tasks
            part = names[start : start + 1024]
            for name, digest in zip(part, pool.map(lambda name: _hash_of(folder / name), part), strict=True):
                text = name.encode(*_ANY)
                total.update(len(text).to_bytes(8, "big") + text + bytes.fromhex(digest))
    return total.hexdigest()
