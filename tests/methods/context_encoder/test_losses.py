from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench_methods.context_encoder.frame import cut
from inpaintbench_methods.context_encoder.losses import pixel_weights, weighted_l2


def test_for_a_centred_square_the_weights_are_the_released_ones() -> None:
    # train.lua: the prediction of 64×64, whose outer ring of 4 pixels is known and counts ten times.
    hole = torch.zeros(1, 1, 128, 128, dtype=torch.bool)
    hole[..., 36:92, 36:92] = True
    released = torch.full((64, 64), 10.0)
    released[4:60, 4:60] = 1.0
    assert torch.equal(pixel_weights(cut(hole, 64), overlap=4, known=0.37)[0, 0], released)


def test_for_random_regions_all_pixels_count_alike_as_released() -> None:
    hole = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0)) < 0.25
    assert torch.equal(pixel_weights(hole, overlap=0, known=1.0), torch.ones(2, 1, 16, 16))


def test_weights_of_a_row_worked_by_hand() -> None:
    hole = torch.zeros(1, 1, 1, 9, dtype=torch.bool)
    hole[..., 4] = hole[..., 8] = True
    assert pixel_weights(hole, overlap=1, known=0.5).flatten().tolist() == [0.5, 0.5, 0.5, 10, 1, 10, 0.5, 10, 1]


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    overlap=st.integers(0, 5),
    known=st.sampled_from([0.0, 0.1, 1.0]),
    share=st.sampled_from([0.0, 0.02, 0.3, 1.0]),
)
def test_the_ring_is_all_that_is_near_in_rows_and_columns(seed: int, overlap: int, known: float, share: float) -> None:
    hole = torch.rand(2, 1, 9, 12, generator=torch.Generator().manual_seed(seed)) < share
    weights = pixel_weights(hole, overlap, known).numpy()
    for image in range(2):
        missing = np.argwhere(hole[image, 0].numpy())
        for row in range(9):
            for column in range(12):
                away = min((max(abs(r - row), abs(c - column)) for r, c in missing), default=10**6)
                expected = 1 if away == 0 else 10 if away <= overlap else known
                assert weights[image, 0, row, column] == pytest.approx(expected)


def test_the_squared_error_is_averaged_over_all_values_whatever_they_weigh() -> None:
    predicted, truth = torch.zeros(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
    predicted[0, :, 0, 0] = torch.tensor([1.0, 2.0, 3.0])
    truth[0, 1, 0, 1] = -1
    weights = torch.tensor([[[[1.0, 10.0]]]])
    assert float(weighted_l2(predicted, truth, weights)) == pytest.approx((1 + 4 + 9 + 10 * 1) / 6)
