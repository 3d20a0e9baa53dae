"""Templates become files: one environment for all pages, in which everything is escaped unless it says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from inpaintbench.provenance import versions
from inpaintbench.report.sheet import clean, count, duration, number


@dataclass(frozen=True)
class Page:
    """One page of a report.

    Attributes:
        address: from the site's root, such as `cells/0a1b.html`.
        title: heading, and what a browser's tab shows before the report's title.
        template: file below `templates/`.
        context: what the template is given, besides what all are given.
        scripts: files below `assets/` that the page loads, in order.
    """

    address: str
    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    scripts: Sequence[str] = ()


LONGEST: Final = 20_000
"""Characters of a message that a page shows."""

NAVIGATION: Final = (
    ("index.html", "Leaderboard"),
    ("gallery.html", "Gallery"),
    ("plots.html", "Plots"),
    ("about.html", "How it was made"),
)
"""The pages that every page links to: address and name."""


def soft(text: str) -> Markup:
    """Return a name as HTML that may be broken between its parameters rather than within a word.

    >>> soft("yeh[steps=<b>]")
    Markup('yeh[<wbr>steps=<wbr>&lt;b&gt;]')
    """
    return Markup("<wbr>").join(re.split(r"(?<=[\[,=/])", clean(text)))


def cut(text: str) -> str:
    """Return a message that is no longer than a page shows, with a word on where all of it is.

    >>> cut("a" * 20_000) == "a" * 20_000, cut("a" * 20_003)[20_000:]
    (True, '… (3 characters more; all of it is in the files of the result: cell.json or failure.json, and log.txt)')
    """
    if len(text) <= LONGEST:
        return text
    more = f"{count(len(text) - LONGEST, 'character')} more"
    return (
        f"{text[:LONGEST]}… ({more}; all of it is in the files of the result: cell.json or failure.json, and log.txt)"
    )


class Printer:
    """Writes pages.

    Args:
        site: folder of the site.
        title: of the report.
    """

    def __init__(self, site: Path, title: str) -> None:
        self._site = site
        self._environment = Environment(
            loader=PackageLoader("inpaintbench.site"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "clean": clean,
            "counted": count,
            "cut": cut,
            "duration": duration,
            "number": number,
            "soft": soft,
        }
        self._environment.globals |= {
            "report_title": title,
            "navigation": NAVIGATION,
            "version": versions()["inpaintbench"],
        }

    def write(self, page: Page) -> None:
        """Write one page.

        Raises:
            OSError: if it cannot be written.
        """
        path = self._site / page.address
        path.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * page.address.count("/")
        text = self._environment.get_template(page.template).render(**page.context, page=page, root=root)
        # What is no Unicode, such as half a surrogate pair in a file's name, is written as an escape.
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
