"""The sentences below a comparison: what its marks mean, what could not be compared, and what was tested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from inpaintbench.comparing.differences import Differences
from inpaintbench.comparing.pairs import CellPair, Pairing, place_of
from inpaintbench.leaderboard import Entry
from inpaintbench.report.certain import TESTS
from inpaintbench.report.sheet import (
    FAILED,
    LIMITED,
    MISSING_IMAGES,
    STALE,
    Note,
    count,
    listed,
    shorten,
)

NOT_INDEPENDENT: Final = (
    "Some images are of one source, such as crops of one photograph, and are not independent: tests and intervals "
    "count the sources."
)
"""Said wherever a data set tells of what source its pictures are."""


def notes(differences: Differences, summarised: bool) -> tuple[Note, ...]:
    """Return the notes, those that explain a mark first.

    Args:
        differences: what was compared.
        summarised: whether there is a block over all cells.
    """
    pairs = differences.pairing.pairs
    return (
        *_failures(differences),
        *_stale(pairs),
        *_limited(pairs),
        *_left_out(differences),
        *_lonely(differences.pairing),
        *_obstacles(differences),
        *_other_groups(pairs),
        *_statistics(differences, summarised),
    )


def place_name(entry: Entry) -> str:
    """Return in a few words what a cell is about."""
    place = place_of(entry)
    return f"{place.dataset} × {place.mask}"


def _failures(differences: Differences) -> Iterator[Note]:
    alike: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for pair in differences.pairing.pairs:
        for side, entry in (("A", pair.a), ("B", pair.b)):
            if entry.standing == "failed":
                error = entry.record.error or {}
                reason = shorten(": ".join(filter(None, (error.get("type", ""), error.get("message", "")))))
                whose = entry.method if differences.pairing.kind == "runs" else ""
                alike[side, whose, entry.record.status, reason.rstrip(".")].append(place_name(entry))
    for (side, whose, status, reason), places in alike.items():
        who = f"{side} ({whose})" if whose else side
        yield Note(FAILED, f"{who}: {status} on {listed(places, '; ')}{f' ({reason})' if reason else ''}.")


def _stale(pairs: Sequence[CellPair]) -> Iterator[Note]:
    for side, entries in _sides(pairs):
        stale = [place_name(entry) for entry in entries if entry.standing == "stale"]
        if stale:
            yield Note(STALE, f"{side}: not the present version's result, which has failed, on {listed(stale, '; ')}.")


def _limited(pairs: Sequence[CellPair]) -> Iterator[Note]:
    if any(entry.standing == "limited" for pair in pairs for entry in (pair.a, pair.b)):
        yield Note(LIMITED, "Only the first images were taken (--limit): what is said is of these alone.")


def _left_out(differences: Differences) -> Iterator[Note]:
    cells = [cell for cell in differences.cells if cell.left_out]
    if cells:
        alike: dict[str, None] = {}
        for cell in cells:
            alike[f"{cell.left_out} on {place_name(cell.pair.a)}"] = None
        yield Note(
            MISSING_IMAGES,
            f"Images left out: {listed(alike, '; ')}. One side lacks them, has another picture or hole there, or no "
            "finite number.",
        )
    elif any(marks_of(pair) == MISSING_IMAGES for pair in differences.pairing.pairs):
        yield Note(MISSING_IMAGES, "Not all images of the cell, on one side at least.")


def _lonely(pairing: Pairing) -> Iterator[Note]:
    for side, other, entries, methods in (
        ("A", "B", pairing.only_a, pairing.methods_only_a),
        ("B", "A", pairing.only_b, pairing.methods_only_b),
    ):
        if methods:
            yield Note("", f"Not compared, since {other} has no such method: {', '.join(methods)}.")
        shared = [entry for entry in entries if entry.method not in methods]
        further = [entry for entry in shared if pairing.is_further(entry)]
        lacked = [entry for entry in shared if not pairing.is_further(entry)]
        if lacked:
            yield Note("", f"{side} has {count(len(lacked), 'cell')} that {other} lacks: {_places(lacked)}.")
        if further:
            yield Note(
                "",
                f"{side} also has {count(len(further), 'result')} with another limit or version, for which {other} has "
                f"none left to compare with: {_places(further)}.",
            )


def _places(entries: Sequence[Entry]) -> str:
    return listed(dict.fromkeys(place_name(entry) for entry in entries), "; ")


def _obstacles(differences: Differences) -> Iterator[Note]:
    alike: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for one in differences.obstacles:
        if "failed" not in (one.pair.a.standing, one.pair.b.standing):
            alike[one.label, one.why][place_name(one.pair.a)] = None
    for (label, why), places in alike.items():
        yield Note("", f"{label} is not compared on {listed(places, '; ')}: {shorten(why).rstrip('.')}.")


def _other_groups(pairs: Sequence[CellPair]) -> Iterator[Note]:
    words = {"limit": "limit", "protocol": "scoring protocol", "pictures": "data set's code or files"}
    words["holes"] = "mask's code or files"
    differ = [
        word for name, word in words.items() if any(getattr(p.a.group, name) != getattr(p.b.group, name) for p in pairs)
    ]
    if differ:
        yield Note(
            "",
            f"The sides differ in {', '.join(differ)}. Compared are images with the same picture and hole on both.",
        )


def _statistics(differences: Differences, summarised: bool) -> Iterator[Note]:
    judged = [cell for cell in differences.cells if cell.p is not None]
    yield Note(
        "", "Differences are B less A over the same images and holes, with 95 % bootstrap intervals in brackets."
    )
    if judged:
        most = max(sum(cell.column.key == column.key for cell in judged) for column in differences.columns)
        yield Note(
            "",
            f"p: {TESTS[differences.test]}, adjusted (Holm) for the {count(most, 'cell')} of each metric. One side is "
            "called better from p ≤ 0.05 on, if the interval does not hold 0 either.",
        )
    if any(cell.sources < cell.images for cell in differences.cells):
        yield Note("", NOT_INDEPENDENT)
    if any(cell.too_few for cell in judged):
        yield Note(
            "",
            "Too few images to tell: over so few images, and adjusted for so many cells, p would stay above 0.05 even "
            "if one side were better on each of them alike. More images would tell, or fewer cells.",
        )
    if len(judged) < len(differences.cells):
        yield Note("", "Cells that are limited, incomplete or stale are not judged, and are in no mean over cells.")
    if summarised:
        yield Note(
            "",
            "All cells: each counts alike, and a picture is resampled with all its holes. Where A is better in some "
            "cells and B in others, the mean hides just that: see the counts beside it.",
        )


def _sides(pairs: Sequence[CellPair]) -> tuple[tuple[str, list[Entry]], ...]:
    return ("A", [pair.a for pair in pairs]), ("B", [pair.b for pair in pairs])


def marks_of(pair: CellPair) -> str:
    """Return the marks that the standing of two cells calls for."""
    standings = {pair.a.standing, pair.b.standing}
    every = (("failed", FAILED), ("stale", STALE), ("limited", LIMITED), ("incomplete", MISSING_IMAGES))
    return "".join(mark for standing, mark in every if standing in standings)
