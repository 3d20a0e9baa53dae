"""Bootstrap intervals of means.

The bootstrap-t: each resample's mean is measured in its own standard errors, and the quantiles of that are laid around
the mean in the standard errors of the sample (Efron 1979, Ann. Statist. 7, 1–26; Hall 1988, Ann. Statist. 16, 927–953).
Unlike percentiles, with or without corrections for bias and acceleration, it hits its level with ten images already.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64

from inpaintbench.statistics.resampling import Resamples

LEVEL: Final = 0.95
FEWEST: Final = 5
"""Images of which an interval can be told; of fewer, too few resamples differ."""


@dataclass(frozen=True)
class Interval:
    """A mean, and where the true one lies with the probability of its level.

    Attributes:
        mean: of what was measured.
        low: end of the interval; so is `high`. NaN if too little was measured to tell.
    """

    mean: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return not math.isnan(self.low)


def mean_intervals(values: Float64[np.ndarray, "n k"], seed: int, level: float = LEVEL) -> tuple[Interval, ...]:
    """Return the interval of the mean of each column.

    Args:
        values: of n images, finite.
        seed: decides the resamples; equal for columns that are compared.
        level: probability that the interval covers the true mean.
    """
    images, columns = values.shape
    if not images:
        return tuple(Interval(math.nan, math.nan, math.nan) for _ in range(columns))
    means = [math.fsum(column) / images for column in values.T]
    if images < FEWEST:
        return tuple(Interval(mean, math.nan, math.nan) for mean in means)
    drawn, spreads = Resamples(images, seed).moments(values)
    tail = (1 - level) / 2
    return tuple(
        _interval(means[k], float(values[:, k].std()), drawn[:, k], spreads[:, k], images, tail) for k in range(columns)
    )


def _interval(
    mean: float,
    spread: float,
    drawn: Float64[np.ndarray, " b"],
    spreads: Float64[np.ndarray, " b"],
    images: int,
    tail: float,
) -> Interval:
    if spread == 0.0:  # all values are equal: nothing is uncertain that these images could tell of
        return Interval(mean, mean, mean)
    # A resample of one image again and again has no spread of its own; it is taken for infinitely far off.
    with np.errstate(divide="ignore", invalid="ignore"):
        studentized = np.sort((drawn - mean) / (spreads / math.sqrt(images)))
    error = spread / math.sqrt(images)
    outside = math.floor(tail * len(studentized))  # so many lie beyond either end: turned about, all is mirrored
    low, high = float(studentized[outside]), float(studentized[-1 - outside])
    return Interval(mean, mean - high * error, mean - low * error)
