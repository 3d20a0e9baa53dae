r"""Text that LaTeX sets as it is, whatever it holds, with pdflatex too.

What pdflatex has no letter for, such as 中 or an emoji, is written as its code point: `<U+4E2D>`. Letters with accents
are composed by commands, so that neither the encoding of the font nor that of the file matters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from inpaintbench.report.sheet import clean

_ESCAPED: Final = str.maketrans(
    {one: f"\\{one}" for one in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\char34{}", "`": r"{}\char96{}"}
)
_SIGNS: Final = {
    "≤": r"$\leq$", "≥": r"$\geq$", "↑": r"$\uparrow$", "↓": r"$\downarrow$", "×": r"$\times$", "·": r"$\cdot$",
    "±": r"$\pm$", "−": r"$-$", "µ": r"$\mu$", "μ": r"$\mu$", "–": "--", "—": "---", "…": r"\dots{}",
    "†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}", "¶": r"\P{}", "°": r"\textdegree{}",
    "‘": "`", "’": "'", "“": "``", "”": "''", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "œ": r"\oe{}", "Œ": r"\OE{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "\N{NO-BREAK SPACE}": "~",
}  # fmt: skip
_ACCENTS: Final = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0331": "b",
}  # fmt: skip
"""Commands of LaTeX for combining accents."""

_LONG_WORD: Final = 24


def escape(text: str) -> str:
    r"""Return text that LaTeX sets as it is.

    >>> print(escape("50% of mean_fill & more"))
    50\% of mean\_fill \& more
    >>> print(escape("é, 中, a--b"))
    \'{e}, \textless{}U+4E2D\textgreater{}, a-{}-b
    """
    whole = unicodedata.normalize("NFC", clean(text)).translate(_ESCAPED)
    plain = re.sub(r"-(?=-)|'(?=')|,(?=,)", r"\g<0>{}", whole)  # no ligatures
    return "".join(one if one.isascii() else _letter(one) for one in plain)


def prose(text: str) -> str:
    r"""Return text for a paragraph: long words, such as paths and selectors, may be broken at their punctuation.

    >>> print(prose("on scattered_squares[side=2,area=400]"))
    on scattered\_\allowbreak{}squares[\allowbreak{}side=\allowbreak{}2,\allowbreak{}area=\allowbreak{}400]
    """
    return " ".join(_breakable(word) for word in text.split(" "))


def slug(text: str) -> str:
    """Return the letters, digits and hyphens that are left of a text, for a label.

    >>> slug("Größe · center_square[side=20] · 64 × 64")
    'grosse-center-square-side-20-64-64'
    """
    ascii_only = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:80].strip("-")


def _breakable(word: str) -> str:
    if len(word) < _LONG_WORD:
        return escape(word)
    return r"\allowbreak{}".join(escape(piece) for piece in re.findall(r"[^\[,=_/.:;-]*[\[,=_/.:;-]?", word) if piece)


def _letter(letter: str) -> str:
    """Return what pdflatex sets for a character that is not ASCII."""
    if letter in _SIGNS:
        return _SIGNS[letter]
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if base.isascii() and base.isalpha() and len(marks) == 1 and marks[0] in _ACCENTS:
        return f"\\{_ACCENTS[marks[0]]}{{{base}}}"
    return rf"\textless{{}}U+{ord(letter):04X}\textgreater{{}}"
