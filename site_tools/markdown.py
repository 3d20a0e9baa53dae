"""How is text that is no Markdown written as Markdown? Used by whatever writes pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"^ *```.*?^ *```$|(`[^`\n]*`)", re.DOTALL | re.MULTILINE)
_PLAIN = {"<": "&lt;", ">": "&gt;"}
_SPECIAL = re.compile(r"`[^`\n]*`|([\\*<>|])")


def prose(text: str) -> str:
    r"""Return text of a spec or a docstring as Markdown: what stands between backticks is code, the rest is plain.

    >>> prose("a * b in `x * y`")
    'a \\* b in `x * y`'
    """
    return _SPECIAL.sub(lambda match: _PLAIN.get(match[1], f"\\{match[1]}") if match[1] else match[0], text)


def plain_pipes(text: str) -> str:
    r"""Return a page with `\|` in code as `|`: repository hosts need that escape in tables, Python-Markdown shows it.

    >>> plain_pipes(r"| `a\|b` | a\|b |")
    '| `a|b` | a\\|b |'
    """
    return _CODE.sub(lambda match: match[1].replace(r"\|", "|") if match[1] else match[0], text)


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as repository hosts name it, and the site with them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already; empty if it has no rows."""
    lines = [" | ".join(cell.replace("\n", " ") for cell in row) for row in rows]
    if not lines:
        return ""
    ruler = " | ".join("---" for _ in head)
    return "\n".join(f"| {line} |" for line in (" | ".join(head), ruler, *lines)) + "\n"


def fenced(text: str, language: str = "text") -> str:
    """Return a block of code, whatever fences the text has itself."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def joined(*parts: str) -> str:
    """Return the parts of a page that are not empty, with a blank line between them."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"
