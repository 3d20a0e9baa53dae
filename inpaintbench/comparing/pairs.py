"""Which cells answer the same question on both sides of a comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import natural
from inpaintbench.report.sheet import clean
from inpaintbench.selector_text import matching

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
        only_a: cells without a partner; so `only_b`. Of two runs, also those of methods that the other one lacks.
    """

    kind: Kind
    a: str
    b: str
    pairs: tuple[CellPair, ...]
    only_a: tuple[Entry, ...]
    only_b: tuple[Entry, ...]

    @property
    def methods_only_a(self) -> tuple[str, ...]:
        """The methods of which B has no cell at all; nothing where two methods are compared."""
        return self._lacked(self.only_a, self.only_b)

    @property
    def methods_only_b(self) -> tuple[str, ...]:
        """The methods of which A has no cell at all; nothing where two methods are compared."""
        return self._lacked(self.only_b, self.only_a)

    def is_further(self, entry: Entry) -> bool:
        """Whether a cell without a partner is about what is compared already, with another limit or version."""
        return (entry.method, place_of(entry)) in {
            (one.method, place_of(one)) for pair in self.pairs for one in (pair.a, pair.b)
        }

    def _lacked(self, own: Sequence[Entry], others: Sequence[Entry]) -> tuple[str, ...]:
        if self.kind == "methods":
            return ()
        known = {pair.a.method for pair in self.pairs} | {entry.method for entry in others}
        return tuple(dict.fromkeys(entry.method for entry in own if entry.method not in known))


def find_method(selector: str, methods: Collection[str]) -> str:
    """Return the one stored method that a selector finds.

    Args:
        selector: the method in full, or its name and some of its parameters, with `*` and `?`.
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
    found = sorted(matching(selector, methods), key=natural)
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
        selectors: of methods; all of both folders if there are none.

    Raises:
        UnknownNameError: if a selector finds no method of either.
        UsageError: if the two have no method in common, and none was asked for.
    """
    known = [{entry.method for entry in board.entries} for _, board in (a, b)]
    methods = {name for one in selectors for name in find_methods(one, known[0] | known[1])} or known[0] | known[1]
    if not selectors and not known[0] & known[1]:
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
    """Pair what stands at the same place, like with like.

    Equal groups come first, then those of the same limit and scoring protocol, then those of the same limit; of several
    that are as much alike, results come before failures, and whole runs before limited ones.
    """
    places: dict[Place, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((first, second)):
        for entry in entries:
            places[place_of(entry)][side].append(entry)
    pairs: list[CellPair] = []
    lonely: tuple[list[Entry], list[Entry]] = ([], [])
    for place in sorted(places, key=lambda one: (natural(one.dataset), natural(one.mask), one.size, one.seed)):
        a, b = (sorted(side, key=_precedence) for side in places[place])
        for likeness in _LIKENESS:
            for one in tuple(a):
                partner = next((other for other in b if likeness(other.group) == likeness(one.group)), None)
                if partner is not None:
                    pairs.append(CellPair(one, partner))
                    a.remove(one)
                    b.remove(partner)
        lonely[0].extend(a)
        lonely[1].extend(b)
    return tuple(pairs), tuple(lonely[0]), tuple(lonely[1])


_LIKENESS: Final[tuple[Callable[[Group], object], ...]] = (
    lambda group: group,
    lambda group: (group.limit, group.protocol),
    lambda group: group.limit,
    lambda _: None,
)
"""What has to be equal of two cells at the same place, from the most to the least."""


def _precedence(entry: Entry) -> tuple[object, ...]:
    return entry.standing == "failed", entry.group.order
