from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaintbench_methods.glcic.holes import cut_patches, draw_rectangles, patch_corners


def _boxes(hole: Tensor) -> list[tuple[int, int, int, int]]:
    """Return top, left, height and width of each hole, and see to it that it is a rectangle."""
    found = []
    for one in hole[:, 0].numpy():
        rows, columns = (np.flatnonzero(one.any(axis)) for axis in (1, 0))
        top, left = int(rows[0]), int(columns[0])
        height, width = int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left
        assert one.sum() == height * width
        found.append((top, left, height, width))
    return found


def test_each_picture_has_a_rectangle_of_its_own_with_sides_in_the_range() -> None:
    hole = draw_rectangles(3000, 64, (24, 32), torch.Generator().manual_seed(0))
    assert hole.shape == (3000, 1, 64, 64)
    boxes = _boxes(hole)
    assert len(set(boxes)) > 2900
    for side in (2, 3):
        assert {box[side] for box in boxes} == set(range(24, 33))


def test_sides_and_places_are_uniform() -> None:
    boxes = _boxes(draw_rectangles(9000, 64, (24, 32), torch.Generator().manual_seed(1)))
    counts = np.bincount([box[2] for box in boxes])[24:]
    assert counts.min() > 900  # of 1000 each; a standard deviation is 30
    assert counts.max() < 1100
    tops = np.bincount([box[0] for box in boxes if box[2] == 32], minlength=33)
    assert len(tops) == 33
    assert tops.min() > 5  # of 30 each
    assert abs(np.corrcoef([box[0] for box in boxes], [box[1] for box in boxes])[0, 1]) < 0.05


def test_holes_come_from_the_generator_given() -> None:
    first, again, other = (draw_rectangles(4, 32, (5, 9), torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def _hole(top: int, left: int, height: int, width: int) -> Tensor:
    hole = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    hole[..., top : top + height, left : left + width] = True
    return hole


@pytest.mark.parametrize(
    ("box", "corner"),
    [
        ((10, 12, 8, 4), [6, 6]),  # middles 14 and 14, less half of 16
        ((10, 12, 7, 5), [5, 6]),  # middles 13.5 and 14.5
        ((0, 0, 12, 14), [0, 0]),  # would begin at −2 and −1
        ((22, 16, 10, 16), [16, 16]),  # would begin at 19
        ((0, 0, 32, 32), [8, 8]),
        ((31, 0, 1, 1), [16, 0]),
    ],
)
def test_a_patch_has_the_hole_in_its_middle_as_far_as_the_picture_allows(
    box: tuple[int, int, int, int], corner: list[int]
) -> None:
    assert patch_corners(_hole(*box), 16)[0].tolist() == corner


def test_a_rectangle_up_to_the_size_of_the_patch_lies_within_it() -> None:
    hole = draw_rectangles(500, 64, (8, 32), torch.Generator().manual_seed(2))
    cut = cut_patches(hole, patch_corners(hole, 32), 32)
    assert torch.equal(cut.sum((1, 2, 3)), hole.sum((1, 2, 3)))


def test_the_middle_of_a_scattered_hole_is_that_of_its_bounding_box() -> None:
    hole = _hole(4, 6, 1, 1) | _hole(19, 25, 1, 1)
    assert patch_corners(hole, 16)[0].tolist() == [4, 8]  # rows 4 to 19; columns 6 to 25, middle 16


def test_patches_are_those_of_a_loop() -> None:
    image = torch.rand(5, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    corner = torch.tensor([[0, 0], [10, 14], [3, 5], [10, 0], [7, 7]])
    expected = torch.stack(
        [one[:, top : top + 10, left : left + 10] for one, (top, left) in zip(image, corner, strict=True)]
    )
    assert torch.equal(cut_patches(image, corner, 10), expected)


def test_gradients_go_back_to_the_patch_and_nowhere_else() -> None:
    image = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
    (2 * cut_patches(image, torch.tensor([[0, 0], [4, 3]]), 4)).sum().backward()
    expected = torch.zeros_like(image)
    expected[0, :, :4, :4] = expected[1, :, 4:, 3:7] = 2
    assert image.grad is not None
    assert torch.equal(image.grad, expected)
