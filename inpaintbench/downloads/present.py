"""Which of a data set's downloads are in its folder, whoever has put them there.

```
DIR/photos.zip           an archive, until it has been unpacked
DIR/.photos.zip.done     says from where photos.zip was fetched, by which checksum, and names some of its content; or,
                         while it is unpacked, that this has been begun
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from inpaintbench.api import DatasetSpec, Download, Split
from inpaintbench.downloads.notes import read_note, write_note
from inpaintbench.errors import DownloadError

_VERSION: Final = {"url": (str,), "checksum": (str,)}
_STATE: Final = {"begun": (bool,), "holds": (list,)}


def needed(spec: DatasetSpec, splits: Sequence[Split]) -> list[Download]:
    """Return the downloads that hold something of these splits, in the spec's order."""
    return [download for download in spec.downloads if not download.splits or set(download.splits) & set(splits)]


def missing(spec: DatasetSpec, folder: Path, splits: Sequence[Split]) -> list[Download]:
    """Return those of the needed downloads that are to be fetched.

    One is not if all that it holds is there, whoever has put it there. One of which is not known what it holds is
    not either if it has been fetched to this folder, and nobody has removed its content since.

    Raises:
        DownloadError: if the folder cannot be read, or a newer version of this package has fetched something to it.
    """
    try:
        return [download for download in needed(spec, splits) if not is_done(download, folder)]
    except OSError as error:
        raise DownloadError(f"{folder} cannot be read: {error.strerror or error}") from error


def is_done(download: Download, folder: Path) -> bool:
    """Whether a download need not be fetched to a data set's folder; see `missing`.

    Raises:
        OSError: if the folder cannot be read.
        DownloadError: if a newer version of this package has fetched it.
    """
    whole = all(places_there(places, folder) for places in download.contents)
    known = read_note(marker_of(download, folder), _VERSION, _STATE)
    names = known.get("holds", [])
    if not known or not all(isinstance(name, str) for name in names):
        return whole and bool(download.contents)  # never fetched, but a person may have put it there
    if known.get("begun") or (known["url"], known["checksum"]) != (download.url, download.checksum):
        return False
    return whole if download.contents else all((folder / download.into / name).exists() for name in names)


def places_there(places: Iterable[str], folder: Path) -> list[Path]:
    """Return those of some places below a folder where there is a file, or a folder that holds something.

    Raises:
        OSError: if they cannot be looked at.
    """
    paths = [folder / place for place in places]
    return [path for path in paths if (any(path.iterdir()) if path.is_dir() else path.exists())]


def target_of(download: Download, folder: Path) -> Path:
    """Return where the published file belongs: an archive, until it has been unpacked, at the top of the folder."""
    return folder / ("." if download.unpack else download.into) / download.filename


def marker_of(download: Download, folder: Path) -> Path:
    """Return the file that says whether a download was fetched."""
    return folder / f".{download.filename}.done"


def mark(download: Download, folder: Path, **what: Any) -> None:
    """Write down how far a download is: `begun=True` while it is unpacked, then `holds`, names of its content.

    Raises:
        DownloadError: if that cannot be written.
    """
    try:
        write_note(marker_of(download, folder), {"url": download.url, "checksum": download.checksum, **what})
    except OSError as error:
        raise DownloadError(f"{folder} cannot be written: {error.strerror or error}") from error
