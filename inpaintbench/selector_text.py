"""How a selector is written, and which stored names one means; no plugin needs to be there for either.

A value that holds a comma, a bracket, `=` or a quote is written in double quotes.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection
from typing import Final

from inpaintbench.errors import SelectorError

_SELECTOR: Final = re.compile(r"(?P<name>[^\[\]=,\s]+)(?:\[(?P<parameters>.*)\])?", re.DOTALL)
# No two neighbours can match the same letters: stored names come from plugins, and a long one must not take hours.
_ASSIGNMENT: Final = re.compile(r'(?P<name>\w+)\s*=(?:\s*"(?P<quoted>(?:[^"\\]|\\.)*)"\s*|(?P<bare>[^,"]*))(?:,\s*|\Z)')


def parse_selector(text: str) -> tuple[str, dict[str, str]]:
    """Split a selector into its name and the texts of its parameters.

    Raises:
        SelectorError: if it is not of the form `name[param=value,…]`.

    >>> parse_selector('mask_folder[path="a,b",hole=white]')
    ('mask_folder', {'path': 'a,b', 'hole': 'white'})
    """
    match = _SELECTOR.fullmatch(text.strip())
    if match is None:
        raise SelectorError(f"{text!r} is no selector; expected name[param=value,…].")
    inside = (match["parameters"] or "").strip()
    parameters: dict[str, str] = {}
    position = 0
    while position < len(inside):
        assignment = _ASSIGNMENT.match(inside, position)
        if assignment is None:
            raise SelectorError(
                f"{text!r}: {inside[position:]!r} is no param=value; put a value with commas in double quotes."
            )
        if assignment["name"] in parameters:
            raise SelectorError(f"{text!r} gives {assignment['name']} twice.")
        quoted = assignment["quoted"]
        value = assignment["bare"].strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        parameters[assignment["name"]] = value
        position = assignment.end()
    return match["name"], parameters


def matching(selector: str, names: Collection[str]) -> list[str]:
    """Return the stored names that a selector means, in their order; none is no error.

    A name in full means itself alone. Else the name and each value that the selector gives have to agree, with `*` and
    `?` for any letters; what it does not give may be anything. One like `yeh[*]`, which is no `param=value`, is a
    pattern of the whole name. A stored name that is no selector is only found in full.

    Args:
        selector: what somebody has typed; it need not be a selector.
        names: as they are stored, possibly by a plugin that calls itself anything.

    >>> matching("yeh", ["yeh[preset=quick]", "tv"]), matching("*[side=9]", ["half", "square[fill=0,side=9]"])
    (['yeh[preset=quick]'], ['square[fill=0,side=9]'])
    """
    if selector in names:
        return [selector]
    asked = _parsed(selector)
    return [
        name
        for name in names
        if (stored := _parsed(name)) is not None and (_agrees(name, selector) if asked is None else _has(stored, asked))
    ]


def _parsed(text: str) -> tuple[str, dict[str, str]] | None:
    try:
        return parse_selector(text)
    except SelectorError:
        return None


def _has(stored: tuple[str, dict[str, str]], asked: tuple[str, dict[str, str]]) -> bool:
    """Whether a name and its parameters agree with all that is asked for."""
    values = stored[1]
    return _agrees(stored[0], asked[0]) and all(
        name in values and _agrees(values[name], pattern) for name, pattern in asked[1].items()
    )


def _agrees(text: str, pattern: str) -> bool:
    """Whether a text is what a pattern says; its brackets are brackets, and no choice of letters."""
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))
