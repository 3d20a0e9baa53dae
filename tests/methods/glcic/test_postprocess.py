from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from inpaintbench_methods import poisson
from inpaintbench_methods.glcic.postprocess import BAND, blend, inner_part
from inpaintbench_methods.glcic.telea import telea


def _square(first: int, last: int, size: int = 24) -> Tensor:
    hole = torch.zeros(1, 1, size, size, dtype=torch.bool)
    hole[..., first:last, first:last] = True
    return hole


def _pictures(count: int = 2, size: int = 24) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.rand(count, 3, size, size, generator=generator) for _ in range(2))  # type: ignore[return-value]


def test_the_inner_part_is_three_pixels_smaller_on_each_side_but_at_the_border() -> None:
    assert torch.equal(inner_part(_square(5, 20), 3), _square(8, 17))
    assert torch.equal(inner_part(_square(0, 20), 3), _square(0, 17))
    assert not inner_part(_square(5, 11), 3).any()


def test_the_band_is_teleas_and_the_rest_is_cloned_into_it() -> None:
    completed, known = _pictures()
    hole, core = _square(5, 20).repeat(2, 1, 1, 1), _square(5 + BAND, 20 - BAND)
    blended = blend(completed, known, hole)
    filled = np.stack([telea(one.permute(1, 2, 0).double().numpy(), hole[0, 0].numpy()) for one in known])
    destination = torch.from_numpy(filled).permute(0, 3, 1, 2).float()
    band = (hole & ~core).expand_as(known)
    torch.testing.assert_close(blended[band], destination[band])
    cloned = poisson.blend(completed, destination, core.repeat(2, 1, 1, 1)).clamp(0, 1)
    torch.testing.assert_close(blended, cloned)


def test_known_pixels_stay() -> None:
    completed, known = _pictures()
    hole = _square(0, 15).repeat(2, 1, 1, 1)
    outside = ~hole.expand_as(known)
    assert torch.equal(blend(completed, known, hole)[outside], known[outside])


def test_a_completion_that_is_too_bright_all_over_loses_its_seam() -> None:
    rows = torch.linspace(0.2, 0.6, 24).view(1, 1, 24, 1).expand(1, 3, 24, 24)
    hole = _square(4, 20)
    blended = blend(rows + 0.3, rows.masked_fill(hole, 0), hole)
    torch.testing.assert_close(blended, rows.contiguous(), atol=1e-4, rtol=0)


def test_small_holes_are_teleas_alone_and_a_picture_of_holes_stays() -> None:
    completed, known = _pictures()
    hole = torch.cat([_square(9, 11), torch.ones(1, 1, 24, 24, dtype=torch.bool)])
    blended = blend(completed, known, hole)
    filled = telea(known[0].permute(1, 2, 0).double().numpy(), hole[0, 0].numpy())
    torch.testing.assert_close(blended[0], torch.from_numpy(filled).permute(2, 0, 1).float())
    assert torch.equal(blended[1], completed[1])
