"""Folders of pictures that a selector names: where they lie, which files are pictures, what these hold."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from inpaintbench.errors import DatasetError

DATA_VARIABLE: Final = "INPAINTBENCH_DATA"
"""The environment variable that names the folder below which relative paths are looked for."""

PICTURE_SUFFIXES: Final = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""The endings, in lower case, of the files that count as pictures."""

_READERS: Final = 8
_known: dict[str, str] = {}  # from the names, sizes and times of a folder's files to their fingerprint


def find_folder(path: str) -> Path:
    """Return the folder that `path` names, as an absolute path.

    `~` stands for the home folder. A relative path is looked for below the current folder, then below
    `$INPAINTBENCH_DATA`; the first folder found counts.

    Raises:
        DatasetError: if there is no such folder, or it is a file.
    """
    places = _places(path)
    try:
        for place in places:
            if place.is_dir():
                return place
        for place in places:
            if place.exists():
                raise DatasetError(f"{place} is a file; expected a folder. Name the folder that it lies in.")
    except OSError as error:
        raise DatasetError(f"{path[:80]!r} cannot be looked for: {error.strerror or error}.") from error
    looked = " nor ".join(str(place) for place in places)
    hint = (
        "" if len(places) > 1 or Path(path).is_absolute() else f" (${DATA_VARIABLE}, another place to look, is not set)"
    )
    raise DatasetError(f"There is no folder {looked}{hint}. Check the path for a slip.")


def fingerprint_path(path: str) -> str:
    """Return a SHA-256 of what lies at a path: of a file's content, or of the names and contents of a folder's files.

    It is looked for where `find_folder` looks. Where nothing lies, nothing is returned: whoever needs it says so.

    Raises:
        DatasetError: if something lies there that cannot be read.
    """
    try:
        place = next((place for place in _places(path) if place.exists()), None)
        if place is None:
            return ""
        if place.is_file():
            with place.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        names = sorted(one.relative_to(place).as_posix() for one in place.rglob("*") if one.is_file())
    except OSError as error:
        raise DatasetError(f"{path[:80]!r} cannot be read: {error.strerror or error}.") from error
    return fingerprint_files(place, names)


def _places(path: str) -> list[Path]:
    """Return where a path is looked for."""
    try:
        wanted = Path(path).expanduser()
    except RuntimeError as error:
        raise DatasetError(f"{path!r} names no folder ({error}); write the path without the ~.") from error
    data = os.environ.get(DATA_VARIABLE)
    roots = [Path.cwd()] + ([Path(data).expanduser().absolute()] if data else [])
    return list(dict.fromkeys(root / wanted for root in roots))


def list_pictures(folder: Path) -> list[str]:
    """Return the pictures below a folder, at any depth, as sorted POSIX paths relative to it; opens no file.

    A picture is a file whose ending is one of `PICTURE_SUFFIXES`, in any case. Files and folders whose
    names begin with a dot are passed over. A link to a folder is followed, unless that folder holds the
    link.

    Raises:
        DatasetError: if a folder cannot be read, or a file's name is no Unicode text.
    """
    return sorted(_pictures_below(folder, "", frozenset()))


def fingerprint_files(folder: Path, names: Sequence[str]) -> str:
    """Return a SHA-256 over the names and contents of files below a folder, in the order given.

    Within a process, files whose sizes and times have not changed are not read a second time.

    Raises:
        DatasetError: if a file has gone or cannot be read.
    """
    try:
        state = hashlib.sha256(os.fsencode(folder))
        for name in names:
            status = (folder / name).stat()
            state.update(f"{len(name)} {name} {status.st_size} {status.st_mtime_ns} ".encode())
        key = state.hexdigest()
        if key not in _known:
            _known[key] = _hash_contents(folder, names)
    except OSError as error:
        raise DatasetError(f"{error.filename or folder} cannot be read: {error.strerror or error}.") from error
    return _known[key]


def _hash_contents(folder: Path, names: Sequence[str]) -> str:
    def digest_of(name: str) -> bytes:
        with (folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    total = hashlib.sha256()
    with ThreadPoolExecutor(_READERS) as pool:
        for start in range(0, len(names), 1024):  # a million names must not become a million waiting tasks
            part = names[start : start + 1024]
            for name, digest in zip(part, pool.map(digest_of, part), strict=True):
                text = name.encode()
                total.update(len(text).to_bytes(8, "big") + text + digest)
    return total.hexdigest()


def _pictures_below(folder: Path, prefix: str, above: frozenset[str]) -> list[str]:
    real = os.path.realpath(folder)
    if real in above:
        return []
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if _holds(entry.is_dir):
                    found += _pictures_below(Path(entry.path), f"{prefix}{entry.name}/", above | {real})
                elif Path(entry.name).suffix.lower() in PICTURE_SUFFIXES and _holds(entry.is_file):
                    found.append(_as_text(prefix + entry.name))
    except OSError as error:
        raise DatasetError(f"{folder} cannot be read: {error.strerror or error}.") from error
    return found


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:  # a link that leads to itself is neither folder nor file
        return False


def _as_text(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise DatasetError(f"The file name {name!r} is no Unicode text; rename the file.") from None
    return name
