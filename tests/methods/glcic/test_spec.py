from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from inpaintbench.api import MaskSpec, TrainingSpec
from inpaintbench.errors import ParameterError
from inpaintbench.holes import About, draw_hole
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import resolve_target, select
from inpaintbench_methods.glcic.method import GLCIC as METHOD
from inpaintbench_methods.glcic.spec import GLCIC


def _training() -> TrainingSpec:
    training = GLCIC.training
    assert training is not None
    return training


TRAINING = _training()


def test_trainer_and_method_take_what_the_harness_calls_them_with() -> None:
    own = [parameter.name for parameter in GLCIC.parameters if parameter.name not in GLCIC.withheld]
    assert resolve_target(GLCIC.target) is METHOD
    method = inspect.signature(METHOD).parameters
    trainer = inspect.signature(resolve_target(TRAINING.target)).parameters
    assert list(method) == own
    assert list(trainer) == [*TRAINING.shaped_by, "size", "generator"]
    for parameter in GLCIC.parameters:
        if parameter.name in own:
            assert method[parameter.name].default == parameter.default
        if parameter.name in TRAINING.shaped_by:
            assert trainer[parameter.name].default == parameter.default


def test_only_what_is_done_afterwards_does_not_shape_the_training() -> None:
    own = {parameter.name for parameter in GLCIC.parameters} - GLCIC.withheld
    assert own - set(TRAINING.shaped_by) == {"postprocess"}


@pytest.mark.parametrize("size", [32, 48, 100])
def test_every_mask_of_the_mixture_can_be_drawn_at_sizes_that_are_no_powers_of_two(size: int) -> None:
    for selection in select(TRAINING.masks, MaskSpec, load_registry()):
        hole = draw_hole(selection.build().draw, size, size, About(0, "", "picture", selection.name))
        assert 0.01 < hole.mean() < 0.9


@pytest.mark.parametrize(
    "written", ["width=1", "holes=circle", "largest=0.6", "smallest=-0.1", "alpha=-1", "optimizer=sgd", "decay=1.5"]
)
def test_values_that_mean_nothing_are_refused(written: str) -> None:
    name, _, value = written.partition("=")
    parameter = next(parameter for parameter in GLCIC.parameters if parameter.name == name)
    with pytest.raises(ParameterError, match=f"^{name}={value} is not possible"):
        parameter.parse(value)


def test_the_spec_imports_nothing_heavy() -> None:
    code = "import sys, inpaintbench_methods.glcic.spec; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "inpaintbench_methods.glcic.spec" in loaded
    assert not {"numpy", "torch", "jaxtyping"} & set(loaded)
