"""Writes a report: its pages, and the files that they load."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from inpaintbench.errors import BusyError, StoreError
from inpaintbench.site import about, cells, gallery, leaderboard, plots
from inpaintbench.site.contents import Contents
from inpaintbench.site.pages import NAVIGATION, Page, Printer

MARKER: Final = ".inpaintbench-report"
"""A file that says that a folder is a report, and which of its files another report may replace: a name a line."""

PARTS: Final = frozenset({"assets", "cells", "data", "pictures"} | {address for address, _ in NAVIGATION})
"""Names of all that a report can have. Nothing else is ever removed, whatever a marker says: somebody may have sent the
folder that it comes with."""

LOCK: Final = ".inpaintbench-report.lock"
"""A file that is locked while a report is written. It stays: removed, it would let two hold two locks of one name."""

_UNFINISHED: Final = ".unfinished-"

_NO_LIMIT: Final = 1e12
"""Megabytes that no report has: infinity is no number of bytes."""

MEGABYTES: Final = 50.0
"""What the pictures of a gallery may take, so that all of a report stays below 60 with its scripts and numbers."""

SECTIONS: Final[tuple[Callable[[Contents], Iterator[Page]], ...]] = (leaderboard.pages, cells.pages, about.pages)


@dataclass(frozen=True)
class Built:
    """A report that was written.

    Attributes:
        start: its first page.
        pages: how many it has.
        bytes: what all its files take.
    """

    start: Path
    pages: int
    bytes: int


def build_site(contents: Contents, site: Path, megabytes: float = MEGABYTES, shipped: Iterable[str] = ()) -> Built:
    """Write a report.

    All is written before anything of a former report is removed. Of that report its pages and the folders `assets`,
    `cells`, `data` and `pictures` go, with whatever was put into them since; files beside these stay.

    Args:
        contents: what it shows.
        site: folder that it becomes.
        megabytes: what the pictures of its gallery may take; infinity for no limit.
        shipped: `package:folder` of each place where plugins bring checkpoints, whose training curves are shown.

    Raises:
        BusyError: if another process is writing a report there.
        StoreError: if the folder cannot be written, or holds something else than a former report.
    """
    created = not site.exists()
    try:
        _former(site)  # before anything is made in a folder of something else
        site.mkdir(parents=True, exist_ok=True)
        with _locked(site):
            former = _former(site)
            for left in site.glob(f"{_UNFINISHED}*"):  # by builds that were killed: there is no other one now
                shutil.rmtree(left, ignore_errors=True)
            unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=site))
            try:
                count = _write(contents, unfinished, min(megabytes, _NO_LIMIT), shipped)
                total = sum(file.stat().st_size for file in unfinished.rglob("*") if file.is_file())
                _put_in_place(unfinished, site, former)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"{site} cannot be written: {error.strerror or error}.") from error
    finally:
        if created:
            _remove_if_empty(site)
    return Built(site / "index.html", count, total)


@contextlib.contextmanager
def _locked(site: Path) -> Iterator[None]:
    """Keep other processes from writing a report in this folder.

    Raises:
        BusyError: if one is at it.
    """
    lock = FileLock(site / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"{site} is being written by another bench report; wait for it, or choose another --out."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _remove_if_empty(site: Path) -> None:
    """Remove a folder in which there is nothing but a lock that nobody holds."""
    with contextlib.suppress(OSError):
        if [path.name for path in site.iterdir()] == [LOCK]:
            with FileLock(site / LOCK, timeout=0):  # `Timeout` is an `OSError`
                pass
            (site / LOCK).unlink(missing_ok=True)
        site.rmdir()


def _former(site: Path) -> frozenset[str]:
    """Return the names of what a former report has left in a folder.

    Raises:
        StoreError: if there is something, and no report; or results, too, among its pages.
    """
    marker = site / MARKER
    if marker.is_file():
        if (site / "cells").is_dir() and any(path.is_dir() for path in (site / "cells").iterdir()):
            raise StoreError(f"{site / 'cells'} holds more than the pages of a report; choose another --out.")
        return PARTS.intersection(marker.read_text(encoding="utf-8", errors="replace").splitlines())
    if site.exists() and (not site.is_dir() or any(not _is_ours(path.name) for path in site.iterdir())):
        raise StoreError(f"{site} is there already and is no former report; choose another --out, or remove it.")
    return frozenset()


def _is_ours(name: str) -> bool:
    """Whether only an attempt to write a report makes a file or folder of this name."""
    return name == LOCK or name.startswith(_UNFINISHED)


def _put_in_place(unfinished: Path, site: Path, former: frozenset[str]) -> None:
    """Replace a former report.

    Raises:
        StoreError: if something else bears the name of a part of the report.
    """
    names = {path.name for path in unfinished.iterdir()}
    if foreign := sorted(name for name in names - former if os.path.lexists(site / name)):
        raise StoreError(f"{site / foreign[0]} is no part of a former report; choose another --out, or remove it.")
    _mark(site, former | names)  # a report that is cut short in between can be replaced as well
    for path in (site / name for name in sorted(former)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for name in sorted(names):
        (unfinished / name).replace(site / name)
    _mark(site, names)


def _mark(site: Path, names: Iterable[str]) -> None:
    new = site / f"{_UNFINISHED}marker"  # put in place by its name: a marker that is a link is replaced, not followed
    new.unlink(missing_ok=True)
    new.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8", newline="\n")
    new.replace(site / MARKER)


def _write(contents: Contents, site: Path, megabytes: float, shipped: Iterable[str]) -> int:
    printer = Printer(site, contents.title)
    count = 0
    written = itertools.chain(gallery.pages(contents, site, megabytes), plots.pages(contents, site, shipped))
    for page in itertools.chain(*(section(contents) for section in SECTIONS), written):
        printer.write(page)
        count += 1
    with resources.as_file(resources.files("inpaintbench.site") / "assets") as assets:
        shutil.copytree(assets, site / "assets")
    return count
