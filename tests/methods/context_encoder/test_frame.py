from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inpaintbench.errors import ParameterError
from inpaintbench_methods.context_encoder.frame import complete, cut, fill, refuse_holes_beyond


def _square(size: int, first: int, last: int) -> Tensor:
    hole = torch.zeros(1, 1, size, size, dtype=torch.bool)
    hole[..., first:last, first:last] = True
    return hole


class _Answer(nn.Module):
    """Remembers what it was shown, and predicts one grey."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side
        self.shown = torch.empty(0)

    def forward(self, image: Tensor) -> Tensor:
        self.shown = image
        return torch.full((len(image), 3, self.side, self.side), 0.5)


def test_holes_are_filled_with_the_released_mean_colour() -> None:
    image = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    hole = torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(1)) < 0.5
    filled = fill(image, hole)
    for row, column in hole[1, 0].nonzero().tolist():
        assert (filled[1, :, row, column] * 255).tolist() == pytest.approx([117, 104, 123])
    known = ~hole.expand_as(image)
    assert torch.equal(filled[known], image[known])


def test_what_is_missing_is_not_shown_and_the_rest_in_minus_1_to_1() -> None:
    image = torch.zeros(1, 3, 8, 8)
    image[..., 0] = 1
    generator = _Answer(8)
    complete(generator, 8, image.masked_fill(_square(8, 2, 6), 0.77), _square(8, 2, 6))
    assert (generator.shown[..., 0] == 1).all()
    assert (generator.shown[..., 7] == -1).all()
    assert generator.shown[0, :, 3, 3].tolist() == pytest.approx([2 * c / 255 - 1 for c in (117, 104, 123)])


def test_a_prediction_of_the_centre_is_put_into_the_centre() -> None:
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    completed = complete(_Answer(4), 4, image, _square(8, 3, 5))
    assert (completed[..., 2:6, 2:6] == 0.75).all()
    rest = ~_square(8, 2, 6).expand_as(image)
    assert torch.equal(completed[rest], image[rest])


def test_the_centre_is_cut_out_of_the_middle() -> None:
    assert cut(torch.arange(8).view(1, 1, 1, 8).expand(1, 1, 8, 8), 4)[0, 0, 0].tolist() == [2, 3, 4, 5]


def test_holes_within_the_centre_and_all_holes_of_the_whole_are_taken() -> None:
    refuse_holes_beyond(_square(16, 4, 12), 8)
    refuse_holes_beyond(_square(16, 0, 16), 16)


@pytest.mark.parametrize(("row", "column"), [(3, 8), (12, 8), (8, 3), (8, 12), (0, 0)])
def test_a_single_pixel_beyond_the_centre_is_refused(row: int, column: int) -> None:
    hole = _square(16, 4, 12).repeat(3, 1, 1, 1)
    hole[1, 0, row, column] = True
    with pytest.raises(
        ParameterError, match=r"^network=centre predicts the 8×8 pixels in the middle of 16×16, and 1 of 3 holes reach"
    ):
        refuse_holes_beyond(hole, 8)
