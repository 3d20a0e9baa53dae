"""Folders of pictures that a selector names: where they lie, and which of their files are pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from inpaintbench.errors import DatasetError

DATA_VARIABLE: Final = "INPAINTBENCH_DATA"
"""The environment variable that names the folder below which relative paths are looked for."""

PICTURE_SUFFIXES: Final = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""The endings, in lower case, of the files that count as pictures."""

_CHECK: Final = f"Check the path for a slip, or let ${DATA_VARIABLE} name the folder below which it lies."


def data_folder() -> Path:
    """Return the folder that data sets lie in: `$INPAINTBENCH_DATA`, or `$XDG_DATA_HOME/inpaintbench` if not set.

    Where the latter is not set either, it is `~/.local/share`. The folder need not exist.

    Raises:
        DatasetError: if it begins with the home folder of somebody who has none.
    """
    chosen = os.environ.get(DATA_VARIABLE)
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser().absolute() / "inpaintbench"
    except RuntimeError as error:
        raise DatasetError(f"No folder of data sets is known ({error}). Name one in ${DATA_VARIABLE}.") from error


def find_folder(path: str, advice: str = _CHECK) -> Path:
    """Return the folder that `path` names, as an absolute path.

    `~` stands for the home folder. A relative path is looked for below the current folder, then below
    `data_folder()`; the first folder found counts.

    Args:
        path: what to look for.
        advice: what the message tells to do where there is none.

    Raises:
        DatasetError: if there is no such folder, or it is a file.
    """
    places = places_of(path)
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
    raise DatasetError(f"There is no folder {looked}. {advice}")


def places_of(path: str) -> list[Path]:
    """Return where a path is looked for, as absolute paths, in order.

    Raises:
        DatasetError: if it begins with the home folder of somebody who has none.
    """
    try:
        wanted = Path(path).expanduser()
    except RuntimeError as error:
        raise DatasetError(f"{path!r} names no folder ({error}); write the path without the ~.") from error
    return list(dict.fromkeys(root / wanted for root in (Path.cwd(), data_folder())))


def list_pictures(folder: Path) -> list[str]:
    """Return the pictures below a folder, at any depth, as sorted POSIX paths relative to it; opens no file.

    A picture is a file whose ending is one of `PICTURE_SUFFIXES`, in any case. Files and folders whose
    names begin with a dot are passed over. A link to a folder is followed, unless that folder holds the
    link.

    Raises:
        DatasetError: if a folder cannot be read, or a file's name is no Unicode text.
    """
    return sorted(_pictures_below(folder, "", frozenset()))


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
