from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inpaintbench.errors import ParameterError
from inpaintbench.parameters import Value
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.brush import RECIPES, Brush


def draw(size: int = 64, seed: int = 0, **parameters: Value) -> np.ndarray:
    return Brush(**parameters).draw(size, size, RandomStream(seed))  # type: ignore[arg-type]


def taken_shares(holes: list[np.ndarray]) -> np.ndarray:
    """Missing shares of the holes that a run takes: neither empty nor full."""
    shares = np.array([hole.mean() for hole in holes])
    return shares[(shares > 0) & (shares < 1)]


def released(recipe: str, generator: np.random.Generator) -> np.ndarray:
    """An independent implementation: Pillow and slices, floating point, numpy's normal numbers."""
    numbers = RECIPES[recipe]
    size = numbers.reference
    picture = Image.new("L", (size, size))
    for _ in range(generator.integers(numbers.strokes)):
        low, high = 0.4 * math.pi - generator.uniform(0, 2 * math.pi / 15, 2) * [1, -1]
        x, y = generator.integers(0, size, 2)
        line = [(int(x), int(y))]
        for step in range(generator.integers(4, 18)):
            angle = generator.uniform(low, high) * (-1 if step % 2 == 0 else 1)
            mean = math.hypot(size, size) / 8
            length = np.clip(generator.normal(mean, mean // 2), 0, 2 * mean)
            x = np.clip(line[-1][0] + length * math.cos(angle), 0, size)
            y = np.clip(line[-1][1] + length * math.sin(angle), 0, size)
            line.append((int(x), int(y)))
        width = int(generator.uniform(12, 48))
        drawing = ImageDraw.Draw(picture)
        drawing.line(line, fill=1, width=width)
        for x, y in line:
            drawing.ellipse((x - width // 2, y - width // 2, x + width // 2, y + width // 2), fill=1)
    hole = np.asarray(picture) > 0
    if generator.random() < 0.5:
        hole = hole[::-1]
    if generator.random() < 0.5:
        hole = hole[:, ::-1]
    hole = hole.copy()
    for boxes, sides in ((numbers.small, size // 2), (numbers.large, size)):
        for _ in range(generator.integers(boxes)):
            w, h = generator.integers(sides, size=2)
            left = generator.integers(-(w // 2), size - w + w // 2)
            top = generator.integers(-(h // 2), size - h + h // 2)
            hole[max(top, 0) : max(top + h, 0), max(left, 0) : max(left + w, 0)] = True
    return hole


# Measured with `released` at the recipes' own sizes, 500 to 3,000 draws each, with a standard error of up to 0.008.
PUBLISHED = [("mat", 0.403), ("mat_small", 0.226), ("mat_512", 0.407), ("mat_512_small", 0.225), ("comodgan", 0.650)]


@pytest.mark.parametrize(("recipe", "coverage"), PUBLISHED)
def test_as_much_is_missing_as_with_the_released_code(recipe: str, coverage: float) -> None:
    shares = taken_shares([draw(seed=seed, recipe=recipe) for seed in range(200)])

    assert abs(shares.mean() - coverage) < 3 * shares.std() / math.sqrt(len(shares))


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "coverage"), PUBLISHED)
def test_as_much_is_missing_at_the_reference_size(recipe: str, coverage: float) -> None:
    size = RECIPES[recipe].reference
    shares = taken_shares([draw(size=size, seed=seed, recipe=recipe) for seed in range(1000)])

    assert shares.mean() == pytest.approx(coverage, abs=0.01)


@pytest.mark.parametrize("recipe", ["mat", "mat_small"])
def test_as_much_is_missing_as_by_an_independent_implementation(recipe: str) -> None:
    generator = np.random.default_rng(0)
    theirs = taken_shares([released(recipe, generator) for _ in range(250)])
    ours = taken_shares([draw(seed=seed, recipe=recipe) for seed in range(250)])

    assert len(theirs) == pytest.approx(len(ours), abs=4 * math.sqrt(2 * 0.08 * 250))  # as many empty ones
    error = math.sqrt(theirs.var() / len(theirs) + ours.var() / len(ours))
    assert abs(theirs.mean() - ours.mean()) < 4 * error
    assert theirs.std() == pytest.approx(ours.std(), rel=0.15)


def test_flips_make_every_side_of_the_picture_alike() -> None:
    holes = np.array([draw(size=32, seed=seed) for seed in range(400)])
    left, right = holes[:, :, :16].mean(axis=(1, 2)), holes[:, :, 16:].mean(axis=(1, 2))
    above, below = holes[:, :16].mean(axis=(1, 2)), holes[:, 16:].mean(axis=(1, 2))

    for difference in (left - right, above - below):
        assert abs(difference.mean()) < 4 * difference.std() / math.sqrt(400)


def test_only_holes_between_the_ratios_are_taken() -> None:
    shares = [draw(seed=seed, min_ratio=0.4, max_ratio=0.6).mean() for seed in range(50)]

    assert 0.4 < min(shares) < 0.44
    assert 0.56 < max(shares) < 0.6


def test_ratios_whose_sum_is_below_one_draw_fewer_boxes_and_strokes() -> None:
    # Less than int(8·0.45) = 3 strokes in place of less than 8, and no large box in place of at most one.
    shares = np.array([draw(size=32, seed=seed, min_ratio=0.05, max_ratio=0.4).mean() for seed in range(150)])
    unscaled = np.array([draw(size=32, seed=seed).mean() for seed in range(400)])
    between = unscaled[(unscaled > 0.05) & (unscaled < 0.4)]

    assert shares.max() < 0.4
    assert shares.mean() < between.mean() - 0.02


def test_ratios_that_no_hole_meets_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"max_ratio=0\.501\]: of 1000 holes of 8×8 pixels none .* farther apart"):
        draw(size=8, min_ratio=0.5, max_ratio=0.501)


@pytest.mark.parametrize("most", [0.2, 0.5])
def test_a_least_ratio_that_is_not_below_the_greatest_is_refused(most: float) -> None:
    with pytest.raises(
        ParameterError, match=rf"min_ratio=0\.5,max_ratio={most}\] is not possible: expected a min_ratio"
    ):
        draw(size=8, min_ratio=0.5, max_ratio=most)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("height", "width"), [(48, 48), (48, 80), (80, 48)])
def test_one_seed_gives_one_shape_at_every_size(recipe: str, height: int, width: int) -> None:
    for seed in range(3):
        small = Brush(recipe=recipe).draw(height, width, RandomStream(seed))  # type: ignore[arg-type]
        large = Brush(recipe=recipe).draw(3 * height, 3 * width, RandomStream(seed))  # type: ignore[arg-type]
        assert small.shape == (height, width)
        # Of each 3×3 pixels, the middle one has the centre of the pixel it stands for.
        assert np.array_equal(small, large[1::3, 1::3])


def test_the_stream_alone_decides() -> None:
    assert np.array_equal(draw(seed=7), draw(seed=7))
    assert not np.array_equal(draw(seed=7), draw(seed=8))


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "d22e9df9e685a33b"),
        (0, 256, {}, "ceb1e0d5aaff4b75"),
        (1, 64, {"recipe": "mat_small"}, "fdb2c3091d776247"),
        (2**63 - 1, 64, {"recipe": "mat_512"}, "7e1fbd0ebdaa0690"),
        (3, 64, {"recipe": "mat_512_small"}, "312cfebafb84892c"),
        (2, 256, {"recipe": "comodgan"}, "be1d51f232c7e8f9"),
        (5, 64, {"min_ratio": 0.2, "max_ratio": 0.4}, "ee4955840b53d870"),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: dict[str, Value], digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest
