"""The trainings behind the results: which weights cells were made with, and their cards, as far as they are here."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inpaintbench.checkpoints import Card, Library, shipped_checkpoints
from inpaintbench.leaderboard import Entry


@dataclass(frozen=True)
class Training:
    """What some results were made with.

    Attributes:
        title: what was trained on what.
        methods: those whose results these are, in order.
        sha256: of the weights.
        size: of the pictures, in pixels; None if no record tells.
        card: None if it is not found here.
    """

    title: str
    methods: tuple[str, ...]
    sha256: str
    size: int | None
    card: Card | None


def find_trainings(entries: Iterable[Entry], shipped: Iterable[str], library: Library | None = None) -> list[Training]:
    """Return the trainings behind results, in the results' order.

    Args:
        entries: the results.
        shipped: `package:folder` of each place where plugins bring checkpoints.
        library: of those that were trained here.
    """
    used: dict[str, tuple[str, int | None, list[str]]] = {}
    for entry in entries:
        given = entry.record.environment.get("checkpoint")
        said: dict[str, Any] = given if isinstance(given, dict) else {}
        digest = str(said.get("sha256") or "")
        if digest:
            size = said.get("size")
            title = str(said.get("title") or entry.method)
            _, _, methods = used.setdefault(digest, (title, size if isinstance(size, int) else None, []))
            methods += [entry.method] if entry.method not in methods else []
    cards = _cards(set(used), shipped, library or Library()) if used else {}
    return [
        Training(title, tuple(methods), digest, size, cards.get(digest))
        for digest, (title, size, methods) in used.items()
    ]


def _cards(wanted: set[str], shipped: Iterable[str], library: Library) -> dict[str, Card]:
    found: dict[str, Card] = {}
    brought = (shipped_checkpoints(place, lenient=True) for place in sorted(set(shipped)))
    for checkpoint in itertools.chain(library, *brought):
        if checkpoint.sha256 in wanted and checkpoint.card.status == "complete":
            found.setdefault(checkpoint.sha256, checkpoint.card)
    return found
