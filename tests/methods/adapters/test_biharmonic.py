from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from inpaintbench_methods.adapters.biharmonic import Biharmonic


def _square(side: int, low: int, high: int) -> Tensor:
    hole = torch.zeros(1, 1, side, side, dtype=torch.bool)
    hole[..., low:high, low:high] = True
    return hole


def test_a_cubic_is_continued_where_a_harmonic_surface_would_sag(completed: Callable[..., Tensor]) -> None:
    # Δ²x³ = 0: polynomials of this degree are what the biharmonic equation keeps, and its discrete stencil as well.
    x = torch.linspace(-1, 1, 21)
    image = (0.5 + 0.2 * x**3 + 0.2 * x[:, None] * x).expand(1, 3, 21, 21).contiguous()
    found = completed(Biharmonic(), image, _square(21, 7, 14))
    torch.testing.assert_close(found, image, atol=1e-5, rtol=0)


def test_channels_are_independent(completed: Callable[..., Tensor], pictures: tuple[Tensor, Tensor]) -> None:
    image, hole = pictures
    found = completed(Biharmonic(), image, hole)
    assert torch.equal(completed(Biharmonic(), image[:, [2, 0, 1]], hole), found[:, [2, 0, 1]])


def test_values_stay_in_the_range_of_the_known_pixels(
    completed: Callable[..., Tensor], pictures: tuple[Tensor, Tensor]
) -> None:
    image, hole = pictures
    image = 0.4 + 0.2 * image
    found = completed(Biharmonic(), image, hole)
    for number in range(3):
        known = image[number, :, ~hole[number, 0]]
        missing = found[number, :, hole[number, 0]]
        assert (missing.amin(dim=1) >= known.amin(dim=1) - 1e-6).all()
        assert (missing.amax(dim=1) <= known.amax(dim=1) + 1e-6).all()


def test_full_and_empty_holes(completed: Callable[..., Tensor], pictures: tuple[Tensor, Tensor]) -> None:
    image, hole = pictures
    assert torch.equal(completed(Biharmonic(), image, torch.zeros_like(hole)), image)
    assert (completed(Biharmonic(), image, torch.ones_like(hole)) == 0.5).all()


@pytest.mark.parametrize("side", [1, 2, 3])
def test_the_smallest_pictures(side: int, completed: Callable[..., Tensor]) -> None:
    hole = torch.zeros(1, 1, side, side, dtype=torch.bool)
    hole[..., -1, -1] = True
    image = torch.full((1, 3, side, side), 0.25)
    expected = torch.full_like(image, 0.25 if side > 1 else 0.5)
    torch.testing.assert_close(completed(Biharmonic(), image, hole), expected, atol=1e-6, rtol=0)
