"""Where does a file of the repository lie on the site, and how are links between pages turned into links within it?

Pages link to files as they lie in the repository, so that they can be read there. Each such link is resolved to a file
of the repository, and that to a page of the site.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

PAGES: Final = {
    "README.md": "index.md",
    "docs/index.md": "pages.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "LICENSE": "licence.md",
    "CITATION.cff": "citation.md",
    "benchmarks/README.md": "benchmarks.md",
    "results/README.md": "results.md",
    "examples/inpaintbench-nearest/README.md": "examples/inpaintbench-nearest.md",
    "examples/my_method.py": "examples/my_method.md",
    "examples/track_mlflow.py": "examples/track_mlflow.md",
    "examples/track_wandb.py": "examples/track_wandb.md",
}
"""Files outside `docs/` that pages link to, and the pages that show them. The rest of `docs/` lies where it lies."""

ALIASES: Final = {
    "CONTRIBUTING.md": "contributing.md",  # it says in short what that page says
    "examples/inpaintbench-nearest": "examples/inpaintbench-nearest.md",
}
"""What else pages link to, and the pages that stand for it."""

_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_TARGET = re.compile(r"(?<=\]\()([^()\s]+)(?=\))")
_ELSEWHERE = re.compile(r"[a-z]+:|#|/")


class LinkError(ValueError):
    """A page links to a file of the repository that has no page on the site."""


def on_the_site(path: str) -> str:
    """Return the page or the picture, as MkDocs names it, that shows a file of the repository.

    Args:
        path: from the repository's root, with `/`.

    Raises:
        LinkError: if there is none.
    """
    if page := PAGES.get(path) or ALIASES.get(path):
        return page
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    raise LinkError(f"{path} has no page on the site; {__name__}.PAGES can give it one.")


def relinked(text: str, origin: str) -> str:
    """Return a page's Markdown with its links to files of the repository as links within the site.

    Args:
        text: of the page. What is code in it stays.
        origin: the file that it stands in, from the repository's root.

    Raises:
        LinkError: if a link leads to a file that has no page on the site.

    >>> relinked("[all](docs/index.md#top), `[no](link.md)`", "README.md")
    '[all](pages.md#top), `[no](link.md)`'
    """
    here = PurePosixPath(on_the_site(origin)).parent

    def replaced(match: re.Match[str]) -> str:
        if _ELSEWHERE.match(match[1]):
            return match[1]
        name, mark, anchor = match[1].partition("#")
        path = os.path.normpath(PurePosixPath(origin).parent / name).replace(os.sep, "/")
        return os.path.relpath(on_the_site(path), here).replace(os.sep, "/") + mark + anchor

    code = [match.span() for match in _CODE.finditer(text)]

    def outside_code(match: re.Match[str]) -> str:
        inside = any(start <= match.start() < end for start, end in code)
        return match[0] if inside else replaced(match)

    return _TARGET.sub(outside_code, text)
