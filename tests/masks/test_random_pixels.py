import hashlib

import numpy as np
import pytest
from jaxtyping import Bool

from inpaintbench.seeding import RandomStream
from inpaintbench_masks.random_pixels import RandomPixels


def draw(size: int = 64, seed: int = 0, fraction: float = 0.8) -> Bool[np.ndarray, "h w"]:
    return RandomPixels(fraction=fraction).draw(size, size, RandomStream(seed))


def test_four_fifths_are_missing_on_average_and_as_many_as_independent_pixels_vary() -> None:
    shares = np.array([draw(seed=seed).mean() for seed in range(1000)])

    deviation = (0.8 * 0.2 / 64**2) ** 0.5  # of one picture's share, if pixels are independent
    assert abs(shares.mean() - 0.8) < 4 * deviation / 1000**0.5
    assert abs(shares.std() / deviation - 1) < 0.1  # four standard errors of it, 1 / √2000 each


def test_each_pixel_is_missing_equally_often_whatever_its_neighbours() -> None:
    holes = np.array([draw(size=16, seed=seed, fraction=0.5) for seed in range(2000)])

    assert np.abs(holes.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / 2000**0.5
    alike = (holes[:, :, 1:] == holes[:, :, :-1]).mean()
    assert abs(alike - 0.5) < 4 * 0.5 / (2000 * 16 * 15) ** 0.5


@pytest.mark.parametrize(("fraction", "missing"), [(0.0, 0), (1.0, 4096)])
def test_the_ends_of_the_range(fraction: float, missing: int) -> None:
    assert draw(fraction=fraction).sum() == missing


def test_a_pixel_missing_at_a_fraction_is_missing_at_every_larger_one() -> None:
    few, more = draw(fraction=0.2), draw(fraction=0.6)

    assert 0 < few.sum() < more.sum()
    assert not (few & ~more).any()


def test_an_oblong_picture_takes_its_numbers_row_by_row() -> None:
    oblong = RandomPixels().draw(3, 50, RandomStream(3))

    assert np.array_equal(oblong, (RandomStream(3).fractions(150) < 0.8).reshape(3, 50))


@pytest.mark.parametrize(
    ("seed", "size", "fraction", "digest"),
    [(0, 64, 0.8, "6693c73c823cdffb"), (1, 256, 0.8, "11b331a4d0b54ef7"), (2**63 - 1, 64, 0.2, "4515273c7070bf5d")],
)
def test_holes_are_the_same_on_every_machine(seed: int, size: int, fraction: float, digest: str) -> None:
    hole = draw(size=size, seed=seed, fraction=fraction)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest
