"""`torchmetrics[function=…]`: the library's own numbers, one image at a time."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
import torchmetrics.functional.image as functional

from inpaintbench.api import MetricSpec
from inpaintbench.errors import ParameterError
from inpaintbench.metrics.library import TorchmetricsFunction
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select


def _pictures() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(3, 3, 48, 48, generator=generator)
    noise = torch.rand(3, 3, 48, 48, generator=generator) - 0.5
    return (image + 0.2 * noise).clamp(0, 1), image, torch.ones(3, 1, 48, 48, dtype=torch.bool)


def test_an_image_has_the_number_that_the_library_gives_it_alone() -> None:
    composite, image, hole = _pictures()
    found = TorchmetricsFunction("visual_information_fidelity")(composite, image, hole)
    for position in range(3):
        alone = functional.visual_information_fidelity(
            255 * composite[position : position + 1], 255 * image[position : position + 1]
        )
        assert found[position].item() == pytest.approx(alone.item(), abs=1e-7)
    assert 0 < found.min() < found.max() < 1


@pytest.mark.parametrize("function", ["universal_image_quality_index", "visual_information_fidelity"])
def test_functions_that_are_made_for_levels_find_noise_that_grows_worse_and_worse(function: str) -> None:
    _, image, hole = _pictures()
    smooth = torch.nn.functional.avg_pool2d(image, 5, 1, 2)
    noise = torch.rand(image.shape, generator=torch.Generator().manual_seed(3)) - 0.5
    found = [TorchmetricsFunction(function)(smooth + s * noise, smooth, hole) for s in (0.0, 0.02, 0.1, 0.4)]
    assert found[0].tolist() == pytest.approx([1, 1, 1], abs=1e-3)
    assert all((worse < better).all() for better, worse in itertools.pairwise(found))


def test_every_function_that_can_be_chosen_is_there_and_finds_identical_pictures_alike() -> None:
    spec = load_registry().get("metric", "torchmetrics").spec
    for function in spec.parameters[0].choices:
        image = torch.rand(1, 3, 180, 180, generator=torch.Generator().manual_seed(1))
        hole = torch.ones(1, 1, 180, 180, dtype=torch.bool)
        metric = TorchmetricsFunction(function)
        same = metric(image, image, hole)
        different = metric(torch.flip(image, (3,)), image, hole)
        assert same.item() == pytest.approx(1, abs=1e-3), function
        assert different.item() < 0.9, function


def test_it_is_scored_only_when_asked_for_and_another_function_is_refused() -> None:
    registry = load_registry()
    (selection,) = select(["torchmetrics[function=universal_image_quality_index]"], MetricSpec, registry)
    assert not selection.spec.default
    with pytest.raises(ParameterError, match="expected one of multiscale_structural_similarity_index_measure"):
        select(["torchmetrics[function=peak]"], MetricSpec, registry)


@pytest.mark.parametrize(
    ("function", "smallest"),
    [
        ("multiscale_structural_similarity_index_measure", 176),
        ("spatial_correlation_coefficient", 8),
        ("visual_information_fidelity", 41),
    ],
)
def test_undefined_where_the_library_refuses_the_size(function: str, smallest: int) -> None:
    metric = TorchmetricsFunction(function)
    image = torch.rand(2, 3, smallest, smallest, generator=torch.Generator().manual_seed(2))
    composite, hole = image.flip(3), torch.ones(2, 1, smallest, smallest, dtype=torch.bool)
    assert metric(composite, image, hole).isfinite().all()
    for rows, columns in ((smallest - 1, smallest), (smallest, smallest - 1), (7, 7)):
        found = metric(composite[..., :rows, :columns], image[..., :rows, :columns], hole[..., :rows, :columns])
        assert found.dtype == torch.float64
        assert found.isnan().tolist() == [True, True], (rows, columns)


def test_any_other_refusal_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> torch.Tensor:
        raise ValueError("Expected `kernel_size` to have odd positive number. Got 2.")

    monkeypatch.setattr(functional, "visual_information_fidelity", refuse)
    with pytest.raises(ValueError, match="kernel_size"):
        TorchmetricsFunction("visual_information_fidelity")(*_pictures())
