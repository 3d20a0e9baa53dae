"""The first page: which method is best where, in a table that can be sorted and filtered."""

from __future__ import annotations

from collections.abc import Iterator

from inpaintbench.site.contents import Contents
from inpaintbench.site.pages import Page


def pages(contents: Contents) -> Iterator[Page]:
    """Yield the page of the leaderboard."""
    yield Page("index.html", "Leaderboard", "leaderboard.html.j2", {"contents": contents}, ("leaderboard.js",))
