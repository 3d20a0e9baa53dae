"""The losses of networks that are trained against each other."""

from __future__ import annotations

import math

import pytest
import torch

from inpaintbench.training import adversarial_loss, discriminator_loss


def test_an_undecided_discriminator_scores_log_2_for_each_picture() -> None:
    logits = torch.zeros(4, 1, 1, 1)
    assert float(discriminator_loss(logits, logits)) == pytest.approx(2 * math.log(2))
    assert float(adversarial_loss(logits)) == pytest.approx(math.log(2))


def test_adversarial_losses_worked_by_hand() -> None:
    real, generated = torch.tensor([[[[2.0]]], [[[-1.0]]]]), torch.tensor([[[[-3.0]]], [[[0.5]]]])

    def d(logit: float) -> float:
        return 1 / (1 + math.exp(-logit))

    against = -(math.log(d(2)) + math.log(d(-1))) / 2 - (math.log(1 - d(-3)) + math.log(1 - d(0.5))) / 2
    assert float(discriminator_loss(real, generated)) == pytest.approx(against)
    assert float(adversarial_loss(generated)) == pytest.approx(-(math.log(d(-3)) + math.log(d(0.5))) / 2)


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_a_discriminator_that_is_sure_gives_finite_losses(logit: float) -> None:
    logits = torch.full((3,), logit)
    assert float(discriminator_loss(logits, logits)) == pytest.approx(200)
    assert float(adversarial_loss(logits)) == pytest.approx(max(0.0, -logit))
