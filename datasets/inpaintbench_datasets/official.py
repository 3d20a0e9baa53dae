"""What data sets in an official layout share: where they lie, and how one says that it is not all there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from inpaintbench.errors import DatasetError, NoSplitError
from inpaintbench.fingerprints import fingerprint_files
from inpaintbench.folders import find_folder


def find_official(name: str, path: str) -> Path:
    """Return the folder of a published data set.

    Args:
        name: of the data set, as selectors write it.
        path: its parameter `path`.

    Raises:
        DatasetError: if it is not there, with the command that fetches it or says what must lie where.
    """
    return find_folder(path, advice=_advice(name))


def require_file(name: str, path: Path) -> Path:
    """Return the path of a file that the data set cannot be read without.

    Raises:
        DatasetError: if it is not there.
    """
    if not path.is_file():
        raise DatasetError(f"{name} lacks {path}. {_advice(name)}")
    return path


def read_lines(name: str, path: Path) -> list[str]:
    """Return the lines of a text file of the data set without the ends of lines, and without empty ones.

    Raises:
        DatasetError: if it is not there, or is no text.
    """
    try:
        text = require_file(name, path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{name}: {path} cannot be read: {error}. {_advice(name)}") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def below(name: str, path: Path, line: str, file: str) -> str:
    """Return the file name that a line of a list gives, if it cannot lead out of the folder that it counts from.

    Args:
        name: of the data set.
        path: of the list.
        line: of the list, for the message.
        file: what the line names: a path with `/`.

    Raises:
        DatasetError: if it is absolute, or holds `..` or a backslash.
    """
    if file.startswith("/") or "\\" in file or (".." in file and ".." in file.split("/")):
        raise DatasetError(
            f"{name}: {path} holds the line {line[:80]!r}, which names a file outside the data set; expected one below "
            "the folder of its pictures. Take the publisher's file anew."
        )
    return file


def refuse_absent(name: str, folder: Path, listed: Iterable[str], present: Iterable[str], listing: str) -> None:
    """Refuse a data set of which a list names files that are not there: part of it would be another data set.

    Args:
        name: of the data set.
        folder: in which the files should lie.
        listed: their names, by the list.
        present: the names of those that are there.
        listing: the list's file name, for the message.

    Raises:
        DatasetError: if one is absent; it names the first, and counts them.
    """
    there = set(present)
    absent = [file for file in listed if file not in there]
    if absent:
        others = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        raise DatasetError(
            f"{name}: {listing} names {absent[0]}{others}, which {'are' if len(absent) > 1 else 'is'} not in {folder}. "
            f"{_advice(name)}"
        )


def names_in(name: str, folder: Path) -> list[str]:
    """Return the names of all that lies in a folder of the data set, in no order, by one listing of it.

    Names that begin with a dot are left out: macOS puts a `._` file beside each file on disks of other systems.

    Raises:
        DatasetError: if it is not there, or cannot be read.
    """
    try:
        names = os.listdir(folder)  # noqa: PTH208  a Path a file takes longer
    except (FileNotFoundError, NotADirectoryError):
        raise DatasetError(f"{name} lacks the folder {folder}. {_advice(name)}") from None
    except OSError as error:
        raise DatasetError(f"{name}: {folder} cannot be read: {error.strerror or error}.") from error
    return [one for one in names if not one.startswith(".")]


def names_beside(name: str, folder: Path, listed: Iterable[str]) -> set[str]:
    """Return what lies in the folders in which listed files should lie: one listing a folder, however many files.

    Args:
        name: of the data set.
        folder: below which all of them should lie.
        listed: paths below it, with `/`. A folder of theirs that is not there holds nothing.

    Raises:
        DatasetError: if `folder` is not there, or one of the folders cannot be read.
    """
    found = set(names_in(name, folder))
    for parent in {file.rpartition("/")[0] for file in listed} - {""}:
        if (folder / parent).is_dir():
            found.update(f"{parent}/{file}" for file in names_in(name, folder / parent))
    return found


def fingerprint_parts(parts: Iterable[tuple[Path, Sequence[str]]]) -> str:
    """Return a SHA-256 over the names and contents of files, part by part, wherever the parts' folders lie.

    Args:
        parts: folders, and names of files below each: the names count, the folders do not.

    Raises:
        DatasetError: if a file has gone or cannot be read.
    """
    digest = hashlib.sha256()
    for folder, names in parts:
        digest.update(bytes.fromhex(fingerprint_files(folder, names)))
    return digest.hexdigest()


def lacks_split(name: str, split: str, why: str) -> NoSplitError:
    """Return the error for a split that a data set does not have.

    Args:
        name: of the data set.
        split: that was asked for.
        why: there is none, and what to do, as sentences' ends: "its 100 pictures are … .".
    """
    return NoSplitError(f"{name} has no {split} split: {why}")


def _advice(name: str) -> str:
    return f"`bench prepare {name}` fetches what its publisher lets one fetch, and says what else must lie where."
