from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from scipy import ndimage

from inpaintbench_masks.canvas import Canvas
from inpaintbench_masks.capsules import _root

Point = tuple[int, int]


def squared_distance(x: Fraction, y: Fraction, a: Point, b: Point) -> Fraction:
    """Of a point from the segment between the centres of two reference pixels, in fractions."""
    half = Fraction(1, 2)
    (ax, ay), (bx, by) = (a[0] + half, a[1] + half), (b[0] + half, b[1] + half)
    vx, vy = bx - ax, by - ay
    length = vx**2 + vy**2
    along = min(max(((x - ax) * vx + (y - ay) * vy) / length, Fraction(0)), Fraction(1)) if length else Fraction(0)
    return (x - ax - along * vx) ** 2 + (y - ay - along * vy) ** 2


points = st.tuples(st.integers(-4, 24), st.integers(-4, 24))


@given(
    height=st.integers(1, 11),
    width=st.integers(1, 11),
    reference=st.integers(1, 20),
    vertices=st.lists(points, min_size=1, max_size=4),
    brush=st.integers(1, 12),
)
@settings(max_examples=150)
def test_a_stroke_is_what_fractions_say_of_every_pixel(
    height: int, width: int, reference: int, vertices: list[Point], brush: int
) -> None:
    canvas = Canvas(height, width, reference)
    canvas.stroke(vertices, brush)
    hole = canvas.hole()

    pixel = Fraction(reference, min(height, width))
    segments = list(zip(vertices, vertices[1:] or vertices, strict=False))
    for row in range(height):
        for column in range(width):
            x, y = (column + Fraction(1, 2)) * pixel, (row + Fraction(1, 2)) * pixel
            nearest = min(squared_distance(x, y, a, b) for a, b in segments)
            assert hole[row, column] == (nearest <= Fraction(brush, 2) ** 2)


@given(
    height=st.integers(1, 11),
    width=st.integers(1, 11),
    reference=st.integers(1, 20),
    corner=points,
    sides=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
@settings(max_examples=150)
def test_a_rectangle_is_what_fractions_say_of_every_pixel(
    height: int, width: int, reference: int, corner: Point, sides: Point
) -> None:
    canvas = Canvas(height, width, reference)
    canvas.rectangle(*corner, *sides)
    hole = canvas.hole()

    pixel = Fraction(reference, min(height, width))
    for row in range(height):
        for column in range(width):
            x, y = (column + Fraction(1, 2)) * pixel, (row + Fraction(1, 2)) * pixel
            inside = corner[0] <= x < corner[0] + sides[0] and corner[1] <= y < corner[1] + sides[1]
            assert hole[row, column] == inside


def test_shapes_of_a_few_pixels_drawn_by_hand() -> None:
    canvas = Canvas(5, 7, 5)
    canvas.stroke([(1, 1), (5, 1)], 2)
    canvas.rectangle(0, 4, 2, 9)

    expected = ["·#####·", "#######", "·#####·", "·······", "##·····"]
    assert ["".join("#" if missing else "·" for missing in row) for row in canvas.hole()] == expected


def test_at_the_reference_size_a_rectangle_is_a_slice() -> None:
    canvas = Canvas(20, 30, 20)
    canvas.rectangle(25, 3, 10, 4)

    expected = np.zeros((20, 30), dtype=np.bool_)
    expected[3:7, 25:30] = True
    assert np.array_equal(canvas.hole(), expected)


def test_the_longer_side_has_reference_pixels_in_proportion() -> None:
    sizes = [(canvas.height, canvas.width) for canvas in (Canvas(64, 96, 256), Canvas(96, 64, 256), Canvas(3, 4, 256))]

    assert sizes == [(256, 384), (384, 256), (256, 342)]  # 4/3 of 256 is 341⅓, the last pixel being cut


def test_an_empty_canvas_has_no_hole() -> None:
    assert not Canvas(8, 9, 256).hole().any()


def test_however_many_strokes_there_are_the_hole_is_their_union() -> None:
    generator = np.random.default_rng(1)
    canvas, union = Canvas(20, 30, 256), np.zeros((20, 30), dtype=np.bool_)
    for _ in range(300):  # of four capsules each, more than are drawn at once
        vertices = [(int(x), int(y)) for x, y in generator.integers(-300, 600, (5, 2))]
        canvas.stroke(vertices, 1)
        alone = Canvas(20, 30, 256)
        alone.stroke(vertices, 1)
        union |= alone.hole()

    assert 0.05 < union.mean() < 0.95
    assert np.array_equal(canvas.hole(), union)


def draw_with_pillow(vertices: list[Point], brush: int) -> np.ndarray:
    """Draw as the released code of DeepFill v2 and MAT does: a line, and a disc at each vertex."""
    picture = Image.new("L", (256, 256))
    drawing = ImageDraw.Draw(picture)
    drawing.line(vertices, fill=1, width=brush)
    for x, y in vertices:
        drawing.ellipse((x - brush // 2, y - brush // 2, x + brush // 2, y + brush // 2), fill=1)
    return np.asarray(picture) > 0


def test_at_the_reference_size_a_stroke_is_pillows_but_for_its_rim() -> None:
    generator = np.random.default_rng(0)
    ours, theirs = 0, 0
    for _ in range(100):
        vertices = [(int(x), int(y)) for x, y in generator.integers(0, 257, (5, 2))]
        brush = int(generator.integers(12, 48))
        canvas = Canvas(256, 256, 256)
        canvas.stroke(vertices, brush)
        hole, pillow = canvas.hole(), draw_with_pillow(vertices, brush)
        near = np.ones((3, 3))
        assert not (hole & ~ndimage.binary_dilation(pillow, near)).any()
        assert not (pillow & ~ndimage.binary_dilation(hole, near)).any()
        ours, theirs = ours + int(hole.sum()), theirs + int(pillow.sum())

    assert abs(ours / theirs - 1) < 0.005


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 25), (25, 16)])
@pytest.mark.parametrize("factor", [3, 5])
def test_pixels_with_a_common_centre_agree_at_every_size(height: int, width: int, factor: int) -> None:
    holes = []
    for scale in (1, factor):
        canvas = Canvas(height * scale, width * scale, 256)
        canvas.stroke([(30, 40), (200, 90), (120, 250)], 23)
        canvas.rectangle(150, 10, 77, 31)
        holes.append(canvas.hole())

    # Of each block of factor × factor pixels, the middle one has the centre of the pixel it stands for.
    assert np.array_equal(holes[0], holes[1][factor // 2 :: factor, factor // 2 :: factor])


@given(
    size=st.integers(2, 80),
    vertices=st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=4),
)
@settings(max_examples=200)
def test_a_visible_stroke_is_unbroken_at_every_size(size: int, vertices: list[Point]) -> None:
    canvas = Canvas(size, size, 256)
    canvas.stroke(vertices, 1, visible=True)
    hole = canvas.hole()

    assert ndimage.label(hole, np.ones((3, 3)))[1] <= 1
    for (ax, ay), (bx, by) in itertools.pairwise(vertices):
        steep = abs(by - ay) > abs(bx - ax)
        met = hole.any(axis=1 if steep else 0)  # rows of a steep segment, columns of a flat one
        least, greatest = sorted((ay, by) if steep else (ax, bx))
        centres = (2 * np.arange(size) + 1) * 256 / (2 * size)
        assert met[(centres >= least + 0.5) & (centres <= greatest + 0.5)].all()


def test_a_wide_stroke_is_as_wide_whether_it_must_be_visible_or_not() -> None:
    plain, visible = Canvas(64, 64, 256), Canvas(64, 64, 256)
    plain.stroke([(3, 5), (240, 180)], 4)
    visible.stroke([(3, 5), (240, 180)], 4, visible=True)

    assert np.array_equal(plain.hole(), visible.hole())


def test_roots_of_large_numbers_are_exact() -> None:
    bases = np.array([1, 2, 3, 2**20 + 1, 94906265, 94906267, 2**28 - 1], dtype=np.int64)  # √(2**53) lies between two

    assert np.array_equal(_root(bases**2), bases)
    assert np.array_equal(_root(bases**2 - 1), bases - 1)
    assert np.array_equal(_root(bases**2 + 1), bases)
    assert _root(np.array([-5])).tolist() == [0]
