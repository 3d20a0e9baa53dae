"""The images that changed most, and where their pictures lie."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from inpaintbench.columns import Column
from inpaintbench.comparing.differences import ROUNDING, CellDifference, Differences
from inpaintbench.comparing.pairs import CellPair
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry

PREFERRED: Final = "psnr_hole"
"""The metric by which change is measured, where it was compared; else the first one is taken."""


@dataclass(frozen=True)
class ChangedImage:
    """One image under one hole.

    Attributes:
        pair: the cells that it stands in.
        column: the metric.
        item: its name in the data set.
        a: A's number; so is `b` B's.
        picture_a: the composite that was saved of it; None if none was. So is `picture_b`.
    """

    pair: CellPair
    column: Column
    item: str
    a: float
    b: float
    picture_a: Path | None
    picture_b: Path | None

    @property
    def difference(self) -> float:
        """B less A."""
        return self.b - self.a


def find_changed(differences: Differences, count: int) -> tuple[ChangedImage, ...]:
    """Return the images whose numbers differ most, largest first; those that differ by rounding at most are left out.

    Args:
        differences: what was compared.
        count: at most so many.
    """
    cells = differences.of(column) if (column := _column(differences)) else ()
    candidates: list[tuple[float, CellDifference, Any, float, float]] = []
    for cell in cells:
        change = (cell.scores["b"] - cell.scores["a"]).abs()
        real = np.isfinite(change) & (change > ROUNDING * cell.scores[["a", "b"]].abs().max(axis=1))
        largest = change[real].nlargest(count, keep="first")
        for image, size in largest.items():
            a, b = cell.scores.loc[[image]].iloc[0][["a", "b"]]
            candidates.append((float(size), cell, image, float(a), float(b)))
    candidates.sort(key=lambda one: -one[0])  # equal ones stay in the order of the cells
    return tuple(
        ChangedImage(cell.pair, cell.column, str(image[0]), a, b, *(_picture(one, image) for one in _sides(cell)))
        for _, cell, image, a, b in candidates[:count]
    )


def _column(differences: Differences) -> Column | None:
    compared = {cell.column.key for cell in differences.cells}
    columns = [column for column in differences.columns if column.key in compared]
    preferred = [column for column in columns if column.metric.plugin == PREFERRED]
    return next(iter([*preferred, *columns]), None)


def _sides(cell: CellDifference) -> tuple[Entry, Entry]:
    return cell.pair.a, cell.pair.b


def _picture(entry: Entry, image: tuple[str, str, str]) -> Path | None:
    """Return where the composite of an image lies, in the cell that is shown or in others of the same completions."""
    samples = entry.samples()
    if samples:
        with contextlib.suppress(StoreError):
            images = entry.cell.images()
            for index in images.loc[images["item"] == image[0], "index"]:
                if int(index) in samples and samples[int(index)].path("composite").is_file():
                    return samples[int(index)].path("composite")
    return None
