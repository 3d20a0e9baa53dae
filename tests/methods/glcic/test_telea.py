from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench_methods.glcic.telea import telea


def _hole(height: int, width: int, rows: slice, columns: slice) -> np.ndarray:
    hole = np.zeros((height, width), dtype=bool)
    hole[rows, columns] = True
    return hole


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_it_continues_what_is_linear(radius: int) -> None:
    rows, columns = np.mgrid[:16, :18]
    ramp = np.stack([rows / 20, columns / 20, 0.9 - (rows + columns) / 50], axis=-1)
    hole = _hole(16, 18, slice(5, 12), slice(6, 11))
    filled = telea(np.where(hole[..., None], 0.123, ramp), hole, radius)
    assert filled == pytest.approx(ramp, abs=1e-9)


def test_one_missing_pixel_worked_by_hand() -> None:
    # All four neighbours are as far from the pixel as from its rim, and ∇T is 0 there, so that all weigh the same.
    # With the middle missing, the slope at each, towards the middle, is the difference to the pixel behind it.
    image = np.zeros((5, 5, 3))
    image[0, 2], image[1, 2] = 0.1, 0.2  # above: 0.2 + 0.1
    image[3, 2], image[4, 2] = 0.5, 0.4  # below: 0.5 + 0.1
    image[2, 0], image[2, 1] = 0.6, 0.3  # left: 0.3 − 0.3
    image[2, 3], image[2, 4] = 0.8, 0.8  # right: 0.8
    hole = _hole(5, 5, slice(2, 3), slice(2, 3))
    assert telea(image, hole)[2, 2] == pytest.approx([(0.3 + 0.6 + 0.0 + 0.8) / 4] * 3)


def test_a_neighbour_across_the_rim_weighs_more_than_one_along_it() -> None:
    # Two rows are missing at the top: the lower of them is filled first, each pixel from the one below it alone but for
    # what is filled beside it already, which lies along the rim, where (p − q) · N is 0.
    image = np.zeros((6, 7, 3))
    image[2:] = np.linspace(0.2, 0.8, 7)[:, None]
    filled = telea(image, _hole(6, 7, slice(0, 2), slice(0, 7)))
    assert filled[1] == pytest.approx(image[2], abs=1e-5)
    assert filled[0] == pytest.approx(image[2], abs=1e-5)


def _by_the_formula(image: np.ndarray, hole: np.ndarray, radius: int) -> np.ndarray:
    """Do the same in plain Python, with distances by a search among all pixels."""
    height, width = hole.shape
    places = [(i, j) for i in range(height) for j in range(width)]

    def nearest(place: tuple[int, int], missing: bool) -> float:
        return min(math.dist(place, other) for other in places if hole[other] == missing)

    t = np.array([nearest(p, False) if hole[p] else 1 - nearest(p, True) for p in places]).reshape(height, width)
    normal = np.gradient(t)
    value = {place: image[place] for place in places if not hole[place]}

    def slope(place: tuple[int, int], axis: int) -> np.ndarray:
        step = np.eye(2, dtype=int)[axis]
        before, after = (tuple(int(x) for x in np.array(place) + sign * step) for sign in (-1, 1))
        ends = [place if end not in value else end for end in (before, after)]
        return (value[ends[1]] - value[ends[0]]) / max(math.dist(*ends), 1)

    for p in sorted((place for place in places if hole[place]), key=lambda place: (t[place], place)):
        pairs = []
        for q in value:
            if math.dist(p, q) <= radius:
                r = np.subtract(p, q)
                direction = max(abs(r @ [normal[0][p], normal[1][p]]) / math.dist(p, q), 1e-6)
                weight = direction / math.dist(p, q) ** 2 / (1 + abs(t[p] - t[q]))
                pairs.append((weight, value[q] + r[0] * slope(q, 0) + r[1] * slope(q, 1)))
        total = sum(weight for weight, _ in pairs)
        value[p] = np.clip(sum(weight * guess for weight, guess in pairs) / total, 0, 1)
    return np.array([value[place] for place in places]).reshape(image.shape)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.05, 0.5, 0.9]), radius=st.integers(1, 3))
def test_it_is_the_formula(seed: int, share: float, radius: int) -> None:
    random = np.random.default_rng(seed)
    image, hole = random.random((6, 8, 3)), random.random((6, 8)) < share
    hole[0, 0], hole[4, 5] = False, True
    hole[2:5, 2:6] = True
    assert telea(image, hole, radius) == pytest.approx(_by_the_formula(image, hole, radius), abs=1e-9)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.05, 0.5, 0.97]), radius=st.integers(1, 3))
def test_all_is_filled_within_range_and_known_pixels_stay(seed: int, share: float, radius: int) -> None:
    random = np.random.default_rng(seed)
    image, hole = random.random((7, 9, 3)), random.random((7, 9)) < share
    hole[tuple(random.integers(0, (7, 9)))] = False
    shown = image.copy()
    shown[hole] = np.nan  # what is missing is never read
    filled = telea(shown, hole, radius)
    assert filled.shape == image.shape
    assert np.array_equal(filled[~hole], image[~hole])
    assert ((filled >= 0) & (filled <= 1)).all()


def test_with_nothing_known_or_nothing_missing_it_stays_as_it_is() -> None:
    image = np.random.default_rng(0).random((4, 4, 3))
    for share in (True, False):
        assert np.array_equal(telea(image, np.full((4, 4), share)), image)
