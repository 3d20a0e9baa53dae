import math

import numpy as np
import pytest

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.circle import Circle

STREAM = RandomStream(0)


def count_by_hand(size: int, diameter: float) -> int:
    """Count pixel by pixel, with distances instead of whole numbers."""
    centre = (size - 1) / 2
    return sum(
        math.hypot(row - centre, column - centre) <= diameter / 2 for row in range(size) for column in range(size)
    )


def test_316_pixels_are_missing_at_64_pixels_with_diameter_20() -> None:
    assert Circle(diameter=20).draw(64, 64, STREAM).sum() == 316


@pytest.mark.parametrize(("size", "diameter"), [(64, 10), (64, 30), (64, 64), (63, 20), (65, 21), (8, 2)])
def test_as_many_pixels_as_a_count_of_distances(size: int, diameter: int) -> None:
    assert Circle(diameter=diameter).draw(size, size, STREAM).sum() == count_by_hand(size, diameter)


def test_the_smallest_circles_drawn_by_hand() -> None:
    even, odd = Circle(diameter=2).draw(4, 4, STREAM), Circle(diameter=2).draw(5, 5, STREAM)

    assert np.argwhere(even).tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert np.argwhere(odd).tolist() == [[1, 2], [2, 1], [2, 2], [2, 3], [3, 2]]


@pytest.mark.parametrize("size", [63, 64])
def test_the_disc_is_unchanged_by_turning_and_by_mirroring(size: int) -> None:
    hole = Circle(diameter=20).draw(size, size, STREAM)

    assert np.array_equal(hole, np.rot90(hole))
    assert np.array_equal(hole, hole[:, ::-1])


def test_the_disc_lies_in_the_middle_of_an_oblong_picture() -> None:
    rows, columns = np.nonzero(Circle(diameter=10).draw(20, 41, STREAM))

    assert (rows.mean(), columns.mean()) == (9.5, 20)
    # The nearest rows are half a pixel off the centre, and √(5² − 0.5²) < 5: four columns to either side.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (5, 14, 16, 24)


def test_a_fraction_scales_with_the_picture() -> None:
    hole = Circle(diameter=0.3125).draw(128, 128, STREAM)

    assert np.array_equal(hole, Circle(diameter=40).draw(128, 128, STREAM))


@pytest.mark.parametrize("diameter", [65, 0.001])
def test_a_disc_that_does_not_fit_or_has_no_pixel_is_refused(diameter: float) -> None:
    with pytest.raises(ParameterError, match=r"circle\[diameter=\d+\] is not possible .* expected 2 to 64"):
        Circle(diameter=diameter).draw(64, 64, STREAM)
