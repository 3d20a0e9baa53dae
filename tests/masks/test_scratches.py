from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy import ndimage

from inpaintbench.errors import ParameterError
from inpaintbench.parameters import Value
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.scratches import Scratches


def draw(size: int = 64, seed: int = 0, **parameters: Value) -> np.ndarray:
    return Scratches(**parameters).draw(size, size, RandomStream(seed))  # type: ignore[arg-type]


def test_a_few_percent_of_the_picture_are_missing() -> None:
    """As docs/masks.md and docs/masks/one-by-one.md say; the standard errors here are 0.0008 and 0.0013."""
    at_64 = np.array([draw(seed=seed).mean() for seed in range(400)])
    at_256 = np.array([draw(size=256, seed=seed).mean() for seed in range(100)])

    assert at_64.mean() == pytest.approx(0.048, abs=0.002)
    assert at_256.mean() == pytest.approx(0.037, abs=0.004)
    assert at_64.min() > 0.01


@pytest.mark.parametrize("size", [16, 64, 100])
def test_one_scratch_that_ends_in_the_picture_is_unbroken(size: int) -> None:
    seen = 0
    for seed in range(200):
        hole = draw(size=size, seed=seed, min_count=1, max_count=1, min_width=1, max_width=1)
        if not (hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()):
            seen += 1
            assert ndimage.label(hole, np.ones((3, 3)))[1] == 1

    assert seen > 20


def test_a_scratch_is_long_and_thin() -> None:
    for seed in range(100):
        hole = draw(size=256, seed=seed, min_count=1, max_count=1)
        # Four pixels wide with the rim included: five rows where it lies level.
        assert not ndimage.binary_erosion(hole, np.ones((6, 6))).any()
        rows, columns = np.nonzero(hole)
        # At least the shorter half of a scratch of 96 pixels lies in the picture, unless a border cuts it.
        cut = hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()
        assert cut or np.hypot(np.ptp(rows), np.ptp(columns)) > 85


def test_scratches_are_slightly_curved() -> None:
    """Half a scratch of 288 pixels, bent by 2 degrees every 16, leaves the chord of the whole by 22 pixels at most."""
    depths = []
    for seed in range(100):
        points = np.argwhere(draw(size=256, seed=seed, min_count=1, max_count=1, min_width=1, max_width=1))
        centred = points - points.mean(axis=0)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        depths.append(float(np.ptp(centred @ axes[1])))

    assert max(depths) < 24
    assert np.median(depths) > 1.5


@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 100), (100, 64)])
def test_one_seed_gives_one_shape_where_scratches_are_wider_than_a_pixel(height: int, width: int) -> None:
    for seed in range(5):
        mask = Scratches(min_width=4, max_width=8)  # four of 256 pixels are one of 64
        small = mask.draw(height, width, RandomStream(seed))
        large = mask.draw(3 * height, 3 * width, RandomStream(seed))
        assert small.shape == (height, width)
        # Of each 3×3 pixels, the middle one has the centre of the pixel it stands for.
        assert np.array_equal(small, large[1::3, 1::3])


def test_the_parameters_bound_number_and_width() -> None:
    def coverage(**parameters: Value) -> float:
        return float(np.mean([draw(size=128, seed=seed, **parameters).mean() for seed in range(100)]))

    assert coverage(min_count=1, max_count=1) < 0.3 * coverage()
    assert coverage(min_width=8, max_width=8) > 2 * coverage()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_count": 9}, r"scratches\[min_count=9,max_count=8\] is not possible: expected a min_count of at most"),
        ({"max_width": 1}, r"scratches\[min_width=2,max_width=1\] is not possible: expected a min_width of at most"),
    ],
)
def test_bounds_in_the_wrong_order_are_refused(parameters: dict[str, Value], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        draw(**parameters)


def test_the_stream_alone_decides() -> None:
    assert np.array_equal(draw(seed=7), draw(seed=7))
    assert not np.array_equal(draw(seed=7), draw(seed=8))


@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "7560715c5f1dc1ed"),
        (0, 256, {}, "e9adb3d6e03c0449"),
        (2**63 - 1, 64, {"max_count": 20, "max_width": 9}, "7af6eae4e58dabed"),
    ],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, parameters: dict[str, Value], digest: str) -> None:
    hole = draw(size=size, seed=seed, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest
