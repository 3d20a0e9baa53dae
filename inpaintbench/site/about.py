"""How the numbers were made: the protocol, and where everything comes from."""

from __future__ import annotations

from collections.abc import Iterator

from inpaintbench.site.contents import Contents
from inpaintbench.site.pages import Page


def pages(contents: Contents) -> Iterator[Page]:
    """Yield the page of protocol and provenance."""
    yield Page("about.html", "How it was made", "about.html.j2", {"contents": contents})
