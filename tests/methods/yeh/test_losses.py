from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench_methods.yeh.losses import context_loss, context_weights, prior_loss


def test_a_centred_square_weighs_420_pixels() -> None:
    hole = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    hole[..., 16:48, 16:48] = True
    weights = context_weights(hole, 7)
    assert int((weights > 0).sum()) == 38**2 - 32**2 == 420
    # Beside a long side, 3, 2 and 1 of the window's 7 rows are missing.
    assert weights[0, 0, 32, 13:17].tolist() == pytest.approx([7 / 49, 14 / 49, 21 / 49, 0])
    assert float(weights.max()) == pytest.approx(21 / 49)
    assert float(weights.sum()) == pytest.approx(106.8, abs=0.05)


def test_weights_in_a_corner_worked_by_hand() -> None:
    hole = torch.zeros(1, 1, 3, 4, dtype=torch.bool)
    hole[..., 0, 1] = hole[..., 2, 3] = True
    expected = [
        [1 / 4, 0, 1 / 6, 0],  # a corner's window holds 4 pixels, a border's 6
        [1 / 6, 1 / 9, 2 / 9, 1 / 6],
        [0, 0, 1 / 6, 0],
    ]
    torch.testing.assert_close(context_weights(hole, 3)[0, 0], torch.tensor(expected))


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    window=st.sampled_from([1, 3, 7, 9, 31]),
    share=st.sampled_from([0.0, 0.1, 0.8, 1.0]),
)
def test_weights_are_the_share_of_missing_neighbours(seed: int, window: int, share: float) -> None:
    hole = torch.rand(2, 1, 8, 11, generator=torch.Generator().manual_seed(seed)) < share
    weights = context_weights(hole, window).numpy()
    reach = window // 2
    for image in range(2):
        missing = hole[image, 0].numpy()
        for row, column in np.ndindex(8, 11):
            around = missing[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
            expected = 0 if missing[row, column] else around.mean()
            assert weights[image, 0, row, column] == pytest.approx(expected, abs=1e-6)


def test_the_context_loss_is_summed_over_pixels_and_channels_of_each_picture() -> None:
    generated, known = torch.zeros(2, 3, 1, 2), torch.zeros(2, 3, 1, 2)
    generated[0, :, 0, 0] = torch.tensor([1.0, -0.5, 0.25])
    known[0, 2, 0, 1] = 0.5
    known[1] = 1
    weights = torch.tensor([[[[0.5, 2.0]]], [[[0.0, 0.1]]]])
    assert context_loss(generated, known, weights).tolist() == pytest.approx([0.5 * 1.75 + 2 * 0.5, 3 * 0.1])


def test_the_prior_loss_worked_by_hand() -> None:
    logits = [-3.0, 0.0, 2.0]
    expected = [0.003 * math.log(1 - 1 / (1 + math.exp(-logit))) for logit in logits]
    assert prior_loss(torch.tensor(logits), 0.003).tolist() == pytest.approx(expected)


def test_the_prior_loss_stays_finite_where_the_discriminator_is_certain() -> None:
    logits = torch.tensor([-200.0, 200.0], requires_grad=True)
    loss = prior_loss(logits, 0.5)
    loss.sum().backward()  # type: ignore[no-untyped-call]
    assert loss.tolist() == pytest.approx([0, -100])
    assert logits.grad is not None
    assert logits.grad.tolist() == pytest.approx([0, -0.5])
