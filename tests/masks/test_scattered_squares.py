import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.scattered_squares import ScatteredSquares

Parameters = dict[str, Any]


def draw(size: int = 64, seed: int = 0, **parameters: Any) -> Bool[np.ndarray, "h w"]:
    return ScatteredSquares(**parameters).draw(size, size, RandomStream(seed))


def squares_inside(hole: Bool[np.ndarray, "h w"], side: int) -> Bool[np.ndarray, "rows columns"]:
    """Where a whole square of missing pixels begins."""
    windows = np.lib.stride_tricks.sliding_window_view(hole, (side, side))
    return np.asarray(windows.all(axis=(2, 3)))


def cover_of(squares: Bool[np.ndarray, "rows columns"], side: int) -> Bool[np.ndarray, "h w"]:
    hole = np.zeros((squares.shape[0] + side - 1, squares.shape[1] + side - 1), dtype=np.bool_)
    for top, left in np.argwhere(squares):
        hole[top : top + side, left : left + side] = True
    return hole


def number_of_disjoint_squares(hole: Bool[np.ndarray, "h w"], side: int) -> int:
    """Take squares away in reading order: the first missing pixel that is left must be the corner of one."""
    left = hole.copy()
    squares = 0
    while left.any():
        top, start = np.argwhere(left)[0]
        square = left[top : top + side, start : start + side]
        assert square.shape == (side, side)
        assert square.all()
        square[:] = False
        squares += 1
    return squares


@pytest.mark.parametrize("seed", range(20))
def test_the_default_misses_as_many_pixels_as_the_20_pixel_square(seed: int) -> None:
    assert draw(seed=seed).sum() == 400


@pytest.mark.parametrize("seed", range(20))
def test_the_other_reading_is_ten_squares_that_do_not_overlap(seed: int) -> None:
    assert draw(count=10, seed=seed).sum() == 40


def test_an_area_that_is_no_multiple_is_met_by_squares_that_overlap() -> None:
    holes = [draw(area=402, seed=seed) for seed in range(20)]

    assert [hole.sum() for hole in holes] == [402] * 20
    assert all(np.array_equal(cover_of(squares_inside(hole, 2), 2), hole) for hole in holes)


def test_an_area_that_no_placing_can_meet_stays_short() -> None:
    assert draw(size=16, side=2, area=5).sum() == 4  # a second square adds 2, 3 or 4 pixels to the first


@given(
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    side=st.integers(1, 6),
    area=st.integers(1, 24 * 24),
    seed=st.integers(0, 2**63 - 1),
)
@settings(max_examples=200, deadline=None)
def test_every_possible_area_is_drawn_as_a_union_of_squares(
    height: int, width: int, side: int, area: int, seed: int
) -> None:
    mask = ScatteredSquares(side=side, area=area)
    if side > min(height, width) or not side**2 <= area <= height * width:
        with pytest.raises(ParameterError, match=r"scattered_squares\[side="):
            mask.draw(height, width, RandomStream(seed))
        return

    hole = mask.draw(height, width, RandomStream(seed))

    assert hole.shape == (height, width)
    assert area - side**2 < hole.sum() <= area
    assert np.array_equal(cover_of(squares_inside(hole, side), side), hole)


@pytest.mark.parametrize("area", [0.5, 0.74, 0.9, 0.99, 1.0])
def test_dense_holes_are_met_to_the_pixel(area: float) -> None:
    assert draw(area=area).sum() == round(area * 64 * 64)


@pytest.mark.parametrize(
    ("parameters", "squares"),
    [({}, 100), ({"count": 10}, 10), ({"side": 4, "area": 1600}, 100), ({"area": 0.5}, 512)],
)
def test_squares_do_not_overlap_while_there_is_room(parameters: Parameters, squares: int) -> None:
    for seed in range(10):
        assert number_of_disjoint_squares(draw(seed=seed, **parameters), int(parameters.get("side", 2))) == squares


def test_fractions_are_of_the_shorter_side_and_of_the_area() -> None:
    hole = draw(size=128, side=0.03125, area=0.09765625)

    assert hole.sum() == 1600
    assert np.array_equal(hole, draw(size=128, side=4, area=1600))


def test_each_place_is_drawn_equally_often() -> None:
    size, side, draws = 8, 2, 4900
    counts = np.zeros((size - side + 1, size - side + 1))
    for seed in range(draws):
        counts += squares_inside(draw(size=size, side=side, count=1, seed=seed), side)

    expected = draws / counts.size
    chi_square = ((counts - expected) ** 2 / expected).sum()

    assert counts.sum() == draws
    assert chi_square < 84.0  # 99.9 % of chi-square with 48 degrees of freedom


def test_pixels_are_covered_as_often_as_by_rejecting_squares_that_overlap() -> None:
    """An independent implementation: draw places from all, and throw away those that are not free."""
    draws, size, squares = 4000, 8, 6

    def by_rejection(generator: np.random.Generator) -> Bool[np.ndarray, "h w"]:
        hole = np.zeros((size, size), dtype=np.bool_)
        while hole.sum() < 4 * squares:
            top, left = generator.integers(0, size - 1, 2)
            if not hole[top : top + 2, left : left + 2].any():
                hole[top : top + 2, left : left + 2] = True
        return hole

    generator = np.random.default_rng(1)
    theirs = np.mean([by_rejection(generator) for _ in range(draws)], axis=0)
    ours = np.mean([draw(size=size, count=squares, seed=seed) for seed in range(draws)], axis=0)

    # Four standard errors of the difference of two means of 4000 draws, each of a standard deviation below
    # 1/2.
    assert np.abs(ours - theirs).max() < 4 * 0.5 * (2 / draws) ** 0.5


def test_the_stream_alone_decides() -> None:
    assert np.array_equal(draw(seed=7), draw(seed=7))
    assert not np.array_equal(draw(seed=7), draw(seed=8))


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "6cbdb0a0cb625fce"),
        (1, 64, {}, "7837396ee9ea38ba"),
        (2**63 - 1, 64, {"count": 10}, "c6bd4b87ad49221e"),
        (0, 128, {"side": 4, "area": 0.8}, "ce771fc7b76b425f"),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: Parameters, digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"side": 65}, r"side=65\] does not fit into a picture of 64×64 pixels: expected at most 64"),
        ({"area": 4097}, r"area=4097\] is not possible .* from 4 \(one square\) to 4096"),
        ({"side": 3, "area": 8}, r"area=8\] is not possible .* from 9 \(one square\) to 4096"),
        ({"count": 1025}, r"count=1025\] does not fit .* a count of at most 1024"),
    ],
)
def test_what_cannot_be_drawn_is_refused(parameters: Parameters, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        draw(**parameters)
