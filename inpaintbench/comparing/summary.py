"""What the differences of all cells come to: their mean with an interval, and how many of them are certain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inpaintbench.columns import Column
from inpaintbench.comparing.differences import CellDifference, Differences
from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.intervals import Interval
from inpaintbench.statistics.pairing import IMAGE
from inpaintbench.statistics.sources import positions
from inpaintbench.statistics.stratified import Stratum, stratified_intervals

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Summary:
    """One metric, and one method of A, over all cells that are whole on both sides.

    Attributes:
        column: the metric.
        method: of A; in a comparison of two runs B's is the same.
        cells: over how many.
        a: mean of A's means over the cells; so is `b` of B's.
        difference: mean over the cells of B less A, each cell with equal weight.
        a_better: in how many cells A is certainly better; so is `b_better` for B.
        too_few: in how many there are too few images to tell.
    """

    column: Column
    method: str
    cells: int
    a: float
    b: float
    difference: Interval
    a_better: int
    b_better: int
    too_few: int

    @property
    def neither(self) -> int:
        """In how many cells neither is certainly better, those with too few images among them."""
        return self.cells - self.a_better - self.b_better


def summarise(differences: Differences) -> tuple[Summary, ...]:
    """Return what each metric comes to, for each method; nothing where no pair of cells is whole."""
    methods = dict.fromkeys(cell.pair.a.method for cell in differences.cells)
    found = []
    for column in differences.columns:
        for method in methods:
            cells = [cell for cell in differences.of(column, method) if cell.p is not None]
            if cells:
                found.append(_summary(column, method, cells))
    return tuple(found)


def _summary(column: Column, method: str, cells: Sequence[CellDifference]) -> Summary:
    seed = derive_seed("summary", *(part for cell in cells for part in cell.pair.place))
    (interval,) = stratified_intervals(_by_dataset(cells), seed)
    winners = [cell.better for cell in cells]
    return Summary(
        column=column,
        method=method,
        cells=len(cells),
        a=sum(cell.a.mean for cell in cells) / len(cells),
        b=sum(cell.b.mean for cell in cells) / len(cells),
        difference=interval,
        a_better=winners.count("a"),
        b_better=winners.count("b"),
        too_few=sum(cell.too_few for cell in cells),
    )


def _by_dataset(cells: Sequence[CellDifference]) -> list[Stratum]:
    """Return for each data set what its pictures add to the mean over the cells.

    A picture stands in a cell once for each mask, and what holds for it under one mask tends to hold under the others:
    it is resampled as one, with all its holes. Where it has no number under some mask, it is resampled as if it had
    the cell's mean there, so that the mean over the cells stays what it is.
    """
    around: dict[tuple[str, int], list[pd.Series[float]]] = defaultdict(list)
    means: dict[tuple[str, int], float] = defaultdict(float)
    origins: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for cell in cells:
        scores = cell.scores.where(np.isfinite(cell.scores)).dropna()
        difference = (scores["b"] - scores["a"]).droplevel(IMAGE[2])
        key = cell.pair.place.dataset, cell.pair.place.size
        around[key].append((difference - cell.difference.mean) / len(scores))
        means[key] += cell.difference.mean / len(cells)
        origins[key] |= cell.origins
    strata = []
    for key, shares in around.items():
        summed = _summed(shares)
        own = summed.to_numpy() / len(cells)
        sources = positions(summed.index.get_level_values("item").tolist(), origins[key])
        strata.append(Stratum((means[key] + len(own) * own)[:, None], 1.0, sources))
    return strata


def _summed(shares: Sequence[pd.Series[float]]) -> pd.Series[float]:
    """Add up what is of the same picture."""
    import pandas as pd

    return pd.concat(shares).groupby(level=IMAGE[:2]).sum()
