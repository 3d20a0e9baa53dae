"""How a cell compares with the others of its group in one metric, as its page says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry
from inpaintbench.report.sheet import bracketed, probability, signed_number
from inpaintbench.statistics.verdicts import Verdict


@dataclass(frozen=True)
class Rival:
    """Another method of the same group.

    Attributes:
        method: the selector with its parameters.
        difference: this method's score less the rival's, with a sign; its interval follows.
        interval: of the difference; empty if it is not known.
        p: of the paired test, adjusted.
        word: `better`, `worse`, or `cannot be told apart`.
    """

    method: str
    difference: str
    interval: str
    p: str
    word: str


def rivals_of(entry: Entry, verdict: Verdict | None, column: Column) -> Sequence[Rival]:
    """Return the comparison of a method with each other ranked one; nothing if it is not ranked itself."""
    found = []
    for (one, two), comparison in (verdict.pairs if verdict is not None else {}).items():
        if entry.method not in (one, two):
            continue
        sign, other = (1, two) if one == entry.method else (-1, one)
        difference, decimals = comparison.difference, column.metric.decimals
        ends = sorted((sign * difference.low, sign * difference.high))
        better = (sign * difference.mean > 0) == column.metric.higher_is_better
        found.append(
            Rival(
                method=other,
                difference=signed_number(sign * difference.mean, decimals),
                interval=bracketed(ends[0], ends[1], decimals),
                p=probability(comparison.p),
                word=("better" if better else "worse") if comparison.certain else "cannot be told apart",
            )
        )
    return found
