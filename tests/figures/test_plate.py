"""A figure is made of pictures of one size, and what is enlarged lies within them."""

import numpy as np
import pytest

from inpaintbench.errors import UsageError
from inpaintbench.figures.plate import HOLES, Panel, Plate, Zoom, vanishes

GREY = np.full((8, 12, 3), 128, np.uint8)


def test_a_zoom_takes_columns_from_its_left_and_rows_from_its_top() -> None:
    picture = np.arange(8 * 12 * 3).reshape(8, 12, 3).astype(np.uint8)
    part = Zoom(left=3, top=2, width=4, height=1).of(picture)
    assert np.array_equal(part, picture[2:3, 3:7])


@pytest.mark.parametrize(
    "zoom", [Zoom(9, 0, 4, 4), Zoom(0, 5, 4, 4), Zoom(0, 0, 0, 1), Zoom(0, 0, 1, 0), Zoom(-1, 0, 2, 2)]
)
def test_a_zoom_that_is_not_within_the_pictures_is_refused(zoom: Zoom) -> None:
    with pytest.raises(UsageError, match=r"does not lie within pictures of 12 × 8\."):
        Plate([""], [[Panel(GREY)]], zoom)


def test_a_zoom_of_the_whole_picture_is_possible() -> None:
    assert Zoom(0, 0, 12, 8).of(GREY).shape == (8, 12, 3)


@pytest.mark.parametrize("rows", [[], [[Panel(GREY)]], [[Panel(GREY)] * 2, [Panel(GREY)] * 3]])
def test_rows_need_a_picture_a_column(rows: list[list[Panel]]) -> None:
    with pytest.raises(ValueError, match="expected rows of 2 pictures each, at least one"):
        Plate(["a", "b"], rows)


def test_pictures_need_one_size() -> None:
    with pytest.raises(ValueError, match=r"expected pictures of one size, got \[\(8, 11, 3\), \(8, 12, 3\)\]"):
        Plate(["a", "b"], [[Panel(GREY), Panel(GREY[:, 1:])]])


@pytest.mark.parametrize("place", [(0, 5), (7, 5), (3, 0), (3, 11)])
def test_the_edge_vanishes_where_a_white_hole_touches_it(place: tuple[int, int]) -> None:
    hole = np.zeros((8, 12), bool)
    hole[1:-1, 1:-1] = True
    assert not vanishes(hole, HOLES["white"])
    hole[place] = True
    assert vanishes(hole, HOLES["white"])
    assert not vanishes(hole, HOLES["grey"])
