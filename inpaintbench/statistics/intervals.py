"""Bootstrap intervals of means.

The bootstrap-t: each resample's mean is measured in its own standard errors, and the quantiles of that are laid around
the mean in the standard errors of the sample (Efron 1979, Ann. Statist. 7, 1–26; Hall 1988, Ann. Statist. 16, 927–953).
Unlike percentiles, with or without corrections for bias and acceleration, it comes near its level with ten images
already, where values are spread like those of most metrics. No interval does where few images decide: with strongly
skewed values, or where nearly all are equal, as at the cap of the PSNR, it takes some sixty.
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

ROUNDING: Final = 1e-14
"""Values that differ by no more, relative to the largest, are equal."""

_COLUMNS: Final = 512  # resampled at once: their means in all resamples take 40 MB


@dataclass(frozen=True)
class Interval:
    """A mean, and where the true one lies with the probability of its level.

    Attributes:
        mean: of what was measured.
        low: end of the interval; so is `high`. NaN if too few images were measured, or nearly all are equal.
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
    ends = []
    for start in range(0, columns, _COLUMNS):  # the same resamples each time
        ends += _quantiles(values[:, start : start + _COLUMNS], Resamples(images, seed), (1 - level) / 2)
    spreads = values.std(axis=0)
    spreads[spreads <= ROUNDING * np.abs(values).max(axis=0)] = 0.0
    errors = spreads / math.sqrt(images)
    return tuple(around(*found) for found in zip(means, errors.tolist(), ends, strict=True))


def around(mean: float, error: float, ends: tuple[float, float]) -> Interval:
    """Return the interval around a mean, between quantiles of the studentized mean.

    Args:
        mean: that was measured.
        error: its standard error; 0 if all values are equal.
        ends: the lower and the upper quantile.
    """
    if not error:  # all values are equal: nothing is uncertain that these images could tell of
        return Interval(mean, mean, mean)
    if not all(map(math.isfinite, ends)):  # nearly all values are equal: too many resamples have no spread
        return Interval(mean, math.nan, math.nan)
    return Interval(mean, mean - ends[1] * error, mean - ends[0] * error)


def _quantiles(values: Float64[np.ndarray, "n k"], resamples: Resamples, tail: float) -> list[tuple[float, float]]:
    """Return between what each column's mean lies in the resamples, in standard errors of each around the sample's."""
    means, images = values.mean(axis=0), len(values)
    studentized = np.empty((values.shape[1], resamples.count))
    done = 0
    # A resample of one image again and again has no spread of its own; it is taken for infinitely far off.
    with np.errstate(divide="ignore", invalid="ignore"):
        for drawn, spreads in resamples.blocks(values):
            studentized[:, done : done + len(drawn)] = ((drawn - means) / (spreads / math.sqrt(images))).T
            done += len(drawn)
    outside = math.floor(tail * resamples.count)  # so many lie beyond either end: turned about, all is mirrored
    places = [outside, resamples.count - 1 - outside]
    low, high = np.partition(studentized, places, axis=1)[:, places].T
    return list(zip(low.tolist(), high.tolist(), strict=True))
