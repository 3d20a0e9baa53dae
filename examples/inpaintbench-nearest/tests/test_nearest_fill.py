"""The completion at holes whose nearest known pixels can be found by hand, and by brute force."""

import pytest
import torch
from inpaintbench_nearest.nearest_fill import NearestFill

from inpaintbench.api import Batch
from inpaintbench.errors import UnknownNameError
from inpaintbench.plugins import load_registry


def complete(image: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
    """Complete a stack of images as the harness does: without the pixels of the hole."""
    return NearestFill().complete(Batch(image.masked_fill(hole, 0.0), hole, seeds=tuple(range(len(image)))))


def test_a_pixel_takes_the_colour_of_its_nearest_known_neighbour() -> None:
    """Worked by hand: one row, known at both ends."""
    image = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]).expand(1, 3, 1, 5)
    hole = torch.tensor([False, True, True, True, False]).reshape(1, 1, 1, 5)
    filled = complete(image, hole)[0, 0, 0]
    assert filled[1] == pytest.approx(0.1)
    assert filled[3] == pytest.approx(0.5)


def test_every_colour_comes_from_a_known_pixel_at_the_least_distance() -> None:
    """Checked pixel by pixel against all distances; several known pixels may be equally near."""
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, 7, 9, generator=generator)
    hole = torch.rand(2, 1, 7, 9, generator=generator) < 0.6
    filled = complete(image, hole)
    for index in range(2):
        known = (~hole[index, 0]).nonzero()
        for row, column in hole[index, 0].nonzero().tolist():
            distances = (known - torch.tensor([row, column])).square().sum(dim=1)
            nearest = known[distances == distances.min()]
            colours = image[index][:, nearest[:, 0], nearest[:, 1]].T
            assert (colours == filled[index][:, row, column]).all(dim=1).any()


def test_an_image_without_known_pixels_comes_out_mid_grey() -> None:
    """There is nothing to take a colour from."""
    hole = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    assert torch.equal(complete(torch.rand(1, 3, 4, 4), hole), torch.full((1, 3, 4, 4), 0.5))


def test_inpaintbench_finds_the_installed_package() -> None:
    """The entry point in pyproject.toml is what it is found by."""
    try:
        entry = load_registry().get("method", "nearest_fill")
    except UnknownNameError:
        pytest.fail("inpaintbench-nearest is not installed; run `pip install -e .` in its folder.")
    assert entry.source.distribution.startswith("inpaintbench-nearest")
