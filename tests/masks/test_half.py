import numpy as np
import pytest

from inpaintbench.seeding import RandomStream
from inpaintbench_masks.half import Half

STREAM = RandomStream(0)


@pytest.mark.parametrize(
    ("side", "rows", "columns"),
    [
        ("left", (0, 63), (0, 31)),
        ("right", (0, 63), (32, 63)),
        ("top", (0, 31), (0, 63)),
        ("bottom", (32, 63), (0, 63)),
    ],
)
def test_the_side_that_was_asked_for_is_missing(side: str, rows: tuple[int, int], columns: tuple[int, int]) -> None:
    hole = Half(side=side).draw(64, 64, STREAM)  # type: ignore[arg-type]

    where = np.nonzero(hole)
    assert (where[0].min(), where[0].max()) == rows
    assert (where[1].min(), where[1].max()) == columns
    assert hole.sum() == 2048


def test_opposite_halves_mirror_each_other_and_leave_the_middle_of_an_odd_side() -> None:
    left, right = (Half(side=side).draw(4, 7, STREAM) for side in ("left", "right"))  # type: ignore[arg-type]

    assert left[0].tolist() == [True, True, True, False, False, False, False]
    assert np.array_equal(right, left[:, ::-1])

    top, bottom = (Half(side=side).draw(7, 4, STREAM) for side in ("top", "bottom"))  # type: ignore[arg-type]
    assert np.array_equal(top, left.T)
    assert np.array_equal(bottom, right.T)


def test_a_random_half_is_each_of_the_four_equally_often() -> None:
    halves = [Half(side=side).draw(8, 8, STREAM).tobytes() for side in ("left", "right", "top", "bottom")]  # type: ignore[arg-type]
    drawn = [Half().draw(8, 8, RandomStream(seed)).tobytes() for seed in range(1000)]

    counts = [drawn.count(half) for half in halves]
    assert sum(counts) == 1000
    assert sum((count - 250) ** 2 / 250 for count in counts) < 16.27  # 99.9 % of chi-square with 3 degrees of freedom


def test_the_stream_alone_decides() -> None:
    sides = ["bottom", "bottom", "right", "left", "top", "left", "top", "bottom"]  # of the seeds 0 to 7

    for seed, side in enumerate(sides):
        assert np.array_equal(Half().draw(64, 64, RandomStream(seed)), Half(side=side).draw(64, 64, STREAM))  # type: ignore[arg-type]
