"""Putting a published data set into its folder: what its publisher lets anyone download, or advice where not.

```
DIR/photos.zip           an archive, until it has been unpacked
DIR/.photos.zip.done     what `inpaintbench.downloads.present` describes
DIR/.obtain.lock         held by the process that is at work; its file stays
```
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from inpaintbench.api import DatasetSpec, Download, Split
from inpaintbench.archives import unpack
from inpaintbench.downloads import fetch, partial_of
from inpaintbench.downloads.by_hand import instructions
from inpaintbench.downloads.locking import acquire
from inpaintbench.downloads.overwriting import refuse_overwriting
from inpaintbench.downloads.present import is_done, mark, missing, needed, places_there, target_of
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

    A file that a person has fetched and put into the folder is not fetched again, but checked and unpacked. Nothing
    that a person has put there is replaced by something else. Of two processes, the second waits for the first. A
    folder that is made here and into which nothing comes is removed again.

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
        raise DatasetError(instructions(spec, folder, splits))
    for download in missing(spec, folder, splits):
        listener.fetching(download)
        with _locked(folder, target_of(download, folder), listener):
            if not is_done(download, folder):  # another process may have done it
                _obtain(download, folder, listener, keep)


def _obtain(download: Download, folder: Path, listener: Listener, keep: bool) -> None:
    target = target_of(download, folder)
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
        refuse_overwriting(target, folder / download.into, listener.progressed)
        mark(download, folder, begun=True)
        holds = list(unpack(target, folder / download.into, listener.progressed)[:_REMEMBERED])
        _require_contents(download, folder)
    mark(download, folder, holds=holds)
    if download.unpack and not keep:
        try:
            target.unlink()
        except OSError as error:
            raise DownloadError(f"{target} cannot be removed: {error.strerror or error}") from error


def _require_contents(download: Download, folder: Path) -> None:
    lacking = next((places for places in download.contents if not places_there(places, folder)), None)
    if lacking:
        raise DownloadError(
            f"{download.filename} has been unpacked, but holds no {' or '.join(lacking)}, as its data set says it does",
            f"Tell the author of the data set's plugin. What it holds is in {folder / download.into}.",
        )


@contextmanager
def _locked(folder: Path, target: Path, listener: Listener) -> Iterator[None]:
    try:
        made = not folder.exists()
        lock = acquire(
            folder / ".obtain.lock",  # as far as the other process has come:
            lambda: listener.progressed(max(size_of(target), size_of(partial_of(target))), None),
        )
    except OSError as error:
        raise DownloadError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        if made:
            _remove_if_empty(folder)
        lock.release()


def _remove_if_empty(folder: Path) -> None:
    """Remove a folder in which there is nothing but locks, and parts of which nothing has arrived.

    A process that waits for the lock sees that its file has gone, and makes the folder anew.
    """
    for path in folder.rglob("*"):
        part = path.with_name(path.name.removesuffix(".json"))
        nothing = path.suffix == ".lock" or (part.suffix == ".partial" and size_of(part) == 0)
        if not path.is_dir() and not nothing:
            return
    shutil.rmtree(folder, ignore_errors=True)
