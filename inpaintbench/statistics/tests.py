"""Whether the difference of two methods over the same images may be chance."""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float64
from numpy.random import PCG64
from numpy.typing import NDArray

from inpaintbench.statistics.resampling import COUNT

_EXACT: Final = 13
"""Of so many images all ways to sign their differences are tried, of more `COUNT` at random: about as many."""

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
    images = len(differences)
    observed = np.abs(differences.sum(axis=0)) - _SLACK * np.abs(differences).sum(axis=0)
    if images <= _EXACT:
        return _shares(_as_extreme(_all_signs(images), differences, observed), 2**images)
    words = PCG64(seed)
    step = max(1, _NUMBERS // images)
    extreme = np.ones(differences.shape[1], dtype=np.int64)  # one way is what was observed (Phipson & Smyth 2010)
    for start in range(0, COUNT, step):
        extreme += _as_extreme(_signs(words, min(step, COUNT - start), images), differences, observed)
    return _shares(extreme, 1 + COUNT)


def wilcoxon_test(differences: Float64[np.ndarray, " n"]) -> float:
    """Return the p-value of the signed-rank test, two-sided (Wilcoxon 1945, Biometrics Bull. 1, 80–83).

    It asks of the ranks of differences, and so gives single images little weight. Zeros are ranked and then left out
    (Pratt 1959).
    """
    from scipy.stats import wilcoxon

    if not differences.any():
        return 1.0
    return float(wilcoxon(differences, zero_method="pratt").pvalue)


def _as_extreme(
    signs: Float64[np.ndarray, "b n"], differences: Float64[np.ndarray, "n k"], observed: Float64[np.ndarray, " k"]
) -> NDArray[np.int64]:
    counts: NDArray[np.int64] = np.count_nonzero(np.abs(signs @ differences) >= observed, axis=0)
    return counts


def _shares(counts: NDArray[np.int64], total: int) -> tuple[float, ...]:
    return tuple(float(count) / total for count in counts)


def _all_signs(count: int) -> Float64[np.ndarray, "b n"]:
    numbers = np.arange(2**count)[:, None]
    return ((numbers >> np.arange(count)) & 1) * 2.0 - 1.0


def _signs(words: PCG64, rows: int, columns: int) -> Float64[np.ndarray, "rows columns"]:
    raw = words.random_raw(-(-rows * columns // 64))
    bits = np.unpackbits(raw.astype("<u8").view(np.uint8), bitorder="little", count=rows * columns)
    return bits.reshape(rows, columns) * 2.0 - 1.0
