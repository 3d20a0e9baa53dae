import numpy as np

from inpaintbench.seeding import RandomStream
from inpaintbench_masks.every_second_line import EverySecondLine

STREAM = RandomStream(0)


def test_the_second_fourth_and_sixth_row_are_missing() -> None:
    assert EverySecondLine().draw(6, 2, STREAM).tolist() == [[False] * 2, [True] * 2] * 3


def test_the_first_row_can_be_missing_instead() -> None:
    assert np.array_equal(EverySecondLine(first=1).draw(7, 5, STREAM), ~EverySecondLine().draw(7, 5, STREAM))


def test_half_of_an_even_picture_and_less_of_an_odd_one_is_missing() -> None:
    assert EverySecondLine().draw(64, 64, STREAM).mean() == 0.5
    assert EverySecondLine().draw(65, 64, STREAM).sum() == 32 * 64
