"""Which cells answer the same question on both sides of a comparison."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.ranking import natural
from inpaintbench.report.sheet import clean

Kind = Literal["methods", "runs"]
"""What is compared: two methods of one results folder, or the same methods in two."""


class Place(NamedTuple):
    """By what cells of both sides are paired; whether pictures and holes agree is asked of each image."""

    dataset: str
    mask: str
    size: int
    seed: int


@dataclass(frozen=True)
class CellPair:
    """The results of both sides for one question.

    Attributes:
        a: the first side's; so is `b` the second one's.
    """

    a: Entry
    b: Entry

    @property
    def place(self) -> Place:
        """What both are about."""
        return place_of(self.a)

    @property
    def whole(self) -> bool:
        """Whether both are ranked where they stand: complete, not limited, not stale."""
        return self.a.standing == self.b.standing == "ranked"


@dataclass(frozen=True)
class Pairing:
    """What is compared with what.

    Attributes:
        kind: of comparison.
        a: name of the first side: a method, or a folder; so is `b` the second one's.
        pairs: the cells that both have, by method (of A), data set, mask, size and seed.
        only_a: cells without a partner; so `only_b`.
    """

    kind: Kind
    a: str
    b: str
    pairs: tuple[CellPair, ...]
    only_a: tuple[Entry, ...]
    only_b: tuple[Entry, ...]


def find_method(selector: str, methods: Collection[str]) -> str:
    """Return the one stored method that a selector finds.

    Args:
        selector: the method in full, its name without parameters, or either of these with `*` and `?`.
        methods: those that are stored, in full.

    Raises:
        UnknownNameError: if there is none.
        UsageError: if there are several.
    """
    found = find_methods(selector, methods)
    if len(found) > 1:
        names = clean(", ".join(found))
        raise UsageError(f"{selector!r} finds {len(found)} methods: {names}. Name one of them in full.")
    return found[0]


def find_methods(selector: str, methods: Collection[str]) -> list[str]:
    """Return all stored methods that a selector finds; only the one that it names in full, if there is one.

    Raises:
        UnknownNameError: if there is none.
    """
    if selector in methods:
        return [selector]
    pattern = selector.replace("[", "[[]")  # brackets hold parameters, and no choice of letters
    found = [
        method
        for method in sorted(methods, key=natural)
        if any(fnmatch.fnmatchcase(name, pattern) for name in (method, method.partition("[")[0]))
    ]
    if not found:
        raise UnknownNameError("method in these results", selector, map(clean, methods))
    return found


def pair_methods(leaderboard: Leaderboard, a: str, b: str) -> Pairing:
    """Pair the cells of two methods of one results folder.

    Args:
        leaderboard: of the folder.
        a: the first method, in full.
        b: the second.
    """
    sides = [[entry for entry in leaderboard.entries if entry.method == method] for method in (a, b)]
    return Pairing("methods", a, b, *_match(*sides))


def pair_runs(a: tuple[str, Leaderboard], b: tuple[str, Leaderboard], selectors: Sequence[str] = ()) -> Pairing:
    """Pair the cells of the same methods in two results folders.

    Args:
        a: the first folder's name and leaderboard.
        b: the second one's.
        selectors: of methods; all that both folders have if there are none.

    Raises:
        UnknownNameError: if a selector finds no method of either.
        UsageError: if the two have no method in common, and none was asked for.
    """
    known = [{entry.method for entry in board.entries} for _, board in (a, b)]
    methods = {name for one in selectors for name in find_methods(one, known[0] | known[1])} or known[0] & known[1]
    if not methods:
        raise UsageError(
            f"{a[0]} and {b[0]} have no method in common: found {clean(', '.join(sorted(known[0])))} and "
            f"{clean(', '.join(sorted(known[1])))}. `bench merge` joins folders, and then two methods can be compared."
        )
    pairs: list[CellPair] = []
    only_a: list[Entry] = []
    only_b: list[Entry] = []
    for method in sorted(methods, key=natural):
        sides = [[entry for entry in board.entries if entry.method == method] for _, board in (a, b)]
        found, first, second = _match(*sides)
        pairs += found
        only_a += first
        only_b += second
    return Pairing("runs", a[0], b[0], tuple(pairs), tuple(only_a), tuple(only_b))


def place_of(entry: Entry) -> Place:
    """Return what a cell is about."""
    return Place(entry.group.dataset, entry.group.mask, entry.group.size, entry.group.seed)


def _match(
    first: Iterable[Entry], second: Iterable[Entry]
) -> tuple[tuple[CellPair, ...], tuple[Entry, ...], tuple[Entry, ...]]:
    """Pair what stands at the same place: equal groups first, then results before failures, and whole runs first."""
    places: dict[Place, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((first, second)):
        for entry in entries:
            places[place_of(entry)][side].append(entry)
    pairs: list[CellPair] = []
    lonely: tuple[list[Entry], list[Entry]] = ([], [])
    for place in sorted(places, key=lambda one: (natural(one.dataset), natural(one.mask), one.size, one.seed)):
        a, b = ({one.group: one for one in sorted(side, key=_precedence)} for side in places[place])
        alike = [group for group in a if group in b]
        rest = [[one for group, one in side.items() if group not in alike] for side in (a, b)]
        pairs += [CellPair(a[group], b[group]) for group in alike]
        pairs += [CellPair(*pair) for pair in zip(*rest, strict=False)]
        paired = min(map(len, rest))
        for side, entries in enumerate(rest):
            lonely[side].extend(entries[paired:])
    return tuple(pairs), tuple(lonely[0]), tuple(lonely[1])


def _precedence(entry: Entry) -> tuple[object, ...]:
    return entry.standing == "failed", entry.group.order
