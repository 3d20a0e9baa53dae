"""How wide words are, and how they are broken into lines."""

import re
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import matplotlib
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.textpath import text_to_path

_FILES: Final = {"serif": "STIXGeneral.ttf", "sans": "DejaVuSans.ttf"}
"""Fonts that come with matplotlib: a figure looks alike everywhere, and both can be embedded as TrueType."""

_UNKNOWN: Final = "?"
_ELLIPSIS: Final = "…"


class Lettering:
    """One font in one size.

    Args:
        font: like Times, or without serifs.
        size: in points.
    """

    ascent: Final = 0.72
    descent: Final = 0.23
    leading: Final = 1.15
    """What a line rises, falls and takes, in font sizes."""

    def __init__(self, font: Literal["serif", "sans"], size: float) -> None:
        self.size = size
        self.properties = FontProperties(
            fname=str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / _FILES[font]), size=size
        )

    def width(self, text: str) -> float:
        """Return how wide a line is, in points."""
        width, _, _ = text_to_path.get_text_width_height_descent(text, self.properties, ismath=False)
        return float(width)

    def drawable(self, text: str) -> str:
        """Return a text in one line, with a question mark for everything that the font has no sign for."""
        line = " ".join(text.split())
        return "".join(one if ord(one) in self._signs and one.isprintable() else _UNKNOWN for one in line)

    def lines(self, text: str, width: float, most: int) -> list[str]:
        """Break a text into lines.

        It breaks at spaces, before brackets and after commas; where a part is too wide by itself also after `_`, `=`,
        `-` and `/`, and at last between any two letters.

        Args:
            text: lines of its own count as spaces.
            width: in points, that no line exceeds.
            most: so many lines are kept; the last one then ends in an ellipsis.
        """
        lines: list[str] = []
        for part in self._parts(self.drawable(text), width):
            joined = f"{lines[-1]}{part}" if lines else part.lstrip()
            if lines and self._fits(joined, width):
                lines[-1] = joined
            elif part.strip():
                lines.append(part.lstrip())
        lines = [line.rstrip() for line in lines]
        if len(lines) > most:
            lines = [*lines[: most - 1], self._cut(lines[most - 1], width)]
        return lines

    def _parts(self, text: str, width: float) -> list[str]:
        """Return the parts of a text that stay together; none but single letters is too wide."""
        parts: list[str] = []
        for coarse in _split(r"(?=[\s\[(])|(?<=,)", text):
            for fine in [coarse] if self._fits(coarse, width) else _split(r"(?<=[_=/-])", coarse):
                parts += [fine] if self._fits(fine, width) else self._torn(fine, width)
        return parts

    def _torn(self, text: str, width: float) -> list[str]:
        parts = [""]
        for one in text:
            if parts[-1] and not self._fits(parts[-1] + one, width):
                parts.append("")
            parts[-1] += one
        return parts

    def _cut(self, text: str, width: float) -> str:
        while text and not self._fits(f"{text}{_ELLIPSIS}", width):
            text = text[:-1]
        return f"{text}{_ELLIPSIS}"

    def _fits(self, text: str, width: float) -> bool:
        return self.width(text.strip()) <= width

    @cached_property
    def _signs(self) -> frozenset[int]:
        return frozenset(get_font(str(self.properties.get_file())).get_charmap())


def _split(pattern: str, text: str) -> list[str]:
    return [part for part in re.split(pattern, text) if part]
