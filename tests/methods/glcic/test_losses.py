from __future__ import annotations

import math

import pytest
import torch

from inpaintbench_methods.glcic.losses import adversarial_loss, discriminator_loss, hole_mse


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


def test_an_undecided_discriminator_scores_log_2_for_each_picture() -> None:
    logits = torch.zeros(4)
    assert float(discriminator_loss(logits, logits)) == pytest.approx(2 * math.log(2))
    assert float(adversarial_loss(logits)) == pytest.approx(math.log(2))


def test_adversarial_losses_worked_by_hand() -> None:
    real, completed = torch.tensor([2.0, -1.0]), torch.tensor([-3.0, 0.5])

    def d(logit: float) -> float:
        return 1 / (1 + math.exp(-logit))

    against = -(math.log(d(2)) + math.log(d(-1))) / 2 - (math.log(1 - d(-3)) + math.log(1 - d(0.5))) / 2
    assert float(discriminator_loss(real, completed)) == pytest.approx(against)
    assert float(adversarial_loss(completed)) == pytest.approx(-(math.log(d(-3)) + math.log(d(0.5))) / 2)
