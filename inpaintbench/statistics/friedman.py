"""What mean ranks over many cells are worth: the test of Friedman, and the critical difference of Nemenyi."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64

FEWEST_METHODS: Final = 3
FEWEST_CELLS: Final = 2


@dataclass(frozen=True)
class RankTest:
    """Mean ranks of methods over cells.

    Attributes:
        mean_ranks: of each method, 1 for the best; ties share their average.
        statistic: of Friedman's test; `p` is its p-value.
        critical_difference: of two mean ranks, from which on they can be told apart (Nemenyi).
        cells: over how many.
    """

    mean_ranks: tuple[float, ...]
    statistic: float
    p: float
    critical_difference: float
    cells: int


def rank_test(ranks: Float64[np.ndarray, "cells methods"], level: float = 0.95) -> RankTest | None:
    """Test whether methods differ in their ranks over cells, as Demšar does (2006, J. Mach. Learn. Res. 7, 1–30).

    Args:
        ranks: of each method in each cell; ties share their average.
        level: of the critical difference.

    Returns:
        What was found; None with fewer than three methods or two cells.
    """
    from scipy.stats import chi2, studentized_range

    cells, methods = ranks.shape
    if methods < FEWEST_METHODS or cells < FEWEST_CELLS:
        return None
    means = ranks.mean(axis=0)
    between = cells * ((means - (methods + 1) / 2) ** 2).sum()
    within = ((ranks - (methods + 1) / 2) ** 2).sum() / (cells * (methods - 1))  # less than k(k+1)/12 if there are ties
    statistic = float(between / within) if within else 0.0
    spread = float(studentized_range.ppf(level, methods, math.inf)) / math.sqrt(2)
    return RankTest(
        mean_ranks=tuple(map(float, means)),
        statistic=statistic,
        p=float(chi2.sf(statistic, methods - 1)),
        critical_difference=spread * math.sqrt(methods * (methods + 1) / (6 * cells)),
        cells=cells,
    )
