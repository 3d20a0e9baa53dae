"""What many cells at once mean for the p-value of each, and whether one could have been small enough at all."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inpaintbench.columns import ColumnKey
from inpaintbench.statistics.holm import holm
from inpaintbench.statistics.tests import least_p
from inpaintbench.statistics.verdicts import ALPHA

if TYPE_CHECKING:
    from inpaintbench.comparing.differences import CellDifference


def adjust(cells: Sequence[CellDifference]) -> list[CellDifference]:
    """Return the same with p-values that are adjusted for all cells of a metric, and with what could be told."""
    families: dict[ColumnKey, list[float]] = defaultdict(list)
    for cell in cells:
        if cell.p is not None:
            families[cell.column.key].append(cell.p)
    adjusted = {key: iter(holm(family)) for key, family in families.items()}
    least = {key: _Least(family) for key, family in families.items()}
    found = []
    for cell in cells:
        if cell.p is not None:
            key = cell.column.key
            decidable = least[key].adjusted(cell.p, cell.sources) <= ALPHA
            cell = dataclasses.replace(cell, p=next(adjusted[key]), decidable=decidable)
        found.append(cell)
    return found


class _Least:
    """How small a p-value of a family could have been, adjusted, if one side had been better on each image alike."""

    def __init__(self, family: Sequence[float]) -> None:
        self._family = family
        self._known: dict[float, float] = {}

    def adjusted(self, own: float, sources: int) -> float:
        """Return the least p over so many independent images, adjusted together with all of the family but `own`."""
        least = min(own, least_p(sources))
        if least not in self._known:  # whichever one p-value it takes the place of, none of them being smaller
            others = list(self._family)
            others.remove(own)
            self._known[least] = holm([*others, least])[-1]
        return self._known[least]
