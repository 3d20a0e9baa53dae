import numpy as np
import pytest

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.super_resolve import SuperResolve

STREAM = RandomStream(0)


def test_one_pixel_of_every_two_by_two_is_known() -> None:
    hole = SuperResolve().draw(4, 6, STREAM)

    assert np.argwhere(~hole).tolist() == [[0, 0], [0, 2], [0, 4], [2, 0], [2, 2], [2, 4]]


@pytest.mark.parametrize(("stride", "missing"), [(2, 3 / 4), (4, 15 / 16), (8, 63 / 64)])
def test_the_missing_share_is_one_less_the_square_of_the_stride(stride: int, missing: float) -> None:
    assert SuperResolve(stride=stride).draw(64, 64, STREAM).mean() == missing


def test_the_grid_can_begin_at_another_pixel() -> None:
    assert np.argwhere(~SuperResolve(stride=3, first=2).draw(6, 5, STREAM)).tolist() == [[2, 2], [5, 2]]


@pytest.mark.parametrize(("stride", "first", "size", "most"), [(2, 2, 64, 1), (3, 5, 64, 2), (8, 4, 3, 2)])
def test_a_first_row_beyond_the_stride_or_the_picture_is_refused(stride: int, first: int, size: int, most: int) -> None:
    with pytest.raises(ParameterError, match=rf"first={first}\] is not possible .* expected first from 0 to {most}"):
        SuperResolve(stride=stride, first=first).draw(size, size, STREAM)
