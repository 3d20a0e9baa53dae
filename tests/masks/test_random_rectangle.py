import hashlib
from typing import Any

import numpy as np
import pytest
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.random_rectangle import RandomRectangle


def draw(size: int = 64, seed: int = 0, **parameters: Any) -> Bool[np.ndarray, "h w"]:
    return RandomRectangle(**parameters).draw(size, size, RandomStream(seed))


def sides_of(hole: Bool[np.ndarray, "h w"]) -> tuple[int, int]:
    """Return height and width of the rectangle that a hole must be."""
    rows, columns = np.nonzero(hole)
    height, width = rows.max() - rows.min() + 1, columns.max() - columns.min() + 1
    assert hole.sum() == height * width
    return int(height), int(width)


@pytest.mark.parametrize(
    ("size", "parameters", "sides", "coverage"),
    [
        (256, {}, (96, 128), 0.191),
        (160, {"minimum": 48, "maximum": 96, "window": 96}, (48, 96), 0.201),
        (160, {"minimum": 0.3, "maximum": 0.6, "window": 0.6}, (48, 96), 0.201),
        (64, {"minimum": 19, "maximum": 38, "window": 38}, (19, 38), 0.196),
        (64, {}, (24, 32), 0.191),
    ],
)
def test_coverage_and_sides_are_those_of_the_publication(
    size: int, parameters: dict[str, Any], sides: tuple[int, int], coverage: float
) -> None:
    holes = [draw(size, seed, **parameters) for seed in range(1000)]

    drawn = {side for hole in holes for side in sides_of(hole)}
    assert (min(drawn), max(drawn)) == sides
    # The area's standard deviation is at most 0.08 of the picture: four standard errors.
    assert abs(np.mean([hole.mean() for hole in holes]) - coverage) < 0.01


def test_each_side_is_drawn_equally_often_and_apart_from_the_other() -> None:
    sides = [sides_of(draw(16, seed, minimum=4, maximum=7, window=8)) for seed in range(3200)]

    pairs = [sides.count((height, width)) for height in range(4, 8) for width in range(4, 8)]
    assert sum(pairs) == 3200
    assert sum((count - 200) ** 2 / 200 for count in pairs) < 37.7  # 99.9 % of chi-square with 15 degrees of freedom


def test_pixels_are_missing_as_often_as_by_an_independent_implementation() -> None:
    """Corners drawn by numpy's own generator, window first."""
    draws, size, window = 6000, 12, 6
    generator = np.random.default_rng(0)

    def by_numpy() -> Bool[np.ndarray, "h w"]:
        corner = generator.integers(0, size - window + 1, 2)
        extent = generator.integers(2, 6, 2)
        top, left = corner + generator.integers(0, window - extent + 1)
        hole = np.zeros((size, size), dtype=np.bool_)
        hole[top : top + extent[0], left : left + extent[1]] = True
        return hole

    theirs = np.mean([by_numpy() for _ in range(draws)], axis=0)
    ours = np.mean([draw(size, seed, minimum=2, maximum=5, window=window) for seed in range(draws)], axis=0)

    # Four and a half standard errors of the difference of two means, each of a standard deviation below 1/2.
    assert np.abs(ours - theirs).max() < 4.5 * 0.5 * (2 / draws) ** 0.5


def test_a_rectangle_of_one_size_as_large_as_the_window_has_a_place_alone_to_draw() -> None:
    holes = [draw(8, seed, minimum=8, maximum=8, window=8) for seed in range(3)]

    assert all(hole.all() for hole in holes)


def test_sides_of_an_oblong_picture_are_fractions_of_the_shorter_one() -> None:
    sides = [sides_of(RandomRectangle().draw(32, 100, RandomStream(seed))) for seed in range(200)]

    assert {side for pair in sides for side in pair} == set(range(12, 17))


def test_the_stream_alone_decides() -> None:
    assert np.array_equal(draw(seed=7), draw(seed=7))
    assert not np.array_equal(draw(seed=7), draw(seed=8))


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "676428f9488265a0"),
        (1, 256, {}, "5d48250469649ffd"),
        (2**63 - 1, 160, {"minimum": 48, "maximum": 96, "window": 96}, "dd4955e638c65267"),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: dict[str, Any], digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize(
    "parameters",
    [{"minimum": 33, "maximum": 32}, {"maximum": 0.75}, {"window": 65}, {"minimum": 65, "maximum": 65, "window": 65}],
)
def test_sides_that_contradict_each_other_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"random_rectangle\[.* 64×64 .* expected minimum ≤ maximum ≤ window ≤ 64"):
        draw(**parameters)
