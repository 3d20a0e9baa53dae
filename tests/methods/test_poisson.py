from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inpaintbench_methods import poisson
from inpaintbench_methods.harmonic import TOLERANCE
from inpaintbench_methods.poisson import blend, laplacian_within


def _pictures(seed: int, count: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    guide, known = torch.rand(2, count, 3, height, width, generator=generator)
    return guide, known


def _holes(height: int, width: int) -> dict[str, Tensor]:
    hole = torch.zeros(7, 1, height, width, dtype=torch.bool)
    hole[0, :, 2:5, 3:6] = True
    hole[1, :, :4, :3] = True  # corner
    hole[2, :, 1:4] = True  # from border to border
    hole[3, :, :2, :2] = hole[3, :, 4:6, 4:7] = hole[3, :, -1, 0] = True  # several components
    hole[4, :, ::2, ::2] = True  # single pixels
    hole[5] = True
    hole[5, :, 3, 3] = False
    names = ("inside", "corner", "across", "components", "pixels", "one known", "nothing missing")
    return {name: hole[index : index + 1] for index, name in enumerate(names)}


HOLES = _holes(7, 9)


def _by_least_squares(guide: Tensor, known: Tensor, hole: Tensor) -> np.ndarray:
    """Minimise ‖∇x − ∇g‖² over the hole's pixels, from the list of all edges, by a dense least-squares solver."""
    height, width = hole.shape[-2:]
    number = np.arange(height * width).reshape(height, width)
    edges = [*zip(number[1:].flat, number[:-1].flat, strict=True)]
    edges += [*zip(number[:, 1:].flat, number[:, :-1].flat, strict=True)]
    difference = np.zeros((len(edges), height * width))
    for row, (one, other) in enumerate(edges):
        difference[row, one], difference[row, other] = 1, -1
    missing = hole.numpy().reshape(-1)
    g = guide.double().numpy().reshape(3, -1).T
    x = known.double().numpy().reshape(3, -1).T.copy()
    right = difference @ g - difference[:, ~missing] @ x[~missing]
    x[missing] = np.linalg.lstsq(difference[:, missing], right, rcond=None)[0]
    return np.asarray(x.T.reshape(3, height, width))


@pytest.mark.parametrize("most_unknowns", [10**6, 0], ids=["Cholesky", "conjugate gradients"])
@pytest.mark.parametrize("name", HOLES)
def test_it_minimises_the_difference_of_gradients(
    name: str, most_unknowns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poisson, "MOST_UNKNOWNS", most_unknowns)
    guide, known = _pictures(0, 1, 7, 9)
    expected = _by_least_squares(guide[0], known[0], HOLES[name])
    # float32 rounds by 6e-8 below 1, and by twice that below 2
    assert np.abs(blend(guide, known, HOLES[name])[0].numpy() - expected).max() < TOLERANCE + 1.2e-7


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    share=st.sampled_from([0.1, 0.5, 0.9]),
)
def test_it_agrees_with_least_squares_on_random_holes(seed: int, height: int, width: int, share: float) -> None:
    guide, known = _pictures(seed, 3, height, width)
    hole = torch.rand(3, 1, height, width, generator=torch.Generator().manual_seed(seed)) < share
    blended = blend(guide, known, hole)
    for index in range(3):
        if not hole[index].all():
            expected = _by_least_squares(guide[index], known[index], hole[index])
            assert np.abs(blended[index].numpy() - expected).max() < 1e-6


def test_one_missing_pixel_worked_by_hand() -> None:
    guide, known = torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 3, 3)
    guide[0, 0] = torch.tensor([[9, 1, 9], [2, 5, 3], [9, 4, 9]]) / 10
    known[0, 0, 0, 1], known[0, 0, 1, 0], known[0, 0, 1, 2], known[0, 0, 2, 1] = 0.1, 0.3, 0.5, 0.7
    hole = torch.zeros(1, 1, 3, 3, dtype=torch.bool)
    hole[..., 1, 1] = True
    # 0.5 in the guide, and the neighbours are brighter there by 0, −0.1, −0.2 and −0.3
    assert float(blend(guide, known, hole)[0, 0, 1, 1]) == pytest.approx(0.5 + 0.6 / 4)


def test_no_flux_leaves_the_picture() -> None:
    # A row with one known end: the guide, moved as a whole.
    guide = torch.tensor([0.3, 0.9, 0.1, 0.6]).view(1, 1, 1, 4)
    known = torch.full((1, 1, 1, 4), 0.5)
    hole = torch.tensor([False, True, True, True]).view(1, 1, 1, 4)
    assert blend(guide, known, hole).flatten().tolist() == pytest.approx([0.5, 1.1, 0.3, 0.8])


@pytest.mark.parametrize("name", HOLES)
def test_a_guide_that_is_off_by_one_colour_is_corrected(name: str) -> None:
    guide, _ = _pictures(1, 1, 7, 9)
    truth = guide + torch.tensor([0.3, -0.2, 0.1]).view(1, 3, 1, 1)
    torch.testing.assert_close(blend(guide, truth.masked_fill(HOLES[name], 7), HOLES[name]), truth, atol=2e-6, rtol=0)


def test_known_pixels_stay_bit_for_bit_and_the_hidden_ones_do_not_matter() -> None:
    guide, known = _pictures(2, 7, 7, 9)
    hole = torch.cat(list(HOLES.values()))
    blended = blend(guide, known, hole)
    assert torch.equal(blended.masked_fill(hole, 0), known.masked_fill(hole, 0))
    assert torch.equal(blended, blend(guide, known.masked_fill(hole, torch.nan), hole))


def test_without_a_known_pixel_the_guide_comes_back() -> None:
    guide, known = _pictures(3, 2, 5, 5)
    hole = torch.ones(2, 1, 5, 5, dtype=torch.bool)
    hole[0, :, 0, 0] = False
    blended = blend(guide, known, hole)
    assert torch.equal(blended[1], guide[1])
    assert not torch.equal(blended[0], guide[0])


def test_a_picture_does_not_depend_on_its_batch() -> None:
    guide, known = _pictures(4, 21, 7, 9)
    hole = torch.cat(list(HOLES.values()) * 3)
    together = blend(guide, known, hole)
    for index in range(21):
        part = slice(index, index + 1)
        alone = blend(guide[part], known[part], hole[part])[0]
        torch.testing.assert_close(alone, together[index], atol=1.2e-7, rtol=0)  # one last bit of float32


def test_a_hole_that_many_share_is_factored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    factored = []

    def counting(hole: Tensor) -> Tensor:
        factored.append(int(hole.sum()))
        return laplacian_within(hole)

    monkeypatch.setattr(poisson, "laplacian_within", counting)
    guide, known = _pictures(5, 8, 7, 9)
    blend(guide, known, torch.cat([HOLES["inside"], HOLES["corner"]] * 4))
    assert sorted(factored) == [9, 12]


def test_large_holes_are_not_factored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poisson, "laplacian_within", lambda hole: pytest.fail(f"{int(hole.sum())} unknowns"))
    guide, known = _pictures(6, 1, 40, 40)
    hole = torch.ones(1, 1, 40, 40, dtype=torch.bool)
    hole[..., 0] = False
    blend(guide, known, hole)


def test_the_inputs_stay_as_they_were() -> None:
    guide, known = _pictures(7, 7, 7, 9)
    hole = torch.cat(list(HOLES.values()))
    before = guide.clone(), known.clone(), hole.clone()
    blend(guide, known, hole)
    assert all(torch.equal(old, new) for old, new in zip(before, (guide, known, hole), strict=True))
