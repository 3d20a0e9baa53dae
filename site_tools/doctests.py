"""How are examples in docstrings shown? Lines with `>>>`, which Markdown takes for quotations, become code."""

from __future__ import annotations

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"^( *)>>> .*(?:\n\1\S.*)*", re.MULTILINE)


class FencedDoctests(griffe.Extension):
    """Puts a fence round each example, with the output that follows it."""

    def on_object(self, *, obj: griffe.Object, loader: griffe.GriffeLoader, **kwargs: Any) -> None:
        """Change the docstring of a module, a class or a function that was read."""
        if obj.docstring is not None:
            obj.docstring.value = fenced_examples(obj.docstring.value)


def fenced_examples(text: str) -> str:
    r"""Return a docstring with its examples as blocks of code.

    >>> fenced_examples("Adds.\n\n>" + ">> 1 + 1\n2").split("\n")[2::3]
    ['```pycon', '```']
    """
    return _EXAMPLE.sub(lambda match: f"{match[1]}```pycon\n{match[0]}\n{match[1]}```", text)
