from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cvxpy
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from inpaintbench.api import Batch, Completion
from inpaintbench_methods.mean_fill import MeanFill
from inpaintbench_methods.tv.energy import certify, divergence, gradient, pose
from inpaintbench_methods.tv.method import TotalVariation
from inpaintbench_methods.tv.solver import TAU, solve


def _complete(image: Tensor, hole: Tensor, **parameters: Any) -> Completion:
    return TotalVariation(**parameters).complete(Batch(image.masked_fill(hole, 0), hole, tuple(range(len(image)))))


def _random(seed: int, count: int, height: int, width: int, share: float = 0.0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, height, width, generator=generator)
    return image, torch.rand(count, 1, height, width, generator=generator) < share


def _rectangle(height: int, width: int, rows: slice, columns: slice) -> Tensor:
    hole = torch.zeros(1, 1, height, width, dtype=torch.bool)
    hole[0, 0, rows, columns] = True
    return hole


def _variation(image: np.ndarray) -> float:
    """Sum √(dx² + dy²) of a picture `(3, h, w)`, pixel by pixel."""
    _, height, width = image.shape
    total = 0.0
    for channel in image.astype(np.float64):
        for row in range(height):
            for column in range(width):
                down = channel[row + 1, column] - channel[row, column] if row + 1 < height else 0.0
                right = channel[row, column + 1] - channel[row, column] if column + 1 < width else 0.0
                total += math.hypot(down, right)
    return total


def _by_cvxpy(image: Tensor, hole: Tensor, epsilon: float) -> np.ndarray:
    """Solve one image's problem with an interior-point method, as cvxpy states it."""
    _, height, width = image.shape
    known = ~hole[0].numpy()
    channels = [cvxpy.Variable((height, width)) for _ in range(3)]
    y = image.double().numpy()
    objective: Any = 0
    for x in channels:
        down = cvxpy.vstack([x[1:] - x[:-1], np.zeros((1, width))]) if height > 1 else np.zeros((height, width))
        right = cvxpy.hstack([x[:, 1:] - x[:, :-1], np.zeros((height, 1))]) if width > 1 else np.zeros((height, width))
        pairs = cvxpy.vstack([cvxpy.vec(down, order="C"), cvxpy.vec(right, order="C")])
        objective += cvxpy.sum(cvxpy.norm(pairs, 2, axis=0))
    offsets = [(x - y[channel])[known] for channel, x in enumerate(channels)]
    if epsilon > 0:
        constraints = [cvxpy.norm(cvxpy.hstack(offsets), 2) <= epsilon]
    else:
        constraints = [offset == 0 for offset in offsets]
    cvxpy.Problem(cvxpy.Minimize(objective), constraints).solve(solver=cvxpy.CLARABEL)
    return np.stack([x.value for x in channels])


HOLES = {
    "inside": _rectangle(9, 10, slice(2, 7), slice(3, 7)),
    "upper left corner": _rectangle(9, 10, slice(0, 4), slice(0, 5)),
    "lower right corner": _rectangle(9, 10, slice(5, 9), slice(6, 10)),
    "from side to side": _rectangle(9, 10, slice(3, 6), slice(0, 10)),
    "all but one row": _rectangle(9, 10, slice(0, 8), slice(0, 10)),
    "two holes": _rectangle(9, 10, slice(1, 3), slice(1, 3)) | _rectangle(9, 10, slice(6, 9), slice(7, 9)),
    "scattered": _random(11, 1, 9, 10, 0.4)[1],
}


@pytest.mark.parametrize("epsilon", [0.0, 0.5])
@pytest.mark.parametrize("name", HOLES)
def test_the_certificate_encloses_the_minimum_that_cvxpy_finds(name: str, epsilon: float) -> None:
    hole = HOLES[name]
    image, _ = _random(len(name), 1, 9, 10)
    optimum = _by_cvxpy(image[0], hole[0], epsilon)
    problem, scale = pose(image.permute(2, 3, 0, 1), hole.permute(2, 3, 0, 1), epsilon, unit=TAU)
    # The problem leaves out terms that no hole pixel changes: they are the known picture's, in both solutions.
    posed = torch.from_numpy(optimum)[None].permute(2, 3, 0, 1)
    slope = gradient(posed, out=torch.zeros(2, *posed.shape, dtype=torch.float64))
    minimum = float((slope.norm(dim=0) * problem.counted).sum())
    for max_iterations in (0, 7, 100, 5000):
        solution = solve(problem, 1e-4, max_iterations)
        x = scale.restore(solution.x.double())
        slope = gradient(x, out=torch.zeros(2, *x.shape, dtype=torch.float64))
        value = float((slope.norm(dim=0) * problem.counted).sum())
        bound = value * (1 - float(solution.gap))
        assert bound <= minimum * (1 + 1e-6)
        assert minimum <= value * (1 + 1e-6)
    assert float(solution.gap) <= 1e-4


@pytest.mark.parametrize("epsilon", [0.0, 0.5])
def test_no_field_makes_the_bound_exceed_the_minimum(epsilon: float) -> None:
    image, _ = _random(4, 1, 9, 10)
    hole = HOLES["lower right corner"]
    problem, _ = pose(image.permute(2, 3, 0, 1), hole.permute(2, 3, 0, 1), epsilon, unit=TAU)
    solution = solve(problem, 1e-5, 10_000)
    optimum = float(certify(problem, solution.x, torch.zeros(2, 9, 10, 1, 3))[0])
    generator = torch.Generator().manual_seed(0)
    for scale in (0.1, 1.0, 10.0):
        for _ in range(20):
            p = scale * torch.randn(2, 9, 10, 1, 3, generator=generator)
            x = problem.feasible(scale * torch.randn(9, 10, 1, 3, generator=generator) / TAU)
            variation, gap = certify(problem, x, p)
            assert float(variation) >= optimum * (1 - 1e-5)
            assert float(variation - gap) <= optimum * (1 + 1e-9)


# Above a single known row of even length, every constant between its two middle values is a minimiser.
@pytest.mark.parametrize("name", [name for name in HOLES if name != "all but one row"])
def test_the_completion_is_cvxpys(name: str) -> None:
    image, _ = _random(len(name), 1, 9, 10)
    result = _complete(image, HOLES[name], gap=2e-5)
    optimum = _by_cvxpy(image[0], HOLES[name][0], 0.0)
    known = ~HOLES[name].expand_as(image)
    assert torch.equal(result.image[known], image[known])
    assert _variation(result.image[0].numpy()) == pytest.approx(_variation(optimum), rel=2e-5)
    # The minimum is flat: pictures this far apart have variations within the gap.
    assert np.abs(result.image[0].numpy() - optimum)[:, HOLES[name][0, 0].numpy()].mean() < 5e-3


def test_the_noisy_form_keeps_to_its_ball() -> None:
    image, _ = _random(1, 1, 9, 10)
    hole = HOLES["inside"]
    completed = _complete(image, hole, epsilon=0.5).image
    distance = ((completed - image).masked_fill(hole, 0)).norm()
    assert float(distance) == pytest.approx(0.5, abs=1e-5)
    optimum = _by_cvxpy(image[0], hole[0], 0.5)
    assert _variation(completed[0].numpy()) == pytest.approx(_variation(optimum), rel=1e-4)


def test_one_pixel_worked_by_hand() -> None:
    # f(x) = √2 |1 − x| + 2 |x|: its own term, and those of the pixels above and to the left. Least at 0: √2.
    image = torch.zeros(1, 3, 3, 3)
    image[..., 1, 2] = image[..., 2, 1] = 1
    hole = _rectangle(3, 3, slice(1, 2), slice(1, 2))
    problem, scale = pose(image.permute(2, 3, 0, 1), hole.permute(2, 3, 0, 1), 0.0, unit=TAU)
    solution = solve(problem, 1e-5, 5000)
    variation, gap = certify(problem, solution.x, torch.zeros(2, *solution.x.shape))
    unit = float(scale.unit)
    assert float(variation) * unit == pytest.approx(3 * math.sqrt(2), rel=1e-5)
    assert float(gap) * unit == pytest.approx(3 * math.sqrt(2), rel=1e-5)  # p = 0 bounds it by 0 only
    assert _complete(image, hole, gap=1e-5).image[0, :, 1, 1].tolist() == pytest.approx([0, 0, 0], abs=1e-4)


def test_contrast_costs_no_iterations() -> None:
    image, _ = _random(3, 1, 9, 10)
    full = _complete(image, HOLES["inside"])
    pale = _complete(0.5 + (image - 0.5) / 64, HOLES["inside"])
    assert pale.diagnostics["iterations"].tolist() == full.diagnostics["iterations"].tolist()
    assert torch.allclose(0.5 + (pale.image - 0.5) * 64, full.image, atol=1e-3)


def test_a_constant_surrounding_is_continued() -> None:
    image = torch.full((1, 3, 6, 6), 0.3)
    completed = _complete(image, _rectangle(6, 6, slice(2, 4), slice(2, 4)))
    assert torch.equal(completed.image, image)
    assert completed.diagnostics["iterations"].tolist() == [0]


def test_a_step_is_filled_monotonically() -> None:
    image = torch.zeros(1, 3, 1, 8)
    image[..., 6:] = 1
    completed = _complete(image, _rectangle(1, 8, slice(0, 1), slice(2, 6))).image
    assert _variation(completed[0].numpy()) == pytest.approx(3, rel=1e-4)
    assert (completed.diff(dim=3) >= -1e-5).all()


def test_the_noisy_form_worked_by_hand() -> None:
    # Known ends 0 and 1 in three channels: each moves by δ with 6 δ² = ε², which leaves 3 (1 − 2δ) = 3 − √6 ε.
    image = torch.zeros(1, 3, 1, 3)
    image[..., 2] = 1
    result = _complete(image, _rectangle(1, 3, slice(0, 1), slice(1, 2)), epsilon=0.3)
    assert _variation(result.image[0].numpy()) == pytest.approx(3 - math.sqrt(6) * 0.3, rel=1e-4)
    assert result.image[0, :, 0, 0].tolist() == pytest.approx([0.3 / math.sqrt(6)] * 3, abs=1e-4)


def test_a_ball_that_holds_a_constant_picture_is_done_at_once() -> None:
    image, _ = _random(1, 1, 6, 6)
    result = _complete(image, _rectangle(6, 6, slice(2, 4), slice(2, 4)), epsilon=50.0)
    assert result.diagnostics["iterations"].tolist() == [0]
    assert _variation(result.image[0].numpy()) == pytest.approx(0, abs=1e-5)


def test_the_divergence_is_minus_the_adjoint_of_the_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, 6, 2, 3, generator=generator, dtype=torch.float64)
    p = torch.randn(2, 5, 6, 2, 3, generator=generator, dtype=torch.float64)
    p[0, -1] = 0
    p[1, :, -1] = 0
    slope = gradient(x, out=torch.zeros_like(p))
    assert float((slope * p).sum()) == pytest.approx(float(-(x * divergence(p, out=torch.zeros_like(x))).sum()))


def test_a_run_that_stops_at_the_limit_says_so() -> None:
    image, _ = _random(2, 2, 24, 24)
    hole = _rectangle(24, 24, slice(5, 18), slice(5, 18)).repeat(2, 1, 1, 1)
    hole[1] = _rectangle(24, 24, slice(5, 6), slice(5, 6))
    image[1] = 0.5  # constant: done before the first iteration
    result = _complete(image, hole, max_iterations=20)
    assert result.converged is not None
    assert result.converged.tolist() == [False, True]
    assert result.diagnostics["iterations"].tolist() == [20, 0]
    assert 1e-4 < float(result.diagnostics["gap"][0]) <= 1
    assert float(result.diagnostics["gap"][1]) == 0


@pytest.mark.parametrize("epsilon", [0.0, 0.4])
def test_an_image_comes_out_the_same_bits_in_any_batch_and_order(epsilon: float) -> None:
    image, hole = _random(5, 13, 20, 23, 0.3)
    hole[:5] = _rectangle(20, 23, slice(5, 15), slice(6, 13))
    hole[5] = _rectangle(20, 23, slice(0, 20), slice(6, 13))
    parameters = {"epsilon": epsilon, "gap": 2e-3, "max_iterations": 300}
    together = _complete(image, hole, **parameters)
    order = torch.randperm(13, generator=torch.Generator().manual_seed(0))
    shuffled = _complete(image[order], hole[order], **parameters)
    assert torch.equal(shuffled.image, together.image[order])
    for name in ("gap", "iterations"):
        assert torch.equal(shuffled.diagnostics[name], together.diagnostics[name][order])
    for index in range(13):
        alone = _complete(image[index : index + 1], hole[index : index + 1], **parameters)
        assert torch.equal(alone.image[0], together.image[index])
        assert torch.equal(alone.diagnostics["gap"][0], together.diagnostics["gap"][index])


def test_pixels_beyond_the_rim_do_not_matter() -> None:
    image, _ = _random(8, 2, 20, 20)
    hole = _rectangle(20, 20, slice(8, 12), slice(8, 12)).repeat(2, 1, 1, 1)
    image[1, :, 7:13, 7:13] = image[0, :, 7:13, 7:13]
    completed = _complete(image, hole).image[:, :, 8:12, 8:12]
    assert torch.equal(completed[0], completed[1])


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    share=st.sampled_from([0.05, 0.5, 0.95]),
    epsilon=st.sampled_from([0.0, 0.2]),
)
def test_any_hole_is_filled_within_the_range_of_the_known_values(
    seed: int, height: int, width: int, share: float, epsilon: float
) -> None:
    image, hole = _random(seed, 3, height, width, share)
    batch = Batch(image.masked_fill(hole, 0), hole, (0, 1, 2))
    before = batch.corrupted.clone(), hole.clone()
    result = TotalVariation(epsilon=epsilon, gap=1e-2, max_iterations=500).complete(batch)
    assert torch.equal(batch.corrupted, before[0])
    assert torch.equal(batch.hole, before[1])
    assert result.image.dtype == torch.float32
    assert torch.isfinite(result.image).all()
    for index in range(3):
        assert 0 <= float(result.diagnostics["gap"][index]) <= 1
        missing = hole[index, 0]
        if missing.all():
            assert (result.image[index] == 0.5).all()
        elif missing.any():
            known, filled = image[index][:, ~missing], result.image[index][:, missing]
            assert (filled >= known.amin(1, keepdim=True) - 1e-6).all()
            assert (filled <= known.amax(1, keepdim=True) + 1e-6).all()


def test_full_and_empty_holes_are_no_work() -> None:
    image, hole = _random(6, 2, 4, 6)
    hole[0] = True
    result = _complete(image, hole)
    assert (result.image[0] == 0.5).all()
    assert torch.equal(result.image[1], image[1])
    assert result.converged is not None
    assert result.converged.all()
    assert result.diagnostics["gap"].tolist() == [0, 0]


@pytest.mark.realdata
def test_faces_score_what_total_variation_scores(real_data: Path) -> None:
    files = sorted((real_data / "celeba" / "img_align_celeba").glob("*.jpg"))[:48]
    crops = []
    for file in files:
        picture = Image.open(file).convert("RGB")
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = picture.crop((left, top, left + side, top + side)).resize((64, 64), Image.Resampling.BICUBIC)
        crops.append(np.asarray(square))
    image = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 255
    hole = _rectangle(64, 64, slice(22, 42), slice(22, 42)).repeat(len(image), 1, 1, 1)
    batch = Batch(image.masked_fill(hole, 0), hole, tuple(range(len(image))))
    result = TotalVariation().complete(batch)
    assert result.converged is not None
    assert result.converged.all()

    def hole_psnr(completed: Tensor) -> float:
        error = (completed - image)[..., 22:42, 22:42].square().mean((1, 2, 3))
        return float((-10 * error.log10()).mean())

    assert hole_psnr(result.image) == pytest.approx(17, abs=0.5)
    assert hole_psnr(result.image) > hole_psnr(MeanFill().complete(batch)) + 4
