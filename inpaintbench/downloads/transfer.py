"""One file over HTTP, continued where an earlier attempt broke off.

A part is continued by a request with `Range` and `If-Range` (RFC 9110, sections 13.1.5 and 14.2). What is known of
the version that it is part of, ETag and Last-Modified, lies beside it. Where the server cannot continue it, or has
another version by now, the file is fetched from its beginning: parts of two versions are never put together. Without
ETag and Last-Modified two versions can be told apart by a checksum alone, and without one nothing is continued.
"""

from __future__ import annotations

import re
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError

from inpaintbench.downloads.notes import read_note, write_note

PAUSES: tuple[float, ...] = (1.0, 4.0, 15.0)
"""Seconds before each further attempt; counted anew whenever an attempt has brought the file further."""

Progress = Callable[[int, int | None], None]
"""Told the bytes that are there, and the bytes of the whole, None if nobody says how many those are."""

_BLOCK: Final = 1 << 20
_VERSION: Final = {"url": (str,), "total": (int, type(None)), "etag": (str,), "modified": (str,)}
_BUSY: Final = {408, 425, 429, 500, 502, 503, 504}  # statuses after which it is worth asking again


class RefusedError(Exception):
    """The file cannot be had; another attempt would end alike."""


class BrokenOffError(Exception):
    """This attempt has failed; the next one may not."""


@dataclass(frozen=True)
class Transfer:
    """Fetches one file into `partial`. Its checksum is not looked at.

    Attributes:
        url: `https` or `http`.
        partial: the file to be filled.
        checked: whether a checksum will be verified in the end.
        timeout: seconds without a byte after which an attempt ends.
        insists: whether a server from which nothing has come is asked again.
        on_progress: called after each block.
    """

    url: str
    partial: Path
    checked: bool
    timeout: float
    insists: bool
    on_progress: Progress

    @property
    def sidecar(self) -> Path:
        """Where it is written down of what `partial` is a part."""
        return self.partial.with_name(f"{self.partial.name}.json")

    def run(self) -> None:
        """Attempt it until it is whole, or several attempts on end have not brought it further.

        Raises:
            RefusedError: if it cannot be had, or cannot be written.
            OSError: or ValueError or HTTPException, if the server or its address makes no sense.
        """
        best = size_of(self.partial)
        pauses = list(PAUSES) if self.insists else []
        while True:
            try:
                return self._attempt()
            except BrokenOffError as error:
                if size_of(self.partial) > best:
                    best = size_of(self.partial)
                    pauses = list(PAUSES)
                if not pauses:
                    raise RefusedError(str(error)) from error
                time.sleep(pauses.pop(0))

    def forget(self) -> None:
        """Remove the part, so that the next attempt begins anew."""
        with writing(self.partial):
            self.partial.unlink(missing_ok=True)
            self.sidecar.unlink(missing_ok=True)

    def _attempt(self) -> None:
        """Ask once for all that is missing."""
        have, known = self._resumable()
        total: int | None = known.get("total")
        if have and have == total:
            return
        headers = {"User-Agent": "inpaintbench"}
        if have:
            headers["Range"] = f"bytes={have}-"
            headers |= {"If-Range": _validator(known)} if _validator(known) else {}
        with self._asked(headers) as answer:
            if answer.status == 206 and have:
                total = self._continued(answer, have, known)
            elif answer.status == 200:
                have, total = 0, _length(answer)
                self._begin(answer, total)
            else:
                raise RefusedError(f"the server answered with status {answer.status}")
            self._require_room(have, total)
            self._receive(answer, have, total)

    def _resumable(self) -> tuple[int, dict[str, Any]]:
        """Return how many bytes can be continued, and what is known of the file that they are part of.

        Raises:
            DownloadError: if a newer version of this package has begun it.
        """
        have = size_of(self.partial)
        try:
            known = read_note(self.sidecar, _VERSION, {})
        except OSError:
            known = {}
        fits = bool(known) and known["url"] == self.url and have <= (known["total"] or have)
        if have and fits and (self.checked or _validator(known)):
            return have, known
        self.forget()
        return 0, {}

    @contextmanager
    def _asked(self, headers: dict[str, str]) -> Iterator[HTTPResponse]:
        """Yield the server's answer. What the network does, then and while it is read, becomes a `BrokenOffError`."""
        opener = urllib.request.build_opener()  # urlopen's remembers the proxies of its first call
        try:
            with opener.open(urllib.request.Request(self.url, headers=headers), timeout=self.timeout) as answer:
                yield answer
        except HTTPError as error:
            error.close()
            if error.code == 416:  # there is no such part: the file has become shorter
                self.forget()
            elif error.code not in _BUSY:
                raise
            raise BrokenOffError(str(error)) from error
        except URLError as error:
            if isinstance(error.reason, (ConnectionError, TimeoutError)):
                raise BrokenOffError(str(error.reason)) from error
            raise RefusedError(str(error.reason)) from error
        except (OSError, IncompleteRead) as error:
            raise BrokenOffError(f"the connection broke off after {size_of(self.partial):,} bytes: {error}") from error

    def _begin(self, answer: HTTPResponse, total: int | None) -> None:
        """Empty the part before saying of what it is one: a kill in between leaves nothing to be continued."""
        with writing(self.partial):
            self.partial.open("wb").close()
            write_note(self.sidecar, {"url": self.url, "total": total, **_version(answer)})

    def _continued(self, answer: HTTPResponse, have: int, known: dict[str, Any]) -> int | None:
        """Make sure that the answer continues the part, whatever the server has understood; return the whole's size."""
        said = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        total = int(said[2]) if said and said[2] != "*" else known["total"]
        same = said is not None and int(said[1]) == have and known["total"] in (None, total)
        if not same or any(value and known[name] not in ("", value) for name, value in _version(answer).items()):
            self.forget()
            raise BrokenOffError("the server has another file by now than the one of which a part is here")
        return total

    def _require_room(self, have: int, total: int | None) -> None:
        missing = (total or 0) - have
        with writing(self.partial):
            free = shutil.disk_usage(self.partial.parent).free
        if missing > free:
            raise RefusedError(
                f"{missing / 1e6:,.1f} MB are still to come, but only {free / 1e6:,.1f} MB are free in "
                f"{self.partial.parent}"
            )

    def _receive(self, answer: HTTPResponse, have: int, total: int | None) -> None:
        """Append what the server sends, each block at once: whatever has arrived survives a kill."""
        self.on_progress(have, total)
        with writing(self.partial):
            file = self.partial.open("ab", buffering=0)
        with file:
            while total is None or have < total:
                block = answer.read1(_BLOCK if total is None else min(_BLOCK, total - have))
                if not block:
                    break
                with writing(self.partial):
                    rest = memoryview(block)
                    while rest:
                        rest = rest[file.write(rest) :]
                have += len(block)
                self.on_progress(have, total)
        if total is not None and have < total:
            raise BrokenOffError(f"the connection was closed after {have:,} of {total:,} bytes")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell errors of the disk from those of the network, which are `OSError`s alike."""
    try:
        yield
    except OSError as error:
        raise RefusedError(f"{path} cannot be written: {error.strerror or error}") from error


def size_of(path: Path) -> int:
    """Return a file's size in bytes, 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _length(answer: HTTPResponse) -> int | None:
    """Return how long the server says that its answer is; nothing if it sends pieces until it has no more."""
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and not answer.headers.get("Transfer-Encoding") else None


def _version(answer: HTTPResponse) -> dict[str, str]:
    """Return by what a version of the file is known."""
    return {"etag": answer.headers.get("ETag", ""), "modified": answer.headers.get("Last-Modified", "")}


def _validator(known: dict[str, Any]) -> str:
    """Return what `If-Range` may hold; a weak ETag promises no equality of bytes."""
    return str(known["etag"] if known["etag"].startswith('"') else known["modified"])
