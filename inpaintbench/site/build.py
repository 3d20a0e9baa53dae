"""Writes a report: its pages, and the files that they load."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from inpaintbench.errors import StoreError
from inpaintbench.site import about, cells, gallery, leaderboard, plots
from inpaintbench.site.contents import Contents
from inpaintbench.site.pages import Page, Printer

MARKER: Final = ".inpaintbench-report"
"""A file that says that a folder is a report, and which of its files another report may replace: a name a line."""

_UNFINISHED: Final = ".unfinished"

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

    All is written before anything of a former report is removed. Files that are not of that report stay.

    Args:
        contents: what it shows.
        site: folder that it becomes.
        megabytes: what the pictures of its gallery may take.
        shipped: `package:folder` of each place where plugins bring checkpoints, whose training curves are shown.

    Raises:
        StoreError: if the folder cannot be written, or holds something else than a former report.
    """
    created = not site.exists()
    unfinished = site / _UNFINISHED
    try:
        former = _former(site)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        count = _write(contents, unfinished, megabytes, shipped)
        total = sum(file.stat().st_size for file in unfinished.rglob("*") if file.is_file())
        _put_in_place(unfinished, site, former)
    except OSError as error:
        raise StoreError(f"{site} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        if created and site.is_dir() and not any(site.iterdir()):
            site.rmdir()
    return Built(site / "index.html", count, total)


def _former(site: Path) -> set[str]:
    """Return the names of what a former report has left in a folder.

    Raises:
        StoreError: if there is something, and no report.
    """
    marker = site / MARKER
    if marker.is_file():
        return {name for name in marker.read_text(encoding="utf-8").splitlines() if Path(name).name == name}
    if site.exists() and (not site.is_dir() or {path.name for path in site.iterdir()} - {_UNFINISHED}):
        raise StoreError(f"{site} is there already and is no former report; choose another --out, or remove it.")
    return set()


def _put_in_place(unfinished: Path, site: Path, former: set[str]) -> None:
    """Replace a former report.

    Raises:
        StoreError: if something else bears the name of a part of the report.
    """
    names = {path.name for path in unfinished.iterdir()}
    if foreign := sorted(name for name in names - former if (site / name).exists()):
        raise StoreError(f"{site / foreign[0]} is no part of a former report; choose another --out, or remove it.")
    _mark(site, former | names)  # a report that is cut short in between can be replaced as well
    for path in (site / name for name in former):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for name in sorted(names):
        (unfinished / name).replace(site / name)
    _mark(site, names)


def _mark(site: Path, names: set[str]) -> None:
    (site / MARKER).write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8", newline="\n")


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
