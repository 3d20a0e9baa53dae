"""What a method says of its training, and presets: what specs refuse, and what selectors make of them."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from inpaintbench.api import MaskSpec, MethodSpec, Parameter, TrainingSpec, budget
from inpaintbench.api.learning import BUDGET
from inpaintbench.errors import ParameterError, PluginError, UnknownNameError
from inpaintbench.plugins import PluginSource, Registry
from inpaintbench.selectors import Selection, select

WIDTH = Parameter(name="width", kind="integer", help="", default=2, minimum=1)
GAIN = Parameter(name="gain", kind="number", help="", default=1.0)
SIDE = Parameter(name="side", kind="extent", help="", default=8, always_shown=True)
PRESETS: dict[str, dict[str, Any]] = {"quick": {"steps": 10}, "standard": {"width": 4}, "plain": {}}


def method(name: str = "learner", **changes: Any) -> MethodSpec:
    given: dict[str, Any] = {
        "name": name,
        "target": "a:B",
        "summary": "",
        "parameters": (WIDTH, GAIN, *budget(steps=20, batch=8)),
        "training": TrainingSpec(target="a:C", shaped_by=("width",)),
        "presets": PRESETS,
        "preset": "standard",
    }
    return MethodSpec(**given | changes)


def one(selector: str, *specs: MethodSpec) -> Selection[MethodSpec]:
    registry = Registry()
    registry.add(specs or [method()], PluginSource("bundled", "test"))
    (selection,) = select([selector], MethodSpec, registry)
    return selection


def test_the_budget_of_a_method() -> None:
    parameters = {parameter.name: parameter for parameter in budget(steps=700, batch=16)}

    assert set(parameters) == BUDGET == {"steps", "epochs", "batch", "train_seed", "checkpoint"}
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "steps": 700,
        "epochs": 0.0,
        "batch": 16,
        "train_seed": 0,
        "checkpoint": "none",
    }
    assert parameters["checkpoint"].is_place  # so that the place counts for no seed


@pytest.mark.parametrize("wrong", ["steps=0", "steps=1.5", "epochs=-1", "batch=0", "train_seed=-1"])
def test_a_budget_that_cannot_be_spent_is_refused(wrong: str) -> None:
    with pytest.raises(ParameterError, match=rf"method learner: .*{wrong.partition('=')[0]}"):
        one(f"learner[{wrong}]")


@pytest.mark.parametrize("target", ["", "module", "module.Class", "a:B c", ":B"])
def test_a_training_without_a_target_is_refused(target: str) -> None:
    with pytest.raises(PluginError, match=r"is no target of a training; expected 'package\.module:Class'"):
        TrainingSpec(target=target)


@pytest.mark.parametrize("version", [0, -1, 1.0, True, "1"])
def test_a_trainings_version_is_a_whole_number_from_1(version: Any) -> None:
    with pytest.raises(PluginError, match="cannot be a training's version; expected a whole number from 1"):
        TrainingSpec(target="a:B", version=version)


def test_what_is_trained_per_mask() -> None:
    spec = TrainingSpec(target="a:B", per_mask=(("holes", "own"), ("deep", True)))

    assert spec.trains_per_mask({"holes": "own", "deep": True, "other": 1})
    assert not spec.trains_per_mask({"holes": "own", "deep": False})
    assert not spec.trains_per_mask({"deep": True})
    assert not TrainingSpec(target="a:B").trains_per_mask({"holes": "own"})


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"parameters": (WIDTH, GAIN)}, "batch, checkpoint, epochs, steps, train_seed"),
        ({"parameters": (WIDTH, *budget(steps=1)[1:])}, "steps"),
        ({"parameters": budget(steps=1)}, "width"),
        ({"training": TrainingSpec(target="a:C", per_mask=(("holes", "own"),))}, "holes"),
    ],
)
def test_a_training_needs_its_parameters(changes: dict[str, Any], lacking: str) -> None:
    with pytest.raises(PluginError, match=f"method learner: its training needs the parameters {lacking}, which"):
        method(**{"presets": {}, "preset": ""} | changes)


def test_a_method_is_not_built_with_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("learners_target")
    module.__dict__["build"] = lambda **given: given
    monkeypatch.setitem(sys.modules, "learners_target", module)
    learns = method("learns", target="learners_target:build")
    steps = Parameter(name="steps", kind="integer", help="", default=5)
    iterates = MethodSpec(name="iterates", target="learners_target:build", summary="", parameters=(steps,))

    assert learns.withheld == BUDGET
    assert one("learns", learns).build() == {"width": 4, "gain": 1.0}
    assert iterates.withheld == frozenset()
    assert one("iterates", iterates).build() == {"steps": 5}  # the same name is its own where nothing is trained


@pytest.mark.parametrize(
    "changes",
    [
        {"preset": ""},
        {"preset": "slow"},
        {"presets": {}},
        {"parameters": (*method().parameters, Parameter(name="preset", kind="text", help="", default="x"))},
    ],
)
def test_presets_name_the_one_that_counts(changes: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match=r"method learner: '.*' cannot be the preset; expected one of"):
        method(**changes)


def test_no_parameter_is_called_preset_even_without_presets() -> None:
    taken = Parameter(name="preset", kind="text", help="", default="x")
    with pytest.raises(PluginError, match="no parameter of the name 'preset'"):
        MaskSpec(name="m", target="a:B", summary="", parameters=(taken,))


@pytest.mark.parametrize(
    ("preset", "name"), [({"depth": 1}, "depth"), ({"width": 0}, "width"), ({"gain": "much"}, "gain")]
)
def test_a_preset_that_no_selector_could_give_is_refused(preset: dict[str, Any], name: str) -> None:
    with pytest.raises(PluginError, match=f"method learner: the preset quick cannot set {name}: "):
        method(presets={"quick": preset}, preset="quick")


@pytest.mark.parametrize(
    ("selector", "width", "steps", "name"),
    [
        ("learner", 4, 20, "learner"),
        ("learner[preset=standard]", 4, 20, "learner"),
        ("learner[preset=quick]", 2, 10, "learner[preset=quick]"),
        ("learner[preset=plain]", 2, 20, "learner[preset=plain]"),
        ("learner[steps=10,preset=quick]", 2, 10, "learner[preset=quick]"),
        ("learner[steps=20,preset=quick]", 2, 20, "learner[preset=quick,steps=20]"),
        ("learner[width=4]", 4, 20, "learner"),
        ("learner[width=2]", 2, 20, "learner[width=2]"),
    ],
)
def test_a_preset_gives_other_defaults(selector: str, width: int, steps: int, name: str) -> None:
    selection = one(selector)
    values = dict(selection.values)

    assert (values["width"], values["steps"]) == (width, steps)
    assert selection.name == name
    assert one(name).values == selection.values


def test_equal_parameters_have_one_portable_name_whatever_preset_gave_them() -> None:
    assert one("learner[preset=quick]").portable_name == one("learner[width=2,steps=10]").portable_name
    assert one("learner").portable_name == "learner[width=4]"


@pytest.mark.parametrize(
    "selector", ["learner", "learner[preset=quick]", "learner[preset=plain,gain=2]", "learner[width=9]"]
)
def test_a_shortened_name_gives_these_parameters_their_values(selector: str) -> None:
    selection = one(selector)
    short = one(selection.name_with(("width", "steps")))

    assert {name: dict(short.values)[name] for name in ("width", "steps")} == {
        name: dict(selection.values)[name] for name in ("width", "steps")
    }
    assert dict(short.values)["gain"] == 1.0


def test_a_shortened_name_holds_nothing_else() -> None:
    assert one("learner[preset=quick,gain=2]").name_with(("steps",)) == "learner[steps=10]"
    assert one("learner[gain=2]").name_with(()) == "learner"


def test_an_unknown_preset_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNameError) as caught:
        one("learner[preset=quik]")
    assert str(caught.value) == (
        "There is no preset of the method learner called 'quik'. Did you mean quick? Known: plain, quick, standard."
    )


def test_a_plugin_without_presets_has_no_such_parameter() -> None:
    with pytest.raises(UnknownNameError, match="no parameter of the method plain called 'preset'"):
        one("plain[preset=quick]", method("plain", presets={}, preset=""))


def test_masks_have_presets_too() -> None:
    registry = Registry()
    presets = {"small": {"side": 4}, "usual": {}}
    spec = MaskSpec(name="square", target="a:B", summary="", parameters=(SIDE,), presets=presets, preset="usual")
    registry.add([spec], PluginSource("bundled", "test"))
    (selection,) = select(["square[preset=small]"], MaskSpec, registry)

    assert dict(selection.values) == {"side": 4}
    assert selection.name == "square[preset=small,side=4]"
