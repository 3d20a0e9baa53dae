import hashlib
from typing import Any

import numpy as np
import pytest
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.random_region import ATTEMPTS, RandomRegion


def draw(size: int = 64, seed: int = 0, **parameters: Any) -> Bool[np.ndarray, "h w"]:
    return RandomRegion(**parameters).draw(size, size, RandomStream(seed))


ANY_AREA = {"minimum_area": 0.0, "maximum_area": 1.0}


def test_every_hole_misses_more_than_a_fifth_and_less_than_three_tenths() -> None:
    shares = np.array([draw(seed=seed).mean() for seed in range(1000)])

    assert shares.min() > 0.2
    assert shares.max() < 0.3
    # Below the middle of the band, as most fields miss less: a sixth. Four standard errors are 0.003.
    assert abs(shares.mean() - 0.228) < 0.004


def test_the_first_field_within_the_limits_is_taken() -> None:
    for seed in range(20):
        stream = RandomStream(seed)
        every = [RandomRegion(**ANY_AREA).draw(64, 64, stream) for _ in range(40)]

        first = next(hole for hole in every if 0.2 < hole.mean() < 0.3)
        assert np.array_equal(draw(seed=seed), first)


def test_a_lower_threshold_leaves_a_part_of_the_hole() -> None:
    few, more = draw(threshold=0.1, **ANY_AREA), draw(threshold=0.4, **ANY_AREA)

    assert 0 < few.sum() < more.sum()
    assert not (few & ~more).any()


def test_holes_are_regions_whose_size_goes_with_the_spacing() -> None:
    def borders(spacing: float) -> float:
        """Return how many pixels differ from their neighbour on the right, on average."""
        holes = [draw(seed=seed, spacing=spacing) for seed in range(30)]
        return float(np.mean([hole[:, 1:] != hole[:, :-1] for hole in holes]))

    assert borders(0.26) < 0.7 * borders(0.13) < 0.49 * borders(0.065)
    assert borders(0.13) < 0.1  # single pixels would give 2 · 0.23 · 0.77 = 0.35


@pytest.mark.parametrize("seed", range(10))
def test_a_stream_gives_the_same_regions_at_every_size(seed: int) -> None:
    small, large = draw(64, seed, **ANY_AREA), draw(192, seed, **ANY_AREA)

    assert np.array_equal(large[1::3, 1::3], small)


def test_an_oblong_picture() -> None:
    hole = RandomRegion().draw(40, 90, RandomStream(2))

    assert hole.shape == (40, 90)
    assert 0.2 < hole.mean() < 0.3


def test_the_stream_alone_decides() -> None:
    assert np.array_equal(draw(seed=7), draw(seed=7))
    assert not np.array_equal(draw(seed=7), draw(seed=8))


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "4b823e36952bf864"),
        (1, 256, {}, "951bf2306736228a"),
        (
            2**63 - 1,
            96,
            {"threshold": 0.5, "minimum_area": 0.4, "maximum_area": 0.6, "spacing": 0.3},
            "9aced846520be127",
        ),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: dict[str, Any], digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize("areas", [(0.3, 0.2), (0.25, 0.25)])
def test_areas_that_contradict_each_other_are_refused(areas: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match=r"random_region\[minimum_area=.* expected a minimum_area below"):
        draw(minimum_area=areas[0], maximum_area=areas[1])


def test_areas_that_no_field_has_are_refused() -> None:
    with pytest.raises(ParameterError, match=rf"threshold=0.0,.* of {ATTEMPTS} random fields .* 8×8 pixels none had"):
        draw(8, threshold=0.0, minimum_area=0.9, maximum_area=1.0)
