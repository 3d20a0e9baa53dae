import hashlib
from typing import Any

import numpy as np
import pytest
from jaxtyping import Bool

from inpaintbench.seeding import RandomStream
from inpaintbench_masks.field import SPACING, draw_field
from inpaintbench_masks.pattern import Pattern


def draw(size: int = 64, seed: int = 0, **parameters: Any) -> Bool[np.ndarray, "h w"]:
    return Pattern(**parameters).draw(size, size, RandomStream(seed))


@pytest.mark.parametrize("seed", range(20))
def test_a_quarter_of_every_picture_is_missing_to_the_pixel(seed: int) -> None:
    assert draw(seed=seed).sum() == 1024


@pytest.mark.parametrize(
    ("size", "fraction", "missing"), [(64, 0.1, 410), (3, 0.5, 5), (10, 0.25, 25), (8, 0.0, 0), (8, 1.0, 64)]
)
def test_the_area_is_rounded_to_pixels_halves_upwards(size: int, fraction: float, missing: int) -> None:
    assert draw(size, fraction=fraction).sum() == missing


def test_what_is_missing_is_lower_than_what_is_known() -> None:
    field, hole = draw_field(64, 64, SPACING, RandomStream(4)), draw(seed=4)

    assert field[hole].max() <= field[~hole].min()


def test_of_equal_numbers_those_above_and_on_the_left_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inpaintbench_masks.pattern.draw_field", lambda *_: np.array([[2, 1, 1], [1, 0, 1], [1, 2, 2]]))

    assert Pattern(fraction=4 / 9).draw(3, 3, RandomStream(0)).tolist() == [
        [False, True, True],
        [True, True, False],
        [False, False, False],
    ]


def test_a_smaller_fraction_leaves_a_part_of_the_hole() -> None:
    assert not (draw(fraction=0.1) & ~draw(fraction=0.25)).any()


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_gives_nearly_the_same_pattern_at_every_size(seed: int) -> None:
    small, large = draw(64, seed), draw(192, seed)

    # The numbers are the same at the same places; only the limit between the lowest quarter and the rest moves.
    assert (large[1::3, 1::3] != small).mean() < 0.005


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "885e219d20f85391"),
        (1, 256, {}, "bbd3337d9d4304eb"),
        (2**63 - 1, 64, {"fraction": 0.6, "spacing": 0.25}, "6a9028c52a7f9715"),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: dict[str, Any], digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest
