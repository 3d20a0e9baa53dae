from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaintbench.api import MetricSpec
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select
from inpaintbench.testing import Outcome
from inpaintbench.testing.metrics import METRIC_CHECKS, MetricSubject

WRONG = Path(__file__).with_name("wrong_metrics.py")
ALL_KEPT = {check.name: "kept" for check in METRIC_CHECKS}
ONE_SIDED = ALL_KEPT | {"symmetric": "not applicable"}
FUNCTIONS = (
    "multiscale_structural_similarity_index_measure",
    "spatial_correlation_coefficient",
    "structural_similarity_index_measure",
    "universal_image_quality_index",
    "visual_information_fidelity",
)

Examine = Callable[..., dict[str, Outcome]]
Statuses = Callable[..., dict[str, dict[str, str]]]


def names(outcomes: dict[str, Outcome], status: str) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome.status == status}


@pytest.mark.parametrize("check", METRIC_CHECKS, ids=str)
def test_a_metric_with_one_fault_is_caught_by_the_check_of_that_name(check: Any, examine: Examine) -> None:
    outcomes = examine("metric", f"wrong_{check.name}", WRONG)

    assert names(outcomes, "broken") == {check.name}
    assert names(outcomes, "kept") >= set(check.needs)


def test_a_metric_without_a_fault_keeps_all_promises(examine: Examine) -> None:
    assert names(examine("metric", "right", WRONG), "kept") == set(ALL_KEPT)


@pytest.mark.parametrize(
    ("name", "check", "status", "said"),
    [
        ("one_sided", "symmetric", "not applicable", "the spec declares that it is not"),
        ("undeclared", "identity", "not applicable", "the spec declares no identity: it depends on the picture"),
        ("infinite_by_declaration", "identity", "kept", ""),
        ("infinite_by_declaration", "finite", "kept", ""),
    ],
)
def test_what_the_spec_declares_counts(name: str, check: str, status: str, said: str, examine: Examine) -> None:
    outcomes = examine("metric", name, WRONG)

    assert (outcomes[check].status, outcomes[check].said) == (status, said)
    assert not names(outcomes, "broken")


def test_the_noise_grows_in_the_holes_alone_and_otherwise_stays_the_same(tmp_path: Path) -> None:
    (selection,) = select(["l1"], MetricSpec, load_registry())
    subject = MetricSubject(selection, load_registry(), "cpu", tmp_path)
    weak, strong = subject.noisy(4), subject.noisy(16)

    assert torch.equal(weak.image, strong.image)
    for scored, strength in ((weak, 4), (strong, 16)):
        levels = 255 * (scored.composite - scored.image)
        assert torch.equal(levels.masked_fill(scored.hole, 0), torch.zeros_like(levels))
        assert strength - 1 < float(levels.abs().max()) < strength + 0.01
        assert torch.allclose(scored.composite * 255, (scored.composite * 255).round(), atol=1e-4)
    assert torch.equal(subject.noisy(0).composite, subject.noisy(0).image)


@pytest.fixture(scope="module")
def bundled(statuses: Statuses) -> dict[str, dict[str, str]]:
    """Return what came of all bundled metrics that need no weights."""
    functions = [f"torchmetrics[function={function}]" for function in FUNCTIONS]
    return statuses("metric", "psnr", "ssim", "l1", "psnr_hole", "l1_hole", *functions)


@pytest.mark.parametrize("name", ["psnr", "ssim", "l1", "psnr_hole", "l1_hole"])
def test_a_bundled_metric_keeps_all_promises(name: str, bundled: dict[str, dict[str, str]]) -> None:
    assert bundled[name] == ALL_KEPT


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_metric_of_torchmetrics_keeps_all_promises(function: str, bundled: dict[str, dict[str, str]]) -> None:
    assert bundled[f"torchmetrics[function={function}]"] == ONE_SIDED


@pytest.mark.realdata
def test_lpips_keeps_all_promises(statuses: Statuses) -> None:
    (outcomes,) = statuses("metric", "lpips").values()

    assert outcomes == ALL_KEPT


def test_of_a_metric_whose_weights_are_not_here_nothing_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examine: Examine
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    outcomes = examine("metric", "lpips[net=alex]")

    assert names(outcomes, "not applicable") == set(ALL_KEPT)
    assert outcomes["scores"].said == "the weights alexnet-owt-7be5be79.pth are not here"
    assert not list(tmp_path.iterdir())
