from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inpaintbench.api import MetricSpec, Parameter
from inpaintbench.errors import DatasetError, ParameterError, UnknownNameError
from inpaintbench.execution.planning.plan import Plan, default_metrics, make_plan
from inpaintbench.plugins import PluginSource, Registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite
from inpaintbench.weights import WeightsFile

Look = Callable[..., Plan]


def test_a_mask_that_does_not_fit_is_refused_before_anything_runs(look: Look) -> None:
    with pytest.raises(ParameterError, match=r"center_square\[side=17\] does not fit"):
        look(masks=("full1", "center_square[side=17]"))


def test_what_a_data_set_says_of_itself_reaches_whoever_asked(look: Look, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="absent is not there: fetch it from its authors"):
        look(datasets=("absent_dataset",))
    with pytest.raises(DatasetError, match=r"There is no folder .*nowhere"):
        look(datasets=(f"image_folder[path={tmp_path}/nowhere]",))
    with pytest.raises(DatasetError, match=r"The data set drawn\[count=0\] has no test item"):
        look(datasets=("drawn[count=0]",))
    with pytest.raises(UnknownNameError, match="Did you mean drawn"):
        look(datasets=("drwan",))


def test_a_plugin_that_cannot_be_built_costs_its_cells_alone(look: Look) -> None:
    broken = ("broken_dataset", "odd_dataset", "nowhere_dataset")
    plan = look(
        methods=("fill1", "broken_method"),
        datasets=("drawn", *broken),
        masks=("full1", "broken_mask", "fragile_mask", "nowhere_mask"),
    )
    found = {planned.cell.names[1]: planned.cell.dataset.built for planned in plan}
    masks = {planned.cell.names[2]: planned.cell.mask.built for planned in plan}

    assert [planned.state for planned in plan] == 32 * ["missing"]
    assert repr(found["broken_dataset"]) == "RuntimeError('cannot be built')"
    assert repr(found["odd_dataset"]) == "TypeError(\"fingerprint returned b'bytes'; expected text.\")"
    assert "has no Nowhere" in str(found["nowhere_dataset"])
    assert repr(masks["broken_mask"]) == "RuntimeError('cannot be built')"
    assert isinstance(masks["fragile_mask"], ZeroDivisionError)
    assert "has no Nowhere" in str(masks["nowhere_mask"])
    assert not isinstance(found["drawn"], Exception)
    assert not isinstance(masks["full1"], Exception)


def test_missing_weights_make_a_column_unavailable(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "weights"))
    (planned,) = look(metrics=("psnr", "lpips"))
    psnr, lpips = (score.column for score in planned.cell.metrics)

    assert psnr.unavailable == ""
    assert lpips.name == "lpips[net=squeeze]"
    assert lpips.label == "LPIPS (squeeze)"
    assert f"squeezenet1_1-b8a52dc0.pth is not at {tmp_path / 'weights'}" in lpips.unavailable
    assert lpips.weights == ""


def test_why_weights_cannot_be_had_is_the_columns_reason(registry: Registry, suite: Suite, tmp_path: Path) -> None:
    def offline(file: WeightsFile) -> str:
        return f"no network for {file.filename}"

    (planned,) = make_plan(suite.replace(metrics=("lpips[net=alex]",)), registry, Store(tmp_path), offline)

    assert planned.cell.metrics[0].unavailable == "no network for alexnet-owt-7be5be79.pth"


def test_a_metric_that_cannot_say_what_it_needs_is_unavailable(look: Look) -> None:
    (planned,) = look(metrics=("lost",))

    assert planned.cell.metrics[0].unavailable == "RuntimeError: nobody knows what it needs"


def test_the_default_metrics_are_those_of_the_protocol_and_need_nothing(registry: Registry) -> None:
    needy = Parameter(name="weights", kind="path", help="")
    spec = MetricSpec(name="needy", target="a:B", summary="", higher_is_better=True, label="N", parameters=(needy,))
    registry.add([spec], PluginSource("given", "test"))

    assert default_metrics(registry) == ("psnr", "ssim", "lpips", "l1", "psnr_hole", "l1_hole")
