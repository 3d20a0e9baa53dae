from __future__ import annotations

import numpy as np
import pytest

from inpaintbench.contact_sheet import HOLE, Row, contact_sheet, marked

GREY = np.full((64, 64, 3), 128, np.uint8)


def hole(rows: int) -> np.ndarray:
    missing = np.zeros((64, 64), dtype=bool)
    missing[:rows] = True
    return missing


def test_pictures_are_enlarged_by_a_whole_factor_and_holes_marked_in_their_column() -> None:
    sheet = np.asarray(contact_sheet(["one", "two"], [Row("a", GREY, [hole(8), hole(16)])]))

    pink = (sheet == HOLE).all(axis=2)
    columns = np.flatnonzero(pink.any(axis=0))
    assert pink.sum() == (8 + 16) * 64 * 4
    assert len(columns) == 2 * 128
    assert ((sheet == 128).all(axis=2).sum(), sheet.shape[1]) == ((3 * 64 - 24) * 64 * 4, 8 + 3 * 136)


def test_a_hole_is_shown_in_its_colour_and_the_picture_is_left_alone() -> None:
    missing = np.zeros((64, 64), dtype=bool)
    missing[2, 3] = True

    for shown, colour in ((marked(GREY, missing), HOLE), (marked(GREY, missing, (1, 2, 3)), (1, 2, 3))):
        assert tuple(shown[2, 3]) == colour
        assert (shown == 128).all(axis=2).sum() == 64 * 64 - 1
    assert (GREY == 128).all()


def test_every_row_and_a_long_name_have_room() -> None:
    rows = [Row("a/very/long/path/to/a/picture/that/nobody/would/give.png", GREY, [hole(1)])] * 3
    long = "random_region[threshold=0.25,minimum_area=0.2,maximum_area=0.3,spacing=16.67]"
    tall = contact_sheet([long], rows)
    short = contact_sheet(["m"], rows)

    assert tall.width == short.width
    assert tall.height > short.height > 3 * 128


@pytest.mark.parametrize("rows", [[], [Row("a", GREY, [])]])
def test_rows_and_masks_must_fit(rows: list[Row]) -> None:
    with pytest.raises(ValueError, match="expected rows of 1 holes each, at least one"):
        contact_sheet(["one"], rows)
