"""Telea's inpainting: each missing pixel is extrapolated from known ones beside it, from the hole's rim inwards.

A. Telea, "An image inpainting technique based on the fast marching method", Journal of Graphics Tools 9(1), 2004. With
T the distance from the hole's rim and N = ∇T, pixel p becomes

    I(p) = Σ_q w(p, q) (I(q) + ∇I(q) · (p − q)) / Σ_q w(p, q),
    w(p, q) = |(p − q) · N(p)| / |p − q|  ×  1 / |p − q|²  ×  1 / (1 + |T(p) − T(q)|),

over the known pixels q at most `radius` away, those filled before p among them (the paper's d₀ and T₀ are 1).

Deviations: T is the exact Euclidean distance, where fast marching has a first-order approximation of it. Pixels are
filled in the order of T in both cases; each has a direct neighbour with a smaller T, hence something to be made from.
The sums are the paper's: those of OpenCV divide the gradients' part by its own length. Values are clamped to [0, 1],
because an extrapolation can leave it.
"""

import math

import numpy as np
from jaxtyping import Bool, Float64
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

LEAST = 1e-6
"""In place of a weight's first factor where p − q runs along the rim, so that some weight is left."""


def telea(
    image: Float64[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], radius: int = 1
) -> Float64[np.ndarray, "h w 3"]:
    """Return the picture with its hole filled; a picture of which nothing is known comes back as it is.

    Args:
        image: in [0, 1]; what it holds in the hole does not matter.
        hole: True = missing.
        radius: pixels, at least 1.
    """
    if hole.all() or not hole.any():
        return image.copy()
    rim = radius + 1  # so that no neighbour, nor its neighbour, lies outside the arrays
    distance = np.where(hole, distance_transform_edt(hole), 1 - distance_transform_edt(~hole))
    normal = np.stack(np.gradient(distance), axis=-1)
    filled = np.pad(np.where(hole[..., None], 0.0, image), ((rim, rim), (rim, rim), (0, 0)))
    known = np.pad(~hole, rim)
    t, n = np.pad(distance, rim), np.pad(normal, ((rim, rim), (rim, rim), (0, 0)))
    around = _disc(radius)

    inwards = np.argsort(distance[hole], kind="stable")
    for row, column in (np.argwhere(hole)[inwards] + rim).tolist():
        total, weights = np.zeros(3), 0.0
        for down, right, length in around:
            i, j = row + down, column + right
            if not known[i, j]:
                continue
            along = abs(down * n[row, column, 0] + right * n[row, column, 1]) / length
            weight = max(along, LEAST) / length**2 / (1 + abs(t[row, column] - t[i, j]))
            slope_down = _slope(filled[:, j], known[:, j], i)
            slope_right = _slope(filled[i], known[i], j)
            total += weight * (filled[i, j] - down * slope_down - right * slope_right)
            weights += weight
        filled[row, column] = np.clip(total / weights, 0, 1)
        known[row, column] = True
    return filled[rim:-rim, rim:-rim]


def _disc(radius: int) -> list[tuple[int, int, float]]:
    """Return the offsets of a pixel's neighbours, and how far away they are."""
    reach = range(-radius, radius + 1)
    offsets = [(down, right, math.hypot(down, right)) for down in reach for right in reach]
    return [offset for offset in offsets if 0 < offset[2] <= radius]


def _slope(line: NDArray[np.float64], known: NDArray[np.bool_], place: int) -> NDArray[np.float64]:
    """Return the derivative along a line of pixels at a known one, from those of its two neighbours that are known."""
    before = place - 1 if known[place - 1] else place
    after = place + 1 if known[place + 1] else place
    slope: NDArray[np.float64] = (line[after] - line[before]) / max(after - before, 1)
    return slope
