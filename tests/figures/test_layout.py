"""Columns are equal and fill the width, pixels take a whole number of dots, and nothing overlaps."""

import dataclasses

import numpy as np
import pytest

from inpaintbench.errors import UsageError
from inpaintbench.figures.layout import Layout, arrange, check_measures
from inpaintbench.figures.lettering import Lettering
from inpaintbench.figures.plate import Panel, Plate, Style, Zoom

STYLE = Style()


def plate(columns: int, size: int, rows: int = 2, caption: str = "27.30", zoom: Zoom | None = None) -> Plate:
    panel = Panel(np.zeros((size, size, 3), np.uint8), caption)
    return Plate(["center_square[side=20]"] * columns, [[panel] * columns] * rows, zoom)


def arranged(what: Plate, style: Style = STYLE) -> Layout:
    return arrange(what, style, Lettering(style.font, style.font_size))


def test_a_case_worked_by_hand() -> None:
    # 2 columns in 1 inch at 100 dots: 1 − 2/72 inches for both, 48.6 dots each, so 4 dots for each of 16 pixels; then
    # 128 dots take 0.972 inches, 2 points are 3.66 dots, and 4 of them make 132 dots an inch.
    layout = arranged(plate(2, 16, rows=1, caption=""), Style(width=1.0, dpi=100))
    assert (layout.factor, layout.panel_width, layout.panel_height) == (4, 64, 64)
    assert layout.lefts == (0, 68)
    assert (layout.width, layout.dpi) == (132, 132)
    assert layout.height == layout.tops[0] + 64


@pytest.mark.parametrize("columns", [1, 2, 5, 8, 13])
@pytest.mark.parametrize("size", [16, 64, 100, 512])
@pytest.mark.parametrize("width", [3.25, 6.9])
def test_it_has_the_width_and_at_least_the_resolution_asked_for(columns: int, size: int, width: float) -> None:
    layout = arranged(plate(columns, size, rows=1), Style(width=width))
    assert layout.width / layout.dpi == pytest.approx(width)
    assert layout.dpi >= 299
    assert layout.panel_width == layout.factor * size
    assert (
        layout.factor == 1 or arranged(plate(columns, size, rows=1), Style(width=width, dpi=150)).factor < layout.factor
    )


@pytest.mark.parametrize("zoom", [None, Zoom(2, 3, 5, 4)])
def test_nothing_overlaps(zoom: Zoom | None) -> None:
    layout = arranged(plate(3, 16, rows=3, zoom=zoom))
    lefts, tops = layout.lefts, layout.tops
    gap = lefts[1] - layout.panel_width
    assert lefts[2] == 2 * (layout.panel_width + gap)
    assert 0 < gap < 12
    line = layout.dots(STYLE.font_size)
    assert tops[0] > line  # the heads
    bottoms = [top + layout.panel_height for top in tops]
    if zoom:
        assert layout.inset_height == round(layout.panel_width * 4 / 5)
        assert all(inset > bottom for inset, bottom in zip(layout.inset_tops, bottoms, strict=True))
        bottoms = [top + layout.inset_height for top in layout.inset_tops]
    else:
        assert layout.inset_tops == ()
    for bottom, following in zip(bottoms, [*tops[1:], layout.height], strict=True):
        (caption,) = {one.y for one in layout.lines if bottom < one.y < following}
        assert caption - bottom > 0.6 * line
        assert following - caption > 0.2 * line


def test_words_stand_in_the_middle_of_their_column_and_heads_end_above_the_pictures() -> None:
    layout = arranged(plate(7, 64))
    heads = [one for one in layout.lines if one.y < layout.tops[0]]
    assert [one.text for one in heads[:2]] == ["center_square", "[side=20]"]
    assert {one.x for one in layout.lines} == {left + layout.panel_width / 2 for left in layout.lefts}
    assert all(0 < one.y < layout.height for one in layout.lines)


def test_the_shorter_head_stands_as_low_as_the_longer_one() -> None:
    what = dataclasses.replace(plate(7, 64), heads=["tv", *["center_square[side=20]"] * 6])
    layout = arranged(what)
    (short,) = (one for one in layout.lines if one.text == "tv")
    assert short.y == max(one.y for one in layout.lines if one.y < layout.tops[0])


def test_without_words_rows_are_as_close_as_columns() -> None:
    what = dataclasses.replace(plate(3, 16, caption=""), heads=["", "", ""])
    layout = arranged(what)
    assert layout.lines == ()
    assert layout.tops == (0, layout.lefts[1])
    assert layout.height == layout.tops[1] + layout.panel_height


@pytest.mark.parametrize(("columns", "width"), [(40, 1.0), (20, 0.5)])
def test_too_many_columns_are_refused(columns: int, width: float) -> None:
    with pytest.raises(UsageError, match=rf"{columns} columns do not fit in {width:g} inches\. Choose fewer columns"):
        check_measures(1, columns, 64, Style(width=width))


@pytest.mark.parametrize(
    ("rows", "columns", "size", "message"),
    [
        (8, 8, 4096, r"would have 3\d+ × 32768 dots; at most 100 million"),
        (700, 1, 100, r"would have 2100 × 1470000 dots"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_there_are_pictures(
    rows: int, columns: int, size: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        check_measures(rows, columns, size, STYLE)


def test_words_count_for_what_cannot_be_drawn() -> None:
    what = plate(1, 1, rows=23)
    check_measures(23, 1, 1, Style(width=6.9))
    with pytest.raises(UsageError, match=r"The figure would have 2070 × \d+ dots"):
        arranged(what, Style(width=6.9, font_size=72.0))
