"""What a page says of one number: its digits, its interval, its rank, and what a browser sorts it by."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry
from inpaintbench.ranking import Score
from inpaintbench.report.sheet import MISSING, bracketed, number

_CLASSES: Final = {0: "", 1: "best", 2: "second"}


@dataclass(frozen=True)
class Shown:
    """One number of a page.

    Attributes:
        text: as it is printed; a dash where there is none.
        value: by which it is sorted, exact; empty where there is none.
        interval: `[27.10, 28.32]`; empty if it is not known.
        rank: that it shares with all those that it cannot be told from; None where nothing is compared.
        style: `best`, `second`, or nothing.
    """

    text: str
    value: str = ""
    interval: str = ""
    rank: int | None = None
    style: str = ""


def show_score(entry: Entry, column: Column) -> Shown:
    """Return what is shown of an entry's mean in one metric."""
    score = entry.scores.get(column.key, Score())
    decimals = column.metric.decimals
    return Shown(
        text=number(score.mean, decimals),
        value=exact(score.mean),
        interval=bracketed(score.low, score.high, decimals),
        rank=score.shared if score.place or (score.shared or 1) > 1 else None,  # first of one is no rank
        style=_CLASSES[score.place],
    )


def exact(value: float | None) -> str:
    """Write a number so that a browser sorts it by its value; nothing where there is none.

    >>> exact(0.1 + 0.2), exact(None), exact(float("nan"))
    ('0.30000000000000004', '', '')
    """
    return "" if value is None or math.isnan(value) else repr(float(value)).replace("inf", "Infinity")


def moment(text: str) -> str:
    """Write a stored time to the minute; what is none as it is, and a dash for nothing.

    >>> moment("2026-11-21T17:21:54.993+00:00"), moment("once"), moment("")
    ('2026-11-21 17:21 UTC', 'once', '–')
    """
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(?:\+00:00|Z)$", r"\1 \2 UTC", text) or MISSING
