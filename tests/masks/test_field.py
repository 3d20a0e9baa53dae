import numpy as np
import pytest
from jaxtyping import Float, Int64
from PIL import Image

from inpaintbench.seeding import RandomStream
from inpaintbench_masks.field import ONE_BITS, SPACING, draw_field, interpolate


def as_numbers(field: Int64[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    return field / 2.0**ONE_BITS


def random_grid(rows: int, columns: int) -> Int64[np.ndarray, "rows columns"]:
    return np.random.default_rng(0).integers(0, 2**24, (rows, columns))


def torch_scale(grid: Float[np.ndarray, "rows columns"], size: int) -> Float[np.ndarray, "size size"]:
    """Enlarge as `image.scale` of torch/image does, in floating point: the ends on the ends, borders continued."""

    def along_columns(values: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n size"]:
        line = np.concatenate([2 * values[:, :1] - values[:, 1:2], values, 2 * values[:, -1:] - values[:, -2:-1]], 1)
        place = np.arange(size) * ((values.shape[1] - 1) / (size - 1))
        before = np.minimum(place.astype(int), values.shape[1] - 2)
        x = place - before
        a, b, c, d = (line[:, before + k] for k in range(4))
        return b + x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a))) / 2

    return along_columns(along_columns(grid).T).T


def test_pillows_bicubic_resize_agrees() -> None:
    grid, size, step, start = random_grid(11, 11), 96, 0.0625, (1.25, 0.375)
    centres = (np.arange(size) + 0.5) * step
    rows, columns = (np.floor((centres + offset) * 2**16).astype(np.int64) for offset in start)

    # The place 0 is that of the second value, whose centre Pillow has at 1.5.
    box = (start[1] + 1.5, start[0] + 1.5, start[1] + 1.5 + size * step, start[0] + 1.5 + size * step)
    picture = Image.fromarray((grid / 2.0**24).astype(np.float32))
    theirs = np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC, box=box))

    # Our weights are rounded to 2**-15, Pillow's numbers to single precision.
    assert np.abs(as_numbers(interpolate(grid, rows, columns)) - theirs).max() < 2e-4


def test_the_formula_of_torch_agrees() -> None:
    grid, size = random_grid(9, 9), 8 * 10 + 1
    places = np.arange(1 * 10, 7 * 10) * 2**16 // 10 - 2**16  # where no border is needed, counted from the second value

    ours = as_numbers(interpolate(grid, places, places))

    assert np.abs(ours - torch_scale(grid / 2.0**24, size)[10:70, 10:70]).max() < 2e-4


def test_values_are_met_at_their_places_and_the_middle_is_worked_by_hand() -> None:
    grid = np.zeros((4, 4), dtype=np.int64)
    grid[1] = 2**20
    places = np.array([0, 2**15])  # the second value, and the middle between it and the third

    # In the middle the four weights are −1/16, 9/16, 9/16 and −1/16.
    assert interpolate(grid, places, places).tolist() == [[2**50] * 2, [9 * 2**46] * 2]


def test_a_constant_grid_gives_a_constant_field_exactly() -> None:
    places = np.arange(0, 2 * 2**16, 977)

    assert (interpolate(np.full((6, 6), 12_345_678), places, places) == 12_345_678 << 30).all()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (40, 100), (100, 40)])
def test_a_stream_gives_the_same_field_at_every_size(height: int, width: int) -> None:
    small = draw_field(height, width, SPACING, RandomStream(5))
    large = draw_field(3 * height, 3 * width, SPACING, RandomStream(5))

    # Of three pixels the middle one has its centre where the small picture's pixel has it.
    assert np.array_equal(large[1::3, 1::3], small)


@pytest.mark.parametrize("spacing", [0.01, SPACING, 1.0])
def test_the_smallest_and_the_largest_spacing_can_be_drawn(spacing: float) -> None:
    field = draw_field(64, 37, spacing, RandomStream(1))

    assert field.shape == (64, 37)
    assert -0.4 < as_numbers(field).min() < as_numbers(field).max() < 1.4


def test_about_a_sixth_lies_below_a_quarter_as_in_the_field_of_the_released_code() -> None:
    generator = np.random.default_rng(1)
    theirs = np.mean([(torch_scale(generator.random((61, 61)), 1001) < 0.25).mean() for _ in range(8)])
    ours = np.mean([(draw_field(64, 64, SPACING, RandomStream(seed)) < 2**52).mean() for seed in range(1000)])

    # Over 8 × 3,600 and 1,000 × 59 values; a picture's share has a standard deviation of 0.042.
    assert abs(ours - 0.167) < 0.006
    assert abs(ours - theirs) < 0.01
