from __future__ import annotations

import pytest
import torch

from inpaintbench_methods.glcic.losses import hole_mse


def test_the_squared_error_counts_in_the_hole_alone_and_each_picture_alike() -> None:
    image, completed = torch.zeros(2, 3, 1, 4), torch.zeros(2, 3, 1, 4)
    hole = torch.tensor([[True, False, False, False], [True, True, True, False]]).view(2, 1, 1, 4)
    completed[0, :, 0, 0] = torch.tensor([0.1, 0.2, 0.3])
    completed[1, 2, 0, 1] = -0.6
    completed[:, :, 0, 3] = 100.0  # known in both
    first, second = (0.01 + 0.04 + 0.09) / 3, 0.36 / 9
    assert float(hole_mse(completed, image, hole)) == pytest.approx((first + second) / 2)


def test_a_picture_without_a_hole_adds_nothing() -> None:
    completed, hole = torch.ones(2, 3, 2, 2), torch.zeros(2, 1, 2, 2, dtype=torch.bool)
    hole[0] = True
    assert float(hole_mse(completed, torch.zeros_like(completed), hole)) == pytest.approx(0.5)
