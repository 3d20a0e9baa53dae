"""Holes: their seeds recomputed by other means, when one is drawn again, and their shapes against a flood fill."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest

from inpaintbench.errors import InvalidOutputError, ParameterError
from inpaintbench.holes import ATTEMPTS, About, draw_hole, hash_of, shape_of
from inpaintbench.seeding import RandomStream

ABOUT = About(seed=3, dataset="image_folder", item="Ü/1.png", mask="dots[share=0.5]@abc")


def seed_of(*parts: str | int) -> int:
    """Return the seed of these parts: the first 63 bits of SHA-256 over each part behind its length."""
    content = b"".join(len(text := str(part).encode()).to_bytes(8, "big") + text for part in parts)
    return int(hashlib.sha256(content).hexdigest()[:16], 16) // 2


def dots(seed: int, height: int, width: int, share: float) -> Any:
    """Return a hole of single pixels, drawn by numpy alone."""
    words = np.random.PCG64(seed).random_raw(height * width)
    return np.array([int(word) // 2048 / 2**53 < share for word in words]).reshape(height, width)


def drawing(share: float) -> Callable[[int, int, RandomStream], object]:
    return lambda height, width, stream: stream.fractions(height * width).reshape(height, width) < share


def flood(hole: Any) -> list[int]:
    """Return the size of each connected part, found pixel by pixel."""
    left = {(int(row), int(column)) for row, column in zip(*np.nonzero(hole), strict=True)}
    sizes = []
    while left:
        pending, size = [left.pop()], 0
        while pending:
            row, column = pending.pop()
            size += 1
            for neighbour in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if neighbour in left:
                    left.remove(neighbour)
                    pending.append(neighbour)
        sizes.append(size)
    return sizes


def on_border(hole: Any) -> float:
    """Return the missing share of the border, found pixel by pixel."""
    height, width = hole.shape
    border = [
        hole[row, column]
        for row in range(height)
        for column in range(width)
        if row in (0, height - 1) or column in (0, width - 1)
    ]
    return sum(map(int, border)) / len(border)


def test_a_hole_is_drawn_from_the_seed_of_what_it_is_for() -> None:
    seed = seed_of(3, "image_folder", "Ü/1.png", "dots[share=0.5]@abc")

    assert np.array_equal(draw_hole(drawing(0.5), 7, 9, ABOUT), dots(seed, 7, 9, 0.5))


@pytest.mark.parametrize(
    "other",
    [
        About(4, "image_folder", "Ü/1.png", "dots[share=0.5]@abc"),
        About(3, "photos", "Ü/1.png", "dots[share=0.5]@abc"),
        About(3, "image_folder", "Ü/2.png", "dots[share=0.5]@abc"),
        About(3, "image_folder", "Ü/1.png", "dots[share=0.5]"),
        About(3, "image_folderÜ", "/1.png", "dots[share=0.5]@abc"),
    ],
    ids=["seed", "data set", "item", "mask", "boundary"],
)
def test_everything_that_it_is_for_gives_another_hole(other: About) -> None:
    assert (draw_hole(drawing(0.5), 16, 16, other) != draw_hole(drawing(0.5), 16, 16, ABOUT)).any()
    assert other.method_seed != ABOUT.method_seed


def test_the_method_has_a_seed_of_its_own() -> None:
    assert ABOUT.method_seed == seed_of("method", 3, "image_folder", "Ü/1.png", "dots[share=0.5]@abc")


def test_a_hole_that_comes_out_empty_or_full_is_drawn_from_the_next_stream() -> None:
    expected = {}
    for item in map(str, range(40)):
        about = About(0, "drawn", item, "dots")
        attempts = [seed_of(0, "drawn", item, "dots")]
        attempts += [seed_of(0, "drawn", item, "dots", "again", number) for number in range(1, 100)]
        holes = [dots(seed, 1, 3, 0.15) for seed in attempts]
        first = next(number for number, hole in enumerate(holes) if 0 < hole.sum() < 3)
        expected[item] = first
        assert np.array_equal(draw_hole(drawing(0.15), 1, 3, about), holes[first])
    assert {0, 1, 2} < set(expected.values())  # some at once, some again, some again and again


@pytest.mark.parametrize(("share", "found"), [(0.0, "empty"), (1.0, "full")])
def test_a_mask_that_leaves_nothing_is_given_up(share: float, found: str) -> None:
    seeds: list[int] = []

    def draw(height: int, width: int, stream: RandomStream) -> object:
        seeds.append(int(stream.fractions(1)[0] * 2**53))
        return drawing(share)(height, width, stream)

    with pytest.raises(ParameterError, match=rf"dots.* empty or full 100 times out of 100 at 9×7 .*last time {found}"):
        draw_hole(draw, 7, 9, ABOUT)
    assert len(set(seeds)) == len(seeds) == ATTEMPTS


@pytest.mark.parametrize(
    ("drawn", "found"),
    [
        (None, "NoneType"),
        ([[True]], "list"),
        (np.ones((4, 5), np.uint8), r"uint8 \(4, 5\)"),
        (np.ones((5, 4), bool), r"bool \(5, 4\)"),
        (np.ones((4, 5, 1), bool), r"bool \(4, 5, 1\)"),
        (np.ones((4, 5), object), r"object \(4, 5\)"),
    ],
)
def test_what_is_no_hole_of_this_size_is_refused(drawn: object, found: str) -> None:
    with pytest.raises(InvalidOutputError, match=rf"The mask drew {found}; expected a numpy array of bool, \(4, 5\)"):
        draw_hole(lambda height, width, stream: drawn, 4, 5, ABOUT)


def test_a_generator_may_draw_into_the_same_place_again() -> None:
    place = np.zeros((4, 5), dtype=bool)

    def draw(height: int, width: int, stream: RandomStream) -> object:
        place[:] = False
        place[stream.integer(0, 3), stream.integer(0, 4)] = True
        return place

    holes = [draw_hole(draw, 4, 5, About(0, "drawn", str(item), "one")) for item in range(20)]
    assert {int(hole.sum()) for hole in holes} == {1}
    assert len({hole.tobytes() for hole in holes}) > 5


def test_another_process_in_another_order_draws_the_same() -> None:
    program = """
import json, sys
from inpaintbench.holes import About, draw_hole, hash_of
found = {}
for item in reversed(range(30)):
    draw = lambda height, width, stream: stream.fractions(height * width).reshape(height, width) < 0.3
    found[item] = hash_of(draw_hole(draw, 8, 8, About(1, "drawn", str(item), "dots")))
print(json.dumps(found))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    holes = {str(item): draw_hole(drawing(0.3), 8, 8, About(1, "drawn", str(item), "dots")) for item in range(30)}
    assert json.loads(said) == {item: hash_of(hole) for item, hole in holes.items()}


def test_the_hash_of_a_hole_is_over_its_size_and_bits() -> None:
    hole = np.array([[True, False, False, True, True], [False, True, False, False, True]])
    bits = bytes([0b10011010, 0b01000000])

    assert hash_of(hole) == hashlib.sha256("2×5:".encode() + bits).hexdigest()[:16]
    assert hash_of(hole.reshape(5, 2)) == hashlib.sha256("5×2:".encode() + bits).hexdigest()[:16]
    assert hash_of(np.asfortranarray(hole)) == hash_of(hole)


def test_the_hash_of_a_picture_is_over_its_size_and_bytes() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)

    assert hash_of(picture) == hashlib.sha256("2×4:".encode() + bytes(range(24))).hexdigest()[:16]
    assert hash_of(np.asfortranarray(picture)) == hash_of(picture)


@hypothesis.given(
    arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)),
)
def test_the_shape_is_that_of_a_flood_fill(hole: Any) -> None:
    shape = shape_of(hole)
    sizes = flood(hole)

    assert shape.components == len(sizes)
    assert shape.largest_hole == max(sizes, default=0)
    assert shape.hole_ratio == sum(sizes) / hole.size
    assert shape.border_contact == on_border(hole)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.6, 0.9])
def test_the_shape_of_a_large_hole_is_that_of_a_flood_fill(share: float) -> None:
    hole = dots(0, 64, 48, share)
    shape = shape_of(hole)
    sizes = flood(hole)

    assert (shape.components, shape.largest_hole) == (len(sizes), max(sizes))
    assert shape.border_contact == on_border(hole)


@pytest.mark.parametrize(
    ("rows", "ratio", "contact", "largest", "components"),
    [
        (["#....", ".....", "....."], 1 / 15, 1 / 12, 1, 1),
        ([".....", ".###.", "....."], 3 / 15, 0, 3, 1),
        (["#.#", ".#.", "#.#"], 5 / 9, 4 / 8, 1, 5),
        (["###", "#.#", "###"], 8 / 9, 1, 8, 1),
        (["##..", "##.#"], 5 / 8, 5 / 8, 4, 2),
        (["#.##."], 3 / 5, 3 / 5, 2, 2),
        (["#", ".", "#"], 2 / 3, 2 / 3, 1, 2),
        (["#"], 1, 1, 1, 1),
        (["."], 0, 0, 0, 0),
    ],
)
def test_shapes_by_hand(rows: list[str], ratio: float, contact: float, largest: int, components: int) -> None:
    shape = shape_of(np.array([[pixel == "#" for pixel in row] for row in rows]))

    assert (shape.hole_ratio, shape.border_contact) == (ratio, contact)
    assert (shape.largest_hole, shape.components) == (largest, components)
