"""Every bundled plugin keeps what its spec says. The registry is the list of tests."""

from __future__ import annotations

import inspect

import pytest

from inpaintbench.api import MethodSpec, MetricSpec, PluginSpec
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import resolve_target

SPECS = [entry.spec for entries in load_registry().entries.values() for entry in entries.values()]
LEARNED = [spec for spec in SPECS if isinstance(spec, MethodSpec) and spec.training]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=[f"{spec.kind}-{spec.name}" for spec in SPECS])


@every_spec
def test_the_parameters_are_the_keywords_of_the_class(spec: PluginSpec) -> None:
    signature = inspect.signature(resolve_target(spec.target))
    given = [parameter.name for parameter in spec.parameters if parameter.name not in spec.withheld]
    assert list(signature.parameters) == given


@pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)
def test_what_shapes_a_training_are_the_keywords_of_its_trainer(spec: MethodSpec) -> None:
    assert spec.training is not None
    signature = inspect.signature(resolve_target(spec.training.target))
    declared = {parameter.name: parameter.default for parameter in spec.parameters}
    assert set(signature.parameters) == {*spec.training.shaped_by, "size", "generator"}
    for name in spec.training.shaped_by:
        assert signature.parameters[name].default in (inspect.Parameter.empty, declared[name])


@pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)
def test_methods_that_learn_have_the_three_presets(spec: MethodSpec) -> None:
    others = {"context_encoder": ["centre"]}.get(spec.name, [])  # not a budget, but another network
    assert list(spec.presets) == ["quick", "standard", "paper", *others]
    assert spec.preset == "standard"
    assert spec.presets["standard"] == {}
    assert spec.presets["quick"]["width"] < 64


@every_spec
def test_a_default_of_the_class_is_the_default_of_the_spec(spec: PluginSpec) -> None:
    signature = inspect.signature(resolve_target(spec.target))
    for parameter in spec.parameters:
        if parameter.name in spec.withheld:
            continue
        default = signature.parameters[parameter.name].default
        assert default is inspect.Parameter.empty or default == parameter.default


@every_spec
def test_defaults_lie_in_the_range_of_their_parameter(spec: PluginSpec) -> None:
    for parameter in spec.parameters:
        if parameter.default is not None:
            assert parameter.check(parameter.default) == parameter.default


@every_spec
def test_it_says_what_it_is_in_a_sentence(spec: PluginSpec) -> None:
    assert spec.summary.endswith(".")
    assert all(parameter.help.endswith(".") for parameter in spec.parameters)


def test_the_scoring_protocol_is_there() -> None:
    metrics = {spec.name: spec for spec in SPECS if isinstance(spec, MetricSpec) and spec.default}
    assert list(metrics) == ["psnr", "ssim", "lpips", "l1", "psnr_hole", "l1_hole"]
    assert [name for name, spec in metrics.items() if spec.ranked] == ["psnr", "ssim", "lpips"]
    assert [name for name, spec in metrics.items() if spec.higher_is_better] == ["psnr", "ssim", "psnr_hole"]
