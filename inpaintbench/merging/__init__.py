"""Joining the results folders of several machines.

A cell is known by its folder: selectors and key. What one results folder alone holds is copied; of what several hold,
a complete cell comes before a failed one, and the first before later ones. `contradictions` says what may not be
joined; all of that is looked for before anything is copied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from inpaintbench.errors import UsageError
from inpaintbench.merging.contradictions import TOLERANCE, clashing, unequal
from inpaintbench.merging.joining import Merged, PassedOver, Tally, join
from inpaintbench.merging.survey import Found, Place, Survey

__all__ = ["TOLERANCE", "Merged", "PassedOver", "Tally", "merge"]

_LISTED: Final = 20  # so many contradictions are listed


def merge(sources: Sequence[Path], out: Path, *, tolerance: float = TOLERANCE, allow_different: bool = False) -> Merged:
    """Join results folders into one. A call that was cut short, at any moment, can be repeated.

    Args:
        sources: folders with `cells/` below them. Nothing of them is changed, but for a sealing that was cut short.
        out: the joined results; may exist, and may be one of the sources. What it holds complete stays, what it holds
            failed or incomplete gives way to a complete cell.
        tolerance: by which numbers of equal keys may differ; see `contradictions`.
        allow_different: whether answers to one question that differ in what their keys are made of are kept side by
            side, as one results folder holds those of several versions.

    Raises:
        UsageError: if a source holds no results, if none holds a cell that can be read, or if results contradict each
            other; nothing is copied then.
        StoreError: if a table that has to be compared cannot be read (nothing is copied then), or if `out` cannot be
            written.
    """
    folders = _folders(sources, out)
    surveys = [Survey.of(folder, own=_same(folder, out)) for folder in folders]
    groups: dict[Place, list[Found]] = defaultdict(list)
    for survey in surveys:
        for cell in survey.cells:
            groups[cell.place].append(cell)
    if not any(survey.cells for survey in surveys):
        problems = [str(problem) for survey in surveys for problem in survey.unreadable]
        raise UsageError("\n  ".join(["There is no cell that can be read.", *_listed(problems)]))
    if faults := [*unequal(groups.values(), tolerance), *([] if allow_different else clashing(surveys))]:
        raise UsageError("\n  ".join(["These results cannot be joined; nothing was copied.", *_listed(faults)]))
    return join(surveys, groups, out)


def _folders(sources: Sequence[Path], out: Path) -> list[Path]:
    """Return the folders to join, each once: that which they are joined into first, if it is there."""
    found: list[Path] = []
    for one in sources:
        if not (one / "cells").is_dir():
            raise UsageError(f"{one} holds no results: expected a folder with cells/ below it.")
        if not any(_same(one, other) for other in found):
            found.append(one)
    if (out / "cells").is_dir() and not any(_same(one, out) for one in found):
        found.append(out)
    return sorted(found, key=lambda one: not _same(one, out))


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _listed(lines: Sequence[str]) -> list[str]:
    rest = len(lines) - _LISTED
    return [*lines[:_LISTED], *([f"and {rest} more."] if rest > 0 else [])]
