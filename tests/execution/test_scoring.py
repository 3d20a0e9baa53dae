"""The panel of metrics: one number an image and metric, whatever a metric's plugin does."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from inpaintbench.api import MetricSpec
from inpaintbench.errors import InvalidOutputError, MissingWeightsError, PluginError
from inpaintbench.execution.chosen import ChosenMetric
from inpaintbench.execution.evaluating.scoring import OWN_COLUMNS, Panel
from inpaintbench.plugins import PluginSource, load_registry
from inpaintbench.selectors import Selection, select

CPU = torch.device("cpu")
PanelOf = Callable[..., Panel]


@pytest.fixture
def panel_of(small: dict[str, Any]) -> PanelOf:
    registry = load_registry(small["plugins"])

    def panel_of(*selectors: str, unavailable: str = "") -> Panel:
        return Panel(
            [ChosenMetric(one, unavailable=unavailable) for one in select(selectors, MetricSpec, registry)], CPU
        )

    return panel_of


@pytest.fixture
def scored() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return composites, images and holes of three images, a different share of which is missing: 1/4, 1/2, 1."""
    image = torch.zeros(3, 3, 16, 16)
    hole = torch.zeros(3, 1, 16, 16, dtype=torch.bool)
    for index, rows in enumerate((4, 8, 16)):
        hole[index, :, :rows] = True
    return image.masked_fill(hole, 0.2), image, hole


Scored = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def test_each_metric_gives_one_number_an_image(panel_of: PanelOf, scored: Scored) -> None:
    numbers = panel_of("psnr", "odd", "psnr_hole")(*scored)

    assert list(numbers) == ["psnr", "odd", "psnr_hole"]
    assert numbers["odd"] == [0.25, 0.5, 1.0]
    # 51 of 255 levels in the hole: 20 log10(5) dB there, and 10 log10(1 / share) more over the image
    decibels = 20 * math.log10(5)
    assert numbers["psnr_hole"] == pytest.approx([decibels] * 3)
    assert numbers["psnr"] == pytest.approx([decibels + 10 * math.log10(1 / share) for share in numbers["odd"]])


def test_undefined_is_a_number_too(panel_of: PanelOf, scored: Scored) -> None:
    numbers = panel_of("odd[fault=undefined]")(*scored)["odd[fault=undefined]"]

    assert [math.isnan(number) for number in numbers] == [True, True, False]


def test_a_metric_without_weights_is_left_out_and_not_built(panel_of: PanelOf, scored: Scored) -> None:
    assert panel_of("odd[fault=constructor]", unavailable="its weights are not here")(*scored) == {}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("shape", r"odd\[fault=shape\] returned torch.float64 \(\); expected .* one number an image, \(3,\)"),
        ("list", r"odd\[fault=list\] returned list"),
        ("infinite", r"odd\[fault=infinite\] returned an infinite number; where it is undefined, return NaN"),
    ],
)
def test_what_is_not_one_number_an_image_is_refused(
    panel_of: PanelOf, scored: Scored, fault: str, message: str
) -> None:
    panel = panel_of("psnr", f"odd[fault={fault}]")
    with pytest.raises(InvalidOutputError, match=message):
        panel(*scored)


def test_what_a_metric_raises_passes(panel_of: PanelOf, scored: Scored) -> None:
    panel = panel_of("odd[fault=raises]")
    panel.check()
    with pytest.raises(ValueError, match="the metric is broken"):
        panel(*scored)


def test_what_a_metric_raises_when_it_is_built_waits_for_the_cells(panel_of: PanelOf) -> None:
    panel = panel_of("psnr", "odd[fault=constructor]")
    with pytest.raises(ValueError, match="the metric cannot be built"):
        panel.check()


def test_what_a_metric_says_when_it_is_built_ends_the_run(monkeypatch: pytest.MonkeyPatch, panel_of: PanelOf) -> None:
    def without_weights(self: Selection[MetricSpec]) -> None:
        raise MissingWeightsError("the file is damaged")

    monkeypatch.setattr(Selection, "build", without_weights)
    with pytest.raises(MissingWeightsError, match="the file is damaged"):
        panel_of("psnr")


@pytest.mark.parametrize("name", sorted(OWN_COLUMNS))
def test_a_metric_cannot_take_the_name_of_a_records_own_column(name: str) -> None:
    spec = MetricSpec(name=name, target="a:B", summary="", higher_is_better=True, label="")
    score = ChosenMetric(Selection(spec, PluginSource("given", "theirs"), ()))
    with pytest.raises(PluginError, match=f"No metric can be called '{name}'"):
        Panel([score], CPU)


def test_a_movable_metric_is_moved(monkeypatch: pytest.MonkeyPatch, panel_of: PanelOf) -> None:
    moved: list[torch.device] = []

    class Heavy:
        def to(self, device: torch.device) -> None:
            moved.append(device)

    monkeypatch.setattr(Selection, "build", lambda self: Heavy())
    panel_of("psnr", "ssim")

    assert moved == [CPU, CPU]
