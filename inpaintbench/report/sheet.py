"""What a printed table consists of, the same for every format: blocks of rows, headings, marks and notes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from inpaintbench.columns import Column, column_key
from inpaintbench.leaderboard import Entry
from inpaintbench.ranking import Place, Score
from inpaintbench.statistics.intervals import LEVEL
from inpaintbench.statistics.verdicts import ALPHA

MISSING: Final = "–"
"""Stands where there is no number."""

_LONGEST: Final = 300
"""So many characters of an error's message are shown."""

_NAMES: Final = 3
"""So many names are listed; the rest is counted."""

LEGEND: Final = "Best in bold, second best underlined."
"""What the styles mean, in every format that has some."""

SPREAD_LEGEND: Final = f"± is half the width of the {LEVEL:.0%} interval of a mean."
"""What a number behind a number means, in every format."""

_NARROW: Final = 10
"""Heads of columns are broken into lines of about this length."""

FAILED: Final = "!"
STALE: Final = "¶"
LIMITED: Final = "§"
MISSING_IMAGES: Final = "†"
UNCONVERGED: Final = "‡"


@dataclass(frozen=True, kw_only=True)
class Heading:
    """The head of a column.

    Attributes:
        label: what it shows.
        unit: of its numbers; empty for pure numbers and text.
        arrow: ↑ or ↓, the direction in which it gets better; empty if none.
        numeric: whether it is set flush right.
    """

    label: str
    unit: str = ""
    arrow: str = ""
    numeric: bool = True

    @property
    def line(self) -> str:
        """All of it in one line: `PSNR (dB) ↑`."""
        return " ".join(filter(None, [self.label, f"({self.unit})" if self.unit else "", self.arrow]))

    @classmethod
    def of(cls, column: Column) -> Self:
        """Return the head of a column of scores."""
        return cls(label=column.label, unit=column.metric.unit, arrow=column.arrow)


@dataclass(frozen=True)
class Item:
    """One cell of a printed table.

    Attributes:
        text: what it shows.
        place: what place it took.
        marks: those that notes explain.
        spread: half the width of the interval around a number; empty where none is shown.
    """

    text: str
    place: Place = 0
    marks: str = ""
    spread: str = ""


@dataclass(frozen=True)
class Block:
    """One table.

    Attributes:
        title: what it is of.
        headings: of its columns.
        rows: an item a heading each.
        facts: what a caption must add to the title where the block stands alone, as in a paper.
        breaks: indices of rows before which a new part begins.
    """

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Item, ...], ...]
    facts: tuple[str, ...] = ()
    breaks: frozenset[int] = frozenset()

    @property
    def has_places(self) -> bool:
        """Whether anything is marked as best, so that a legend is needed."""
        return any(item.place for row in self.rows for item in row)

    @property
    def has_spreads(self) -> bool:
        """Whether intervals stand beside numbers."""
        return any(item.spread for row in self.rows for item in row)


@dataclass(frozen=True)
class Note:
    """One sentence below the tables, with the mark that it explains; an empty mark if none."""

    mark: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """All that a printed leaderboard says."""

    title: str
    blocks: tuple[Block, ...]
    notes: tuple[Note, ...]

    @property
    def has_places(self) -> bool:
        """Whether anything is marked as best, so that a legend is needed."""
        return any(block.has_places for block in self.blocks)

    def footnotes(self, escape: Callable[[str], str], *, legend: bool = True) -> list[str]:
        """Return the legend, if one is needed and wanted, and each note after its mark, in a format's own spelling."""
        lines = [LEGEND] if legend and self.has_places else []
        lines += [f"{note.mark} {note.text}".strip() for note in self.notes]
        return [escape(line) for line in lines]


def score_item(score: Score, column: Column, *, interval: bool = False, marks: str = "") -> Item:
    """Return the item of a score.

    Args:
        score: what is shown.
        column: its metric.
        interval: whether to show how certain it is.
        marks: those of its entry.
    """
    decimals = column.metric.decimals
    spread = ""
    if interval and score.low is not None and score.high is not None:
        spread = number((score.high - score.low) / 2, decimals)
    return Item(number(score.mean, decimals), score.place, marks, spread)


def head_lines(heading: Heading) -> list[str]:
    """Break a heading into short lines, the last of which holds unit and direction.

    >>> head_lines(Heading(label="LPIPS (squeeze)", arrow="↓"))
    ['LPIPS', '(squeeze)', '↓']
    >>> head_lines(Heading(label="scattered_squares[side=2,area=400]"))
    ['scattered_squares', '[side=2,', 'area=400]']
    """
    lines: list[str] = []
    for word in clean(heading.label).split():
        for position, piece in enumerate(re.findall(r"[^\[,]+,?|\[[^\[,]*,?|,", word)):
            joint = "" if position else " "
            if lines and len(lines[-1]) + len(joint) + len(piece) <= _NARROW:
                lines[-1] += joint + piece
            else:
                lines.append(piece)
    last = clean(" ".join(filter(None, (heading.unit, heading.arrow))))
    return [*lines, last] if last else lines


def number(value: float | None, decimals: int) -> str:
    """Write a number with fixed decimals.

    >>> number(28.414, 2), number(None, 2), number(-0.001, 2)
    ('28.41', '–', '0.00')
    """
    if value is None or math.isnan(value):
        return MISSING
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def count(number: int, word: str) -> str:
    """Write how many there are of something.

    >>> count(1, "image"), count(2, "data set")
    ('1 image', '2 data sets')
    """
    return f"{number} {word}{'' if number == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """Write seconds with three significant digits, and microseconds at the finest.

    >>> duration(0.012345), duration(1.5), duration(1234.5), duration(1.2e-7)
    ('0.0123', '1.50', '1234', '0.000000')
    """
    if seconds is None or math.isnan(seconds):
        return MISSING
    magnitude = math.floor(math.log10(seconds)) if seconds > 0 else 0
    return f"{seconds:.{min(6, max(0, 2 - magnitude))}f}"


def clean(text: str) -> str:
    r"""Return a text in which control characters are written as escapes, so that nothing obeys them.

    >>> print(clean("a\x1b[1mb"))
    a\x1b[1mb
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def probability(p: float | None) -> str:
    """Write a p-value.

    Where three digits would hide on which side of 0.05 it lies, it has more.

    >>> probability(0.0004), probability(0.25), probability(0.0502), probability(None)
    ('<0.001', '0.250', '0.0502', '–')
    """
    if p is None:
        return MISSING
    if p < 0.001:
        return "<0.001"
    digits = next((n for n in range(3, 17) if (float(f"{p:.{n}f}") <= ALPHA) == (p <= ALPHA)), 17)
    return f"{p:.{digits}f}"


def p_value(p: float) -> str:
    """Write a p-value in a sentence.

    >>> p_value(0.0312), p_value(2e-9)
    ('p = 0.031', 'p < 0.001')
    """
    text = probability(p)
    return f"p < {text[1:]}" if text.startswith("<") else f"p = {text}"


def bracketed(low: float | None, high: float | None, decimals: int, *, signed: bool = False) -> str:
    """Write an interval; nothing where it is not known.

    >>> bracketed(27.104, 28.316, 2), bracketed(-0.1, 0.25, 1, signed=True), bracketed(None, None, 2)
    ('[27.10, 28.32]', '[-0.1, +0.2]', '')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"[{signed_number(low, decimals, signed)}, {signed_number(high, decimals, signed)}]"


def signed_number(value: float | None, decimals: int, signed: bool = True) -> str:
    """Write a number, with a plus sign if it is above zero as it is printed.

    >>> signed_number(0.5, 1), signed_number(-0.5, 1), signed_number(0.01, 1), signed_number(0.5, 1, signed=False)
    ('+0.5', '-0.5', '0.0', '0.5')
    """
    text = number(value, decimals)
    return f"+{text}" if signed and text != MISSING and float(text) > 0 else text


def encodable(value: Any) -> Any:
    r"""Return a text in which what is no Unicode text is escaped, as names of files may hold; other values as they are.

    >>> print(encodable("image_folder[path=\udcff]"), encodable(2))
    image_folder[path=\udcff] 2
    """
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def shorten(text: str) -> str:
    r"""Return a text in one line, and of a very long one the beginning.

    >>> shorten("one\n  two"), len(shorten("a" * 200_000))
    ('one two', 301)
    """
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST].rstrip() + "…"


def listed(names: Iterable[str], separator: str = ", ") -> str:
    """Write the first few names, and how many follow.

    >>> listed(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    names = list(names)
    rest = len(names) - _NAMES
    return separator.join(names[:_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def marks(entry: Entry) -> str:
    """Return the marks of an entry, without those for missing images and for a limit, which stand elsewhere."""
    worth = {"failed": FAILED, "stale": STALE}.get(entry.standing, "")
    return worth + (UNCONVERGED if entry.record.unconverged else "")


def has_column(entry: Entry, column: Column) -> bool:
    """Return whether an entry was to be scored by this metric, whether it has a number or not."""
    return any(column_key(metric, entry.group.protocol) == column.key for metric in entry.record.metrics)


def lacks_images(entry: Entry) -> bool:
    """Return whether it has fewer images than it is about, or than others have; a failure says so by itself."""
    if entry.standing == "failed":
        return False
    return entry.standing == "incomplete" or entry.record.scored < entry.record.expected
