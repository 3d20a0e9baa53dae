"""Whether the difference of two methods over the same images may be chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float64
from numpy.random import PCG64

from inpaintbench.statistics.resampling import COUNT

_EXACT: Final = 16
"""Of so many images all ways to sign their differences are tried, of more `COUNT` at random."""

_NUMBERS: Final = 2**21  # held at once
_SLACK: Final = 1e-9  # relative: sums that differ by rounding alone are equal


def permutation_tests(differences: Float64[np.ndarray, "n k"], seed: int) -> tuple[float, ...]:
    """Return how probable mean differences are that are as large as these, if the two methods are exchangeable.

    The paired permutation test: exchanging two methods on an image changes the sign of its difference (Fisher 1935, The
    Design of Experiments, section 21). Two-sided. All columns meet the same signs.

    Args:
        differences: a row an image, finite; a column for each pair of methods and metric.
        seed: decides the signs where not all can be tried.

    Returns:
        A p-value a column; 1 where there is no difference at all.
    """
    nothing = np.zeros((len(differences), 1))
    last = differences.shape[1]
    return pairwise_tests(np.concatenate([differences, nothing], axis=1), [(k, last) for k in range(last)], seed)


def pairwise_tests(
    values: Float64[np.ndarray, "n k"], pairs: Sequence[tuple[int, int]], seed: int
) -> tuple[float, ...]:
    """Return the p-values of `permutation_tests` for the differences of pairs of columns.

    The sum of a signed difference is the difference of two signed sums, so that the work grows with the columns.

    Random signs cannot tell how small a small p-value is. None is said to be larger than Hoeffding's bound on a sum of
    random signs allows (1963, J. Am. Statist. Assoc. 58, 13–30, theorem 2), which holds exactly.

    Args:
        values: a row an image, finite; what all columns of an image have in common is better taken off, for it costs
            digits.
        pairs: positions of columns.
        seed: decides the signs where not all can be tried.
    """
    images = len(values)
    left, right = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    observed, bounds = np.empty(len(pairs)), np.empty(len(pairs))
    for place, (k, m) in enumerate(zip(left, right, strict=True)):
        difference = values[:, k] - values[:, m]
        observed[place] = abs(difference.sum()) - _SLACK * np.abs(difference).sum()
        bounds[place] = _bound(difference)
    exact = images <= _EXACT
    # Else one way is what was observed (Phipson & Smyth 2010).
    extreme = np.zeros(len(pairs), np.int64) if exact else np.ones(len(pairs), np.int64)
    for signs in [_all_signs(images)] if exact else _random_signs(images, seed):
        sums = (signs @ values).T.copy()
        for place, (k, m) in enumerate(zip(left, right, strict=True)):
            extreme[place] += np.count_nonzero(np.abs(sums[k] - sums[m]) >= observed[place])
    return tuple(np.minimum(extreme / (2**images if exact else 1 + COUNT), bounds).tolist())


def least_p(images: int) -> float:
    """Return the smallest p-value that a test can give over so many images: if one method is better on each alike.

    >>> least_p(5), least_p(0)
    (0.0625, 1.0)
    """
    return (
        1.0
        if not images
        else 2.0 ** (1 - images)
        if images <= _EXACT
        else min(1 / (1 + COUNT), 2 * math.exp(-images / 2))
    )


def _bound(difference: Float64[np.ndarray, " n"]) -> float:
    """Return what the p-value cannot exceed: 2 exp(-s² / 2Σd²) for a sum s of differences d."""
    largest = float(np.abs(difference).max(initial=0.0))
    if not largest:
        return 1.0
    scaled = difference / largest  # squares of tiny ones would vanish
    return min(1.0, 2 * math.exp(-(float(scaled.sum()) ** 2) / (2 * float((scaled**2).sum()))))


def wilcoxon_test(differences: Float64[np.ndarray, " n"]) -> float:
    """Return the p-value of the signed-rank test, two-sided (Wilcoxon 1945, Biometrics Bull. 1, 80–83).

    It asks of the ranks of differences, and so gives single images little weight. Zeros are ranked and then left out
    (Pratt 1959).

    Returns:
        The p-value; 1 where the ranks and the mean point in opposite directions, for then neither method can be called
        better in its mean by what the ranks say.
    """
    from scipy.stats import rankdata, wilcoxon

    ranks = rankdata(np.abs(differences))
    if float((np.sign(differences) * ranks).sum()) * float(differences.sum()) <= 0:
        return 1.0
    return float(wilcoxon(differences, zero_method="pratt").pvalue)


def _all_signs(count: int) -> Float64[np.ndarray, "b n"]:
    numbers = np.arange(2**count)[:, None]
    return ((numbers >> np.arange(count)) & 1) * 2.0 - 1.0


def _random_signs(images: int, seed: int) -> Iterator[Float64[np.ndarray, "rows n"]]:
    """Yield `COUNT` ways to sign so many images, some at a time."""
    words = PCG64(seed)
    step = max(1, _NUMBERS // images)
    for start in range(0, COUNT, step):
        yield _signs(words, min(step, COUNT - start), images)


def _signs(words: PCG64, rows: int, columns: int) -> Float64[np.ndarray, "rows columns"]:
    raw = words.random_raw(-(-rows * columns // 64))
    bits = np.unpackbits(raw.astype("<u8").view(np.uint8), bitorder="little", count=rows * columns)
    return bits.reshape(rows, columns) * 2.0 - 1.0
