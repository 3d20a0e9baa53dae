from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from inpaintbench_masks.angles import DEVIATES, ONE, TURN, cosine, sine
from inpaintbench_masks.lama import DIRECTIONS


def distance_from_a_tie(value: float) -> float:
    return abs(value - math.floor(value) - 0.5)


def test_no_entry_lies_near_a_rounding_tie() -> None:
    """`math` is right to some 2**-50 of a value, and these are below 2**22: an error of 2**-28 at most."""
    exact = [ONE * math.cos(2 * math.pi * i / TURN) for i in range(TURN // 4 + 1)]
    exact += [ONE * NormalDist().inv_cdf((2 * i + 1) / 8192) for i in range(4096)]
    exact += [ONE * function(0.01 + k) for k in range(4) for function in (math.sin, math.cos)]

    assert min(map(distance_from_a_tie, exact)) > 2**-20


def test_cosines_and_sines_are_those_of_the_whole_turn() -> None:
    for direction in range(-TURN, 2 * TURN, 7):
        angle = 2 * math.pi * direction / TURN
        assert abs(cosine(direction) - ONE * math.cos(angle)) <= 0.5 + 1e-6
        assert abs(sine(direction) - ONE * math.sin(angle)) <= 0.5 + 1e-6


def test_the_angles_of_the_publications_are_whole() -> None:
    assert TURN % 15 == TURN % 4 == 0
    assert cosine(TURN // 4) == sine(0) == cosine(3 * TURN // 4) == sine(TURN // 2) == 0


def test_deviates_are_normal() -> None:
    mean = sum(DEVIATES) / len(DEVIATES) / ONE
    variance = sum(deviate**2 for deviate in DEVIATES) / len(DEVIATES) / ONE**2

    assert mean == 0  # they are symmetric
    assert variance == pytest.approx(1, abs=0.001)
    assert sum(deviate < ONE for deviate in DEVIATES) / len(DEVIATES) == pytest.approx(0.8413, abs=0.0003)
    assert list(DEVIATES) == sorted(DEVIATES)


def test_lamas_directions_are_whole_radians_and_a_hundredth() -> None:
    for k, (across, down) in enumerate(DIRECTIONS):
        assert math.hypot(across, down) == pytest.approx(ONE, abs=1)
        assert math.atan2(across, down) == pytest.approx(0.01 + k, abs=1e-6)
