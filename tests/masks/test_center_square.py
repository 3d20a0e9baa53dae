import numpy as np
import pytest

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.center_square import CenterSquare

STREAM = RandomStream(0)


@pytest.mark.parametrize(("side", "pixels"), [(10, 100), (20, 400), (30, 900), (64, 4096)])
def test_side_squared_pixels_are_missing(side: int, pixels: int) -> None:
    hole = CenterSquare(side=side).draw(64, 64, STREAM)

    assert hole.shape == (64, 64)
    assert hole.dtype == np.bool_
    assert hole.sum() == pixels


def test_rows_and_columns_of_the_20_pixel_square() -> None:
    rows, columns = np.nonzero(CenterSquare(side=20).draw(64, 64, STREAM))

    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (22, 41, 22, 41)


def test_an_even_margin_leaves_the_hole_unchanged_by_turning() -> None:
    hole = CenterSquare(side=20).draw(64, 64, STREAM)

    assert np.array_equal(hole, np.rot90(hole))


def test_an_odd_margin_is_narrower_above_and_on_the_left() -> None:
    hole = CenterSquare(side=2).draw(5, 7, STREAM)

    assert np.argwhere(hole).tolist() == [[1, 2], [1, 3], [2, 2], [2, 3]]


@pytest.mark.parametrize(("size", "side"), [(64, 20), (128, 40), (256, 80)])
def test_a_fraction_scales_with_the_picture(size: int, side: int) -> None:
    assert CenterSquare(side=0.3125).draw(size, size, STREAM).sum() == side**2


def test_a_fraction_is_of_the_shorter_side() -> None:
    assert CenterSquare(side=0.5).draw(32, 100, STREAM).sum() == 16**2


def test_a_square_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"center_square\[side=65\] does not fit into .* 100×64 .* at most 64"):
        CenterSquare(side=65).draw(64, 100, STREAM)
