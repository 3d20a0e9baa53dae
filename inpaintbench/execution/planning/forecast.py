"""How long cells will take, from what is stored of the same ones, or of the same method on other pictures and holes.

Only the method's own time is foretold, in proportion to the pictures and to their pixels. That will do for the order
in which cells are given out, and is no promise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Final

from inpaintbench.execution.planning.cells import Cell
from inpaintbench.execution.planning.plan import PlannedCell

_ENOUGH: Final = 20
"""So many cells of a method tell how long others of it take; there may be thousands."""


class Forecast(Mapping[int, float]):
    """The seconds that cells are expected to take, by their place in the plan. Of some, nothing is known.

    Nothing is read before somebody asks: where one worker does everything in its order, nobody does.

    Args:
        cells: that are to run.
    """

    def __init__(self, cells: Sequence[PlannedCell]) -> None:
        self._cells = cells

    def __getitem__(self, number: int) -> float:
        return self._seconds[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._seconds)

    def __len__(self) -> int:
        return len(self._seconds)

    @cached_property
    def _seconds(self) -> dict[int, float]:
        return expected(self._cells)


def expected(cells: Sequence[PlannedCell]) -> dict[int, float]:
    """Return the seconds that cells are expected to take, by their place in the sequence, as far as that is known.

    Results of the same method, data set and mask, of any version, count alone where there are such; else the mean of
    some others of the same method. What cannot be read is passed over.
    """
    by_method: dict[Path, float | None] = {}
    seconds: dict[int, float] = {}
    for number, planned in enumerate(cells):
        mask_folder = planned.folder.parent
        method_folder = mask_folder.parent.parent
        rate = _mean(_rates(mask_folder, "*/cell.json"))
        if rate is None:
            if method_folder not in by_method:
                by_method[method_folder] = _mean(islice(_rates(method_folder, "*/*/*/cell.json"), _ENOUGH))
            rate = by_method[method_folder]
        if rate is not None:
            seconds[number] = rate * _pixels(planned.cell)
    return seconds


def _pixels(cell: Cell) -> int:
    return len(cell.dataset.items) * cell.size**2


def _rates(folder: Path, pattern: str) -> Iterator[float]:
    """Yield the seconds a pixel that complete cells below a folder have taken."""
    for path in folder.glob(pattern):
        try:
            document = json.loads(path.read_bytes())
            rate = float(document["timing"]["seconds_per_image"]) / int(document["size"]) ** 2
            complete = document["status"] == "complete"
        except (OSError, ValueError, KeyError, TypeError, ArithmeticError):
            continue
        if complete and isfinite(rate):
            yield rate


def _mean(numbers: Iterator[float]) -> float | None:
    found = list(numbers)
    return fmean(found) if found else None
