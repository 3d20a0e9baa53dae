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
"""A file that says that a folder is a report, which may be replaced by another one."""

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

    All is written beside its place first: a former report is replaced as a whole, or not at all.

    Args:
        contents: what it shows.
        site: folder that it becomes.
        megabytes: what the pictures of its gallery may take.
        shipped: `package:folder` of each place where plugins bring checkpoints, whose training curves are shown.

    Raises:
        StoreError: if the folder cannot be written, or holds something else than a former report.
    """
    if site.exists() and not (site / MARKER).is_file() and (not site.is_dir() or any(site.iterdir())):
        raise StoreError(f"{site} is there already and is no former report; choose another --out, or remove it.")
    unfinished = site.with_name(f".{site.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        count = _write(contents, unfinished, megabytes, shipped)
        shutil.rmtree(site, ignore_errors=True)
        unfinished.replace(site)
    except OSError as error:
        raise StoreError(f"{site} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Built(site / "index.html", count, sum(file.stat().st_size for file in site.rglob("*") if file.is_file()))


def _write(contents: Contents, site: Path, megabytes: float, shipped: Iterable[str]) -> int:
    printer = Printer(site, contents.title)
    count = 0
    written = itertools.chain(gallery.pages(contents, site, megabytes), plots.pages(contents, site, shipped))
    for page in itertools.chain(*(section(contents) for section in SECTIONS), written):
        printer.write(page)
        count += 1
    with resources.as_file(resources.files("inpaintbench.site") / "assets") as assets:
        shutil.copytree(assets, site / "assets")
    (site / MARKER).touch()
    return count
