"""Putting a published data set into its folder: what its publisher lets anyone download, or advice where not.

```
DIR/photos.zip           an archive, until it has been unpacked
DIR/.photos.zip.done     says from where photos.zip was fetched, by which checksum, and names some of its content
DIR/.obtain.lock         held by the process that is at work; its file stays
```
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from inpaintbench.api import DatasetSpec, Download, Split
from inpaintbench.archives import unpack
from inpaintbench.atomic import write_json
from inpaintbench.downloads import fetch, partial_of
from inpaintbench.downloads.transfer import size_of
from inpaintbench.errors import DatasetError, DownloadError

_REMEMBERED: Final = 16  # names of a download's content by which it is seen that somebody has removed it


class Listener(Protocol):
    """Is told what happens to a data set's downloads."""

    def fetching(self, download: Download) -> None:
        """A file is about to be fetched, or an earlier attempt at it to be continued."""

    def progressed(self, done: int, total: int | None) -> None:
        """So many bytes of the file are there, or of the archive's content unpacked; None if not known of how many."""

    def unpacking(self, download: Download) -> None:
        """An archive is there, and about to be unpacked."""


class Silent:
    """A listener that says nothing."""

    def fetching(self, download: Download) -> None:
        """Say nothing."""

    def progressed(self, done: int, total: int | None) -> None:
        """Say nothing."""

    def unpacking(self, download: Download) -> None:
        """Say nothing."""


def obtain(
    spec: DatasetSpec,
    folder: Path,
    splits: Sequence[Split],
    listener: Listener | None = None,
    *,
    keep: bool = False,
) -> None:
    """Fetch and unpack what splits of a data set need and what is not there yet.

    A file that a person has fetched and put into the folder is not fetched again, but checked and unpacked. Of two
    processes, the second waits for the first. Who removes `.<filename>.done` has that download fetched again.

    Args:
        spec: of the data set.
        folder: of the data set; it is made.
        splits: what will be used.
        listener: is told what happens.
        keep: whether archives stay after they have been unpacked.

    Raises:
        DatasetError: if the publisher offers no download for any of these splits; it says what to do instead.
        DownloadError: if a file cannot be fetched or unpacked. What has been done until then is not done again.
    """
    listener = listener or Silent()
    if not needed(spec, splits):
        raise DatasetError(instructions(spec, folder))
    for download in missing(spec, folder, splits):
        listener.fetching(download)
        with _locked(folder, _target(download, folder), listener):
            if not _done(download, folder):  # another process may have done it
                _obtain(download, folder, listener, keep)


def needed(spec: DatasetSpec, splits: Sequence[Split]) -> list[Download]:
    """Return the downloads that hold something of these splits, in the spec's order."""
    return [download for download in spec.downloads if not download.splits or set(download.splits) & set(splits)]


def missing(spec: DatasetSpec, folder: Path, splits: Sequence[Split]) -> list[Download]:
    """Return those of the needed downloads that have not been done in this folder, or of which somebody removed parts.

    Raises:
        DownloadError: if the folder cannot be read.
    """
    try:
        return [download for download in needed(spec, splits) if not _done(download, folder)]
    except OSError as error:
        raise DownloadError(f"{folder} cannot be read: {error.strerror or error}") from error


def instructions(spec: DatasetSpec, folder: Path) -> str:
    """Return what a person does to get a data set by hand, on several lines: where to ask, and what belongs where."""
    rest = f"What {spec.name} still lacks" if spec.downloads else spec.name
    lines = [f"{rest} has to be fetched by hand: its publisher offers no download that needs no person."]
    if spec.homepage:
        lines.append(f"Get it from {spec.homepage}")
    if spec.licence:
        lines.append(f"Its terms: {spec.licence}")
    lines.append(f"Put it into {folder.absolute()}" + (", so that it holds" if spec.layout else ""))
    if spec.layout:
        lines.append(textwrap.indent(textwrap.dedent(spec.layout).strip("\n"), "  "))
    return "\n".join(lines)


def _obtain(download: Download, folder: Path, listener: Listener, keep: bool) -> None:
    target = _target(download, folder)
    fetch(
        download.url,
        target,
        checksum=download.checksum,
        megabytes=download.megabytes,
        on_progress=listener.progressed,
    )
    holds = [download.filename]
    if download.unpack:
        listener.unpacking(download)
        holds = list(unpack(target, folder / download.into, listener.progressed)[:_REMEMBERED])
    try:
        write_json(_marker(download, folder), {"url": download.url, "checksum": download.checksum, "holds": holds})
        if download.unpack and not keep:
            target.unlink()
    except OSError as error:
        raise DownloadError(f"{folder} cannot be written: {error.strerror or error}") from error


def _target(download: Download, folder: Path) -> Path:
    return folder / ("." if download.unpack else download.into) / download.filename


def _marker(download: Download, folder: Path) -> Path:
    return folder / f".{download.filename}.done"


def _done(download: Download, folder: Path) -> bool:
    """Whether this very file was fetched earlier, and its content has not been removed since."""
    try:
        marker: Any = json.loads(_marker(download, folder).read_bytes())
        same = (marker["url"], marker["checksum"]) == (download.url, download.checksum)
        return same and all((folder / download.into / name).exists() for name in marker["holds"])
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError):
        return False


@contextmanager
def _locked(folder: Path, target: Path, listener: Listener) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".obtain.lock")
        while not lock.is_locked:
            try:
                lock.acquire(timeout=0.5)
            except Timeout:
                there = max(size_of(target), size_of(partial_of(target)))
                listener.progressed(there, None)  # as far as the other process has come
    except OSError as error:
        raise DownloadError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
