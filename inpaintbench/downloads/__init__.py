"""Fetching one published file so that it is whole and right, or not there at all.

```
DIR/net.zip                the file, once its length and checksum have been verified
DIR/net.zip.partial        what has arrived so far; the next attempt continues it
DIR/net.zip.partial.json   of which address and which version that is a part
DIR/.net.zip.lock          held by the process that fetches; its file stays
```
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit

from inpaintbench.atomic import sync_folder
from inpaintbench.downloads.drive import fetch_from_drive, is_on_drive, require_gdown
from inpaintbench.downloads.locking import acquire
from inpaintbench.downloads.reach import REACH_TIMEOUT, first_stop, reachable
from inpaintbench.downloads.transfer import Progress, RefusedError, Transfer, size_of, writing
from inpaintbench.errors import DownloadError

__all__ = ["REACH_TIMEOUT", "Progress", "fetch", "mismatch", "partial_of"]

_CHECKSUM: Final = re.compile(r"(md5|sha256):[0-9a-f]+")


def fetch(
    url: str,
    target: Path,
    *,
    checksum: str = "",
    megabytes: float = 0.0,
    timeout: float = 30.0,
    insists: bool = True,
    on_progress: Progress = lambda done, total: None,
) -> None:
    """Put the file that is published at `url` at `target`, unless it lies there already.

    An interruption of any kind leaves a part, which the next call continues. Of two processes that fetch the same
    file, the second waits for the first. Proxies named in the environment are heeded. What Google Drive keeps is
    fetched by the package `gdown`, if that is installed.

    Args:
        url: `https` or `http`.
        target: where it belongs; the folder is made.
        checksum: `md5:…` or `sha256:…` in lower-case hexadecimal digits, of which the first ones are enough; empty if
            nobody has published one. A file that was there already is checked too.
        megabytes: the file's size, for messages.
        timeout: seconds without a byte after which an attempt ends. That a server cannot be reached is known within
            `REACH_TIMEOUT` seconds, or these if they are fewer.
        insists: whether a server from which nothing has come is asked again, which can take a minute. One from which
            something has come is asked for the rest in any case.
        on_progress: called after each block with the bytes that are there and the bytes of the whole, None if
            nobody says how many those are.

    Raises:
        DownloadError: if the server cannot be reached, refuses, breaks off every time, or sends another file than
            the checksum says; if the disk is full, or the folder cannot be written; if the address or the checksum
            is malformed.
    """
    job = _Job(url, target, checksum, timeout, insists, on_progress)
    try:
        if checksum and not _CHECKSUM.fullmatch(checksum):
            raise RefusedError(f"{checksum!r} is no checksum; expected 'md5:…' or 'sha256:…'")
        if target.exists() or not job.fetched():
            job.verify_existing()
    except (OSError, ValueError, HTTPException, RefusedError) as error:
        if isinstance(error, HTTPError):
            error.close()
        size = f" ({megabytes:g} MB)" if megabytes else ""
        how = "in a browser" if is_on_drive(url) else "elsewhere"
        advice = f"Download {url}{size} {how} and put it at {target}."
        raise DownloadError(str(error) or type(error).__name__, advice) from error


def partial_of(target: Path) -> Path:
    """Return where a file lies as long as it has not arrived as a whole."""
    return target.with_name(f"{target.name}.partial")


def mismatch(path: Path, checksum: str) -> str:
    """Say in which way a file differs from its checksum, such as `MD5 does not begin with 00ff but is 12ab…`.

    Args:
        path: of the file; all of it is read.
        checksum: as `fetch` takes it.

    Returns:
        Nothing if it does not differ, or there is no checksum.

    Raises:
        OSError: if the file cannot be read.
    """
    if not checksum:
        return ""
    algorithm, expected = checksum.split(":")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    label = {"md5": "MD5", "sha256": "SHA-256"}[algorithm]
    return "" if found.startswith(expected) else f"{label} does not begin with {expected} but is {found}"


@dataclass(frozen=True)
class _Job:
    """One call of `fetch`."""

    url: str
    target: Path
    checksum: str
    timeout: float
    insists: bool
    on_progress: Progress

    @property
    def partial(self) -> Path:
        return partial_of(self.target)

    def fetched(self) -> bool:
        """Fetch the file; False if another process has put it there meanwhile."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise RefusedError(f"{self.url} is no address on the web")
        drive = require_gdown() if is_on_drive(self.url) else None
        host, port = first_stop(self.url)
        if not reachable(host, port, min(self.timeout, REACH_TIMEOUT)):
            raise RefusedError(f"{host}:{port} does not answer")
        with writing(self.target):
            self.target.parent.mkdir(parents=True, exist_ok=True)
        transfer = Transfer(self.url, self.partial, bool(self.checksum), self.timeout, self.insists, self.on_progress)
        with self._locked():
            if self.target.exists():
                return False
            if drive:
                fetch_from_drive(drive, self.url, self.partial, self.on_progress)
            else:
                transfer.run()
            problem = mismatch(self.partial, self.checksum)
            if problem:
                transfer.forget()
                raise RefusedError(f"{self.url} sent a file whose {problem}")
            with writing(self.target):
                self._publish()
                transfer.sidecar.unlink(missing_ok=True)
        return True

    def verify_existing(self) -> None:
        """Refuse a file that somebody else has put there and that is not the published one."""
        problem = mismatch(self.target, self.checksum)
        if problem:
            raise RefusedError(f"{self.target} is there already, but its {problem}; remove it first")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with writing(self.target):
            lock = acquire(
                self.target.with_name(f".{self.target.name}.lock"),
                lambda: self.on_progress(size_of(self.partial), None),  # as far as the other process has come
            )
        try:
            yield
        finally:
            lock.release()

    def _publish(self) -> None:
        with self.partial.open("rb+") as file:
            os.fsync(file.fileno())
        self.partial.replace(self.target)
        sync_folder(self.target.parent)
