import hashlib
from typing import Any

import numpy as np
import pytest
from jaxtyping import Bool

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.letters import ALPHABET, glyphs
from inpaintbench_masks.text import CELL, LINE, Text


def draw(size: int = 64, seed: int = 0, **parameters: Any) -> Bool[np.ndarray, "h w"]:
    return Text(**parameters).draw(size, size, RandomStream(seed))


def read_line(line: Bool[np.ndarray, "7 w"]) -> str:
    """Read a line of letters whose dots are pixels, without those that the borders cut off."""
    known = {letter.tobytes(): name for name, letter in zip(ALPHABET, glyphs(), strict=True)}
    known[np.zeros((7, 5), dtype=np.bool_).tobytes()] = " "
    readings = []
    for start in range(CELL):
        cells = [line[:, left : left + CELL] for left in range(start, line.shape[1] - CELL + 1, CELL)]
        if all(cell[:, :5].tobytes() in known and not cell[:, 5].any() for cell in cells):
            readings.append("".join(known[cell[:, :5].tobytes()] for cell in cells))
    assert len(readings) == 1
    return readings[0]


def read(hole: Bool[np.ndarray, "h w"]) -> list[str]:
    """Read all lines that the borders do not cut off; the lowest of three empty rows ends a line."""
    empty = [row for row in range(LINE) if not any(hole[row + k :: LINE].any() for k in range(3))]
    assert len(empty) == 1
    tops = range((empty[0] + 3) % LINE, len(hole) - 6, LINE)
    return [read_line(hole[top : top + 7]) for top in tops]


def test_what_is_missing_can_be_read() -> None:
    lines = [line for seed in range(30) for line in read(Text().draw(64, 64, RandomStream(seed)))]

    assert len(lines) >= 30 * 5
    letters = "".join(lines).replace(" ", "")
    assert set(letters) == set(ALPHABET)
    counts = np.array([letters.count(name) for name in ALPHABET])
    expected = len(letters) / 36
    assert ((counts - expected) ** 2 / expected).sum() < 66.6  # 99.9 % of chi-square with 35 degrees of freedom


def test_words_have_two_to_nine_letters() -> None:
    lines = [line for seed in range(10) for line in read(Text(height=7).draw(64, 600, RandomStream(seed)))]

    words = {len(word) for line in lines for word in line.split(" ")[1:-1]}
    assert words == set(range(2, 10))


@pytest.mark.parametrize(("size", "draws"), [(64, 1000), (256, 100)])
def test_about_a_fifth_is_missing(size: int, draws: int) -> None:
    shares = [draw(size, seed).mean() for seed in range(draws)]

    assert abs(np.mean(shares) - 0.220) < 0.004  # a picture's share has a standard deviation of 0.009
    assert 0.15 < min(shares) < max(shares) < 0.3


@pytest.mark.parametrize("parameters", [{}, {"height": 0.2}])
@pytest.mark.parametrize("seed", range(3))
def test_a_stream_gives_the_same_text_at_every_size(seed: int, parameters: dict[str, Any]) -> None:
    small, large = draw(64, seed, **parameters), draw(192, seed, **parameters)

    # Of three pixels the middle one has its centre where the small picture's pixel has it.
    assert np.array_equal(large[1::3, 1::3], small)


def test_a_height_in_pixels_is_that_height_at_every_size() -> None:
    assert np.array_equal(draw(64, 3, height=7), draw(64, 3))
    assert np.array_equal(draw(64, 3, height=14), draw(64, 3, height=0.21875))
    assert len(read(draw(128, 3, height=7))) in (12, 13)  # of 13 lines to begin, the last may be cut off


@pytest.mark.parametrize("height", [1e-9, 0.0001, 0.03])
def test_letters_that_would_be_specks_are_refused(height: float) -> None:
    with pytest.raises(ParameterError, match=r"64×64 pixels: expected letters of at least 2 pixels"):
        Text(height=height).draw(64, 64, RandomStream(0))


def test_an_oblong_picture_is_full_of_text() -> None:
    hole = Text(height=7).draw(40, 300, RandomStream(0))

    assert hole.shape == (40, 300)
    assert all(hole[:, left : left + 30].any() for left in range(0, 300, 30))


def test_the_stream_alone_decides() -> None:
    assert np.array_equal(draw(seed=7), draw(seed=7))
    assert not np.array_equal(draw(seed=7), draw(seed=8))


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "f88282df93955e37"),
        (1, 256, {}, "666c8ea4173eb67d"),
        (2**63 - 1, 100, {"height": 0.3}, "85755ef32fa84b6d"),
        (2, 100, {"height": 9}, "7f6998e9e0fc080b"),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: dict[str, Any], digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest
