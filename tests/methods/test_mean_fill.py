from __future__ import annotations

import torch

from inpaintbench.api import Batch
from inpaintbench_methods.mean_fill import MeanFill


def test_the_hole_takes_the_mean_colour_of_the_known_pixels() -> None:
    corrupted = torch.zeros(1, 3, 1, 4)
    corrupted[0, :, 0] = torch.tensor([[0.25, 0.75, 0.5, 0.0], [1.0, 1.0, 0.25, 0.0], [0.0, 0.0, 0.0, 0.0]])
    hole = torch.tensor([False, False, False, True]).reshape(1, 1, 1, 4)
    completion = MeanFill().complete(Batch(corrupted, hole, (0,)))
    assert completion[0, :, 0, 3].tolist() == [0.5, 0.75, 0.0]
    assert torch.equal(completion[..., :3], corrupted[..., :3])


def test_an_image_without_known_pixels_is_mid_grey_and_changes_no_other() -> None:
    corrupted = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(2, 1, 5, 7, dtype=torch.bool)
    hole[0] = True
    hole[1, :, 2:4, 1:3] = True
    batch = Batch(corrupted.masked_fill(hole, 0), hole, (0, 1))
    completion = MeanFill().complete(batch)
    assert (completion[0] == 0.5).all()
    alone = MeanFill().complete(Batch(batch.corrupted[1:], hole[1:], (1,)))
    assert torch.equal(completion[1:], alone)


def test_without_a_hole_the_image_comes_back() -> None:
    corrupted = torch.rand(1, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
    assert torch.equal(MeanFill().complete(Batch(corrupted, hole, (0,))), corrupted)
