from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench.api import Batch, Completion
from inpaintbench_methods.harmonic import TOLERANCE, Harmonic


def _complete(image: torch.Tensor, hole: torch.Tensor) -> Completion:
    return Harmonic().complete(Batch(image.masked_fill(hole, 0), hole, tuple(range(len(image)))))


def _random(seed: int, count: int, height: int, width: int, share: float) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, height, width, generator=generator)
    return image, torch.rand(count, 1, height, width, generator=generator) < share


def _by_sparse_solve(image: torch.Tensor, hole: torch.Tensor) -> np.ndarray:
    """Build the graph Laplacian from the list of edges of the grid, and solve it with SuperLU."""
    height, width = hole.shape[-2:]
    number = np.arange(height * width).reshape(height, width)
    edges = np.concatenate(
        [
            np.stack([number[1:], number[:-1]], axis=-1).reshape(-1, 2),
            np.stack([number[:, 1:], number[:, :-1]], axis=-1).reshape(-1, 2),
        ]
    )
    ones = np.ones(len(edges))
    adjacency = scipy.sparse.coo_array((ones, edges.T), shape=(height * width,) * 2).tocsr()
    adjacency = adjacency + adjacency.T
    laplacian = (scipy.sparse.diags_array(adjacency.sum(axis=1)) - adjacency).tocsr()
    missing = hole.numpy().reshape(-1).nonzero()[0]
    known = (~hole.numpy().reshape(-1)).nonzero()[0]
    pixels = image.double().numpy().reshape(3, -1).T.copy()
    right = -laplacian[missing][:, known] @ pixels[known]
    pixels[missing] = scipy.sparse.linalg.spsolve(laplacian[missing][:, missing].tocsc(), right).reshape(-1, 3)
    return np.asarray(pixels.T.reshape(3, height, width))


def test_a_ramp_is_continued() -> None:
    ramp = (torch.arange(9) / 8).expand(1, 3, 7, 9).contiguous()
    hole = torch.zeros(1, 1, 7, 9, dtype=torch.bool)
    hole[:, :, 2:5, 3:7] = True
    torch.testing.assert_close(_complete(ramp, hole).image, ramp, atol=2e-6, rtol=0)


def test_a_hole_at_the_border_has_the_natural_condition() -> None:
    # A row with one known end: no flux through the other end, so the known value is all there is.
    image = torch.zeros(1, 3, 1, 5)
    image[..., 0] = torch.tensor([0.1, 0.5, 0.9])[:, None]
    hole = torch.tensor([False, True, True, True, True]).reshape(1, 1, 1, 5)
    expected = torch.tensor([0.1, 0.5, 0.9])[:, None].expand(3, 5)
    torch.testing.assert_close(_complete(image, hole).image[0, :, 0], expected, atol=2e-6, rtol=0)


def test_one_pixel_becomes_the_mean_of_its_neighbours() -> None:
    image = torch.zeros(1, 3, 3, 3)
    image[0, :, 0, 1], image[0, :, 1, 0], image[0, :, 1, 2], image[0, :, 2, 1] = 0.2, 0.4, 0.6, 1.0
    hole = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
    hole[..., 1, 1] = True
    torch.testing.assert_close(_complete(image, hole).image[0, :, 1, 1], torch.full((3,), 0.55), atol=2e-6, rtol=0)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    height=st.integers(1, 13),
    width=st.integers(1, 13),
    share=st.sampled_from([0.1, 0.6, 0.97]),
)
def test_it_agrees_with_a_sparse_direct_solver(seed: int, height: int, width: int, share: float) -> None:
    image, hole = _random(seed, 4, height, width, share)
    result = _complete(image, hole)
    assert result.converged is not None
    assert result.converged.all()
    for index in range(4):
        if not hole[index].all():
            expected = _by_sparse_solve(image[index], hole[index])
            # float32 rounds by 6e-8 what was solved to TOLERANCE
            assert np.abs(result.image[index].numpy() - expected).max() <= TOLERANCE + 1e-7


def test_it_is_exact_where_the_system_is_worst_conditioned() -> None:
    image, _ = _random(3, 1, 48, 48, 0)
    hole = torch.ones(1, 1, 48, 48, dtype=torch.bool)
    hole[..., 0, 0] = False
    hole[..., 47, 40] = False
    result = _complete(image, hole)
    assert result.converged is not None
    assert result.converged.all()
    assert np.abs(result.image[0].numpy() - _by_sparse_solve(image[0], hole[0])).max() <= TOLERANCE + 1e-7


def test_an_image_comes_out_the_same_bits_in_any_batch_and_order() -> None:
    image, hole = _random(5, 9, 20, 23, 0.3)
    hole[:3] = False
    hole[:3, :, 5:15, 5:15] = True
    together = _complete(image, hole).image
    order = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    assert torch.equal(_complete(image[order], hole[order]).image, together[order])
    for index in range(9):
        assert torch.equal(_complete(image[index : index + 1], hole[index : index + 1]).image[0], together[index])


def test_full_and_empty_holes() -> None:
    image, hole = _random(6, 2, 4, 6, 0)
    hole[0] = True
    result = _complete(image, hole)
    assert (result.image[0] == 0.5).all()
    assert torch.equal(result.image[1], image[1])
    assert result.converged is not None
    assert result.converged.all()


@pytest.mark.parametrize("missing", [False, True])
def test_an_image_of_one_pixel(missing: bool) -> None:
    image = torch.full((1, 3, 1, 1), 0.25)
    result = _complete(image, torch.full((1, 1, 1, 1), missing))
    assert (result.image == (0.5 if missing else 0.25)).all()


def test_the_batch_stays_as_it_was() -> None:
    image, hole = _random(7, 2, 8, 8, 0.4)
    batch = Batch(image.masked_fill(hole, 0), hole, (0, 1))
    before = batch.corrupted.clone(), hole.clone()
    Harmonic().complete(batch)
    assert torch.equal(batch.corrupted, before[0])
    assert torch.equal(batch.hole, before[1])


def test_constant_surroundings_give_their_value() -> None:
    image = torch.full((1, 3, 12, 12), 0.3)
    hole = torch.zeros(1, 1, 12, 12, dtype=torch.bool)
    hole[..., 3:9, 3:9] = True
    torch.testing.assert_close(_complete(image, hole).image, image, atol=1e-7, rtol=0)
