"""Pictures that are cut from one photograph are not independent: they count as one draw, however many they are.

A sample of sources, each with some pictures, is a cluster sample. Its mean over pictures is a ratio of two sums over
sources, and its error that of the sum of each source's deviations (Cochran 1977, Sampling Techniques, section 9A.2).
Both functions return a row a source whose mean is the mean over all pictures, and leave independent pictures as they
are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

Sources = Int64[np.ndarray, " n"]
"""Of each picture the position of its source, counted from 0 without gaps."""


def positions(items: Sequence[str], sources: Mapping[str, str]) -> Sources:
    """Return the position of each item's source; one of which none is known is its own.

    >>> positions(["a/1", "b/1", "a/2", "c"], {"a/1": "a", "a/2": "a", "b/1": "b"}).tolist()
    [0, 1, 0, 2]
    """
    known: dict[tuple[str, bool], int] = {}
    found = [
        known.setdefault((sources[item], True) if item in sources else (item, False), len(known)) for item in items
    ]
    return np.array(found, dtype=np.int64)


def linearised(values: Float64[np.ndarray, "n k"], sources: Sources) -> Float64[np.ndarray, "sources k"]:
    """Return a row a source: the mean, and what the source's pictures deviate from it, so scaled that rows average."""
    counts = np.bincount(sources)
    if len(counts) in (0, len(values)):
        return values
    means = values.mean(axis=0)
    apart = _sums(values, sources) - counts[:, None] * means
    rows: Float64[np.ndarray, "sources k"] = means + apart * (len(counts) / len(values))
    return rows


def shares(values: Float64[np.ndarray, "n k"], sources: Sources) -> Float64[np.ndarray, "sources k"]:
    """Return a row a source: the sum over its pictures, so scaled that rows average to the mean over pictures."""
    count = int(sources.max(initial=-1)) + 1
    if count in (0, len(values)):
        return values
    scaled: Float64[np.ndarray, "sources k"] = _sums(values, sources) * (count / len(values))
    return scaled


def _sums(values: Float64[np.ndarray, "n k"], sources: Sources) -> Float64[np.ndarray, "sources k"]:
    sums = np.zeros((int(sources.max()) + 1, values.shape[1]))
    np.add.at(sums, sources, values)
    return sums
