"""A page a cell: one method on one data set under one mask, image by image, and all that its numbers depend on."""

from __future__ import annotations

from collections.abc import Iterator

from inpaintbench.site.contents import Contents
from inpaintbench.site.pages import Page


def pages(contents: Contents) -> Iterator[Page]:
    """Yield the page of each cell."""
    for entry in contents.leaderboard.entries:
        title = f"{entry.method} · {contents.titles.group(entry.group)}"
        yield Page(contents.address(entry), title, "cell.html.j2", {"contents": contents, "entry": entry})
