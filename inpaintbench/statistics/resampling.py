"""Drawing images with replacement: the same draws for all that is measured on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from jaxtyping import Float64
from numpy.random import PCG64

COUNT: Final = 10_000
"""Resamples of an interval, and random signs of a test: the Monte-Carlo error of a p-value of 0.05 is 0.002."""

_NUMBERS: Final = 2**21  # held at once


class Resamples:
    """Resamples of images: each draws as many as there are, with replacement.

    Whatever is measured on the same images meets the same draws, so that a difference of two means keeps what both have
    in common in an image.

    Args:
        images: how many there are.
        seed: decides all draws.
        count: of resamples.
    """

    def __init__(self, images: int, seed: int, count: int = COUNT) -> None:
        self.images, self.seed, self.count = images, seed, count

    def moments(
        self, values: Float64[np.ndarray, "n k"]
    ) -> tuple[Float64[np.ndarray, "b k"], Float64[np.ndarray, "b k"]]:
        """Return the mean and the standard deviation of each column in each resample."""
        means, spreads = zip(*self.blocks(values), strict=True)
        return np.concatenate(means), np.concatenate(spreads)

    def blocks(
        self, values: Float64[np.ndarray, "n k"]
    ) -> Iterator[tuple[Float64[np.ndarray, "rows k"], Float64[np.ndarray, "rows k"]]]:
        """Yield what `moments` returns, some resamples at a time."""
        centre = values.mean(axis=0)  # around which squares lose no digits
        around = values - centre
        squares = around**2
        for counts in self._counts():
            mean = counts @ around / self.images
            square = counts @ squares / self.images
            yield mean + centre, np.sqrt(np.maximum(square - mean**2, 0.0))

    def _counts(self) -> Iterator[Float64[np.ndarray, "rows n"]]:
        """Yield how often each image is drawn, for some resamples at a time."""
        words = PCG64(self.seed)
        step = max(1, _NUMBERS // self.images)
        for start in range(0, self.count, step):
            rows = min(step, self.count - start)
            # The upper 32 bits, scaled: that one image is drawn more often than another is off by at most n / 2³².
            upper = words.random_raw(rows * self.images) >> np.uint64(32)
            drawn = (upper * np.uint64(self.images) >> np.uint64(32)).astype(np.int64).reshape(rows, self.images)
            places = (drawn + np.arange(rows)[:, None] * self.images).ravel()
            counted = np.bincount(places, minlength=rows * self.images)
            yield counted.reshape(rows, self.images).astype(np.float64)
