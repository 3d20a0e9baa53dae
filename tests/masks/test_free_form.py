from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inpaintbench.errors import ParameterError
from inpaintbench.parameters import Value
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.canvas import Canvas
from inpaintbench_masks.free_form import FreeForm
from inpaintbench_masks.zigzag import draw_zigzag


def draw(size: int = 64, seed: int = 0, **parameters: Value) -> np.ndarray:
    return FreeForm(**parameters).draw(size, size, RandomStream(seed))  # type: ignore[arg-type]


def released_coverage(draws: int) -> np.ndarray:
    """Missing shares of an independent implementation: Pillow at 256 pixels, floating point, numpy's normal numbers."""
    generator = np.random.default_rng(0)
    shares = []
    for _ in range(draws):
        picture = Image.new("L", (256, 256))
        for _ in range(generator.integers(1, 4)):
            low, high = 0.4 * math.pi - generator.uniform(0, 2 * math.pi / 15, 2) * [1, -1]
            x, y = generator.integers(0, 256, 2)
            line = [(int(x), int(y))]
            for step in range(generator.integers(4, 12)):
                angle = generator.uniform(low, high) * (-1 if step % 2 == 0 else 1)
                mean = math.hypot(256, 256) / 8
                length = np.clip(generator.normal(mean, mean // 2), 0, 2 * mean)
                x = np.clip(line[-1][0] + length * math.cos(angle), 0, 256)
                y = np.clip(line[-1][1] + length * math.sin(angle), 0, 256)
                line.append((int(x), int(y)))
            width = int(generator.uniform(12, 40))
            drawing = ImageDraw.Draw(picture)
            drawing.line(line, fill=1, width=width)
            for x, y in line:
                drawing.ellipse((x - width // 2, y - width // 2, x + width // 2, y + width // 2), fill=1)
        shares.append(np.asarray(picture).mean())
    return np.array(shares)


# Measured with the released code at 256 pixels. The standard error of 1,000 draws of ours is below 0.003.
PUBLISHED = [({}, 0.154), ({"box": True}, 0.312)]


@pytest.mark.parametrize(("parameters", "coverage"), PUBLISHED)
def test_as_much_is_missing_as_with_the_released_code(parameters: dict[str, Value], coverage: float) -> None:
    shares = [draw(seed=seed, **parameters).mean() for seed in range(500)]

    assert np.mean(shares) == pytest.approx(coverage, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("parameters", "coverage"), PUBLISHED)
def test_as_much_is_missing_at_the_reference_size(parameters: dict[str, Value], coverage: float) -> None:
    shares = [draw(size=256, seed=seed, **parameters).mean() for seed in range(1000)]

    assert np.mean(shares) == pytest.approx(coverage, abs=0.01)


def test_as_much_is_missing_as_by_an_independent_implementation() -> None:
    theirs = released_coverage(300)
    ours = np.array([draw(seed=seed).mean() for seed in range(300)])

    error = math.sqrt((theirs.var() + ours.var()) / 300)
    assert abs(theirs.mean() - ours.mean()) < 4 * error
    assert theirs.std() == pytest.approx(ours.std(), rel=0.15)


def test_a_zigzag_runs_to_the_right_up_and_down_by_turns() -> None:
    canvas = Canvas(256, 256, 256)
    for seed in range(50):
        line = draw_zigzag(canvas, (4, 11), RandomStream(seed))
        steps = np.diff(np.array(line), axis=0)
        assert 4 <= len(steps) <= 11
        # At most 2π/5 + 2π/15, six degrees beyond the vertical, and at most 90.5 pixels long; rounded down.
        assert (steps[:, 0] >= math.floor(90.51 * math.cos(math.radians(96)))).all()
        assert (steps[::2, 1] <= 0).all()
        assert (steps[1::2, 1] >= 0).all()


def test_steps_are_as_long_as_published() -> None:
    canvas = Canvas(256, 256, 256)
    lines = (draw_zigzag(canvas, (1, 1), RandomStream(seed)) for seed in range(2000))
    # From here every first step, upwards, ends inside the picture: none of these lengths is clipped by a border.
    lengths = [math.dist(a, b) for a, b in lines if 20 < a[0] < 160 and a[1] > 95]

    # N(45.25, 22) clipped to [0, 90.5]; rounding down makes x less by half a pixel, and the way upwards more.
    assert len(lengths) > 500
    assert np.mean(lengths) == pytest.approx(45.25, abs=4 * 21 / math.sqrt(len(lengths)))
    assert np.std(lengths) == pytest.approx(21, abs=1.5)
    assert max(lengths) <= 90.51 + math.sqrt(2)


@pytest.mark.parametrize(("height", "width"), [(48, 48), (48, 80), (80, 48)])
def test_one_seed_gives_one_shape_at_every_size(height: int, width: int) -> None:
    for seed in range(5):
        small = FreeForm(box=True).draw(height, width, RandomStream(seed))
        large = FreeForm(box=True).draw(3 * height, 3 * width, RandomStream(seed))
        assert small.shape == (height, width)
        # Of each 3×3 pixels, the middle one has the centre of the pixel it stands for.
        assert np.array_equal(small, large[1::3, 1::3])


def test_an_oblong_picture_is_reached_everywhere() -> None:
    missing = sum(FreeForm().draw(32, 96, RandomStream(seed)) for seed in range(300))

    assert (missing > 0).any(axis=0).all()
    assert (missing > 0).any(axis=1).all()


def test_the_box_is_added_to_the_strokes() -> None:
    for seed in range(100):
        strokes, both = draw(size=256, seed=seed), draw(size=256, seed=seed, box=True)
        rows, columns = np.nonzero(both & ~strokes)
        top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        assert not (strokes & ~both).any()
        assert both[top:bottom, left:right].all()
        assert bottom - top <= 128
        assert right - left <= 128


def test_the_box_has_even_sides_from_96_to_128() -> None:
    thin: dict[str, Value] = {"max_strokes": 1, "max_vertices": 4, "min_width": 1, "max_width": 1}
    sides = set()
    for seed in range(60):
        rows, columns = np.nonzero(draw(256, seed, box=True, **thin) & ~draw(256, seed, **thin))
        sides |= {int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1}

    assert sides <= set(range(96, 129, 2))
    assert len(sides) == 17


def test_the_parameters_bound_number_length_and_width() -> None:
    def coverage(**parameters: Value) -> float:
        return float(np.mean([draw(seed=seed, **parameters).mean() for seed in range(100)]))

    default = coverage()
    assert coverage(max_strokes=1) < 0.75 * default
    assert coverage(max_vertices=4) < 0.85 * default
    assert coverage(min_width=12, max_width=12) < 0.7 * default
    assert coverage(min_width=39, max_width=39) > 1.2 * default


def test_the_stream_alone_decides() -> None:
    assert np.array_equal(draw(seed=7), draw(seed=7))
    assert not np.array_equal(draw(seed=7), draw(seed=8))


def test_widths_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"free_form\[min_width=40,max_width=39\] is not possible: expected"):
        draw(min_width=40)


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "1471a5ff0d246730"),
        (0, 256, {}, "5bb4bf35753c09a9"),
        (2**63 - 1, 64, {"box": True}, "ee82e4c08c2179e7"),
        (1, 256, {"box": True}, "592d436d9284612d"),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: dict[str, Value], digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest
