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
from inpaintbench_methods.context_encoder.method import ContextEncoder
from inpaintbench_methods.context_encoder.spec import CONTEXT_ENCODER
from inpaintbench_methods.mixture import MIXTURE


def _training() -> TrainingSpec:
    training = CONTEXT_ENCODER.training
    assert training is not None
    return training


TRAINING = _training()


@pytest.mark.parametrize("size", TRAINING.sizes)
@pytest.mark.parametrize("mask", MIXTURE)
def test_every_mask_of_the_mixture_can_be_drawn_at_every_size(mask: str, size: int) -> None:
    (selection,) = select([mask], MaskSpec, load_registry())
    hole = draw_hole(selection.build().draw, size, size, About(0, "", "picture", mask))
    assert 0.01 < hole.mean() < 0.9


def test_the_mixture_scales_with_the_picture() -> None:
    for mask, pixels in (("center_square[side=0.15625]", 10**2), ("center_square[side=0.46875]", 30**2)):
        assert mask in MIXTURE
        (selection,) = select([mask], MaskSpec, load_registry())
        drawn = {
            size: draw_hole(selection.build().draw, size, size, About(0, "", "a", mask)).sum() for size in (32, 64, 128)
        }
        assert drawn == {32: pixels // 4, 64: pixels, 128: pixels * 4}


def test_trainer_and_method_take_what_the_harness_calls_them_with() -> None:
    declared = [parameter.name for parameter in CONTEXT_ENCODER.parameters]
    own = [name for name in declared if name not in CONTEXT_ENCODER.withheld]
    assert resolve_target(CONTEXT_ENCODER.target) is ContextEncoder
    method = inspect.signature(ContextEncoder).parameters
    trainer = inspect.signature(resolve_target(TRAINING.target)).parameters
    assert list(method) == own
    assert list(trainer) == [*TRAINING.shaped_by, "size", "generator"]
    for parameter in CONTEXT_ENCODER.parameters:
        if parameter.name in own:
            assert method[parameter.name].default == parameter.default
            assert trainer[parameter.name].default == parameter.default


def test_it_is_trained_for_each_mask_if_asked() -> None:
    values = {parameter.name: parameter.default for parameter in CONTEXT_ENCODER.parameters}
    given = {name: value for name, value in values.items() if value is not None}
    assert not TRAINING.trains_per_mask(given)
    assert TRAINING.trains_per_mask({**given, "train_on": "mask"})


@pytest.mark.parametrize("written", ["network=middle", "link=none", "adversarial=1.5", "width=0", "overlap=-1"])
def test_values_that_mean_nothing_are_refused(written: str) -> None:
    name, _, value = written.partition("=")
    parameter = next(parameter for parameter in CONTEXT_ENCODER.parameters if parameter.name == name)
    with pytest.raises(ParameterError, match=f"^{name}={value} is not possible"):
        parameter.parse(value)


def test_the_spec_imports_nothing_heavy() -> None:
    code = "import sys, inpaintbench_methods.context_encoder.spec; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "inpaintbench_methods.context_encoder.spec" in loaded
    assert not {"numpy", "torch", "jaxtyping"} & set(loaded)
