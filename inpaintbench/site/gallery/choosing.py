"""In which order images are shown, and which of them matter most where not all can be shown."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeVar

from inpaintbench.seeding import derive_seed
from inpaintbench.site.gallery.walls import Row, Wall

Order = Literal["disagreement", "worst", "best", "random", "dataset"]

ORDERS: Final[dict[Order, str]] = {
    "disagreement": "where methods disagree most",
    "worst": "worst first",
    "best": "best first",
    "random": "at random",
    "dataset": "as in the data set",
}
"""Each order, and how it is called."""

_MATTERING: Final[tuple[Order, ...]] = ("worst", "best", "disagreement", "random")

T = TypeVar("T")


def disagreement(scores: Iterable[float | None]) -> float | None:
    """Return the largest difference between two methods; None if fewer than two have a number.

    >>> disagreement([20.0, None, 26.0, 21.0]), disagreement([20.0, None])
    (6.0, None)
    """
    known = [one for one in scores if one is not None]
    if len(known) < 2:
        return None
    return 0.0 if min(known) == max(known) else max(known) - min(known)  # two infinities are equal


def average(scores: Iterable[float | None]) -> float | None:
    """Return the mean over the methods that have a number; None if none has.

    >>> average([20.0, None, 26.0]), average([None])
    (23.0, None)
    """
    known = [one for one in scores if one is not None]
    return math.fsum(known) / len(known) if known else None


def order_of(rows: Sequence[Row], order: Order, column: int, higher_is_better: bool) -> list[Row]:
    """Return rows in an order. Those without a number come last; rows that tie keep the data set's order.

    Args:
        rows: in the data set's order.
        order: one of `ORDERS`.
        column: position of the metric that decides.
        higher_is_better: its direction.
    """
    if order == "dataset":
        return list(rows)
    if order == "random":
        return sorted(rows, key=chance)
    value = disagreement if order == "disagreement" else average
    sign = -1.0 if order == "disagreement" or (order == "best") == higher_is_better else 1.0

    def precedence(row: Row) -> tuple[bool, float]:
        found = value([one[column] for one in row.scores])
        return found is None, 0.0 if found is None else sign * found

    return sorted(rows, key=precedence)


def chance(row: Row) -> int:
    """Return a number by which images stand in random order: the same on every machine, and under every mask."""
    return derive_seed("gallery", row.item)


def by_importance(wall: Wall) -> list[Row]:
    """Return the rows of a wall so that the first few show most: the worst, the best, where methods disagree, others.

    They are taken in turns, by the first metric.
    """
    if not wall.columns:
        return order_of(wall.rows, "random", 0, True)
    better = wall.columns[0].metric.higher_is_better
    orders = [order_of(wall.rows, order, 0, better) for order in _MATTERING]
    positions = {id(row): position for position, row in enumerate(wall.rows)}
    turns = in_turns([[positions[id(row)] for row in rows] for rows in orders])
    return [wall.rows[position] for position in dict.fromkeys(turns)]


def in_turns(lists: Iterable[Sequence[T]]) -> list[T]:
    """Return the first of each list, then the second of each, and so on.

    >>> in_turns([["a", "b"], ["c"], ["d", "e"]])
    ['a', 'c', 'd', 'b', 'e']
    """
    nothing = object()
    turns = itertools.zip_longest(*lists, fillvalue=nothing)
    return [one for turn in turns for one in turn if one is not nothing]  # type: ignore[misc]
