from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from inpaintbench.api import TrainingSpec
from inpaintbench.errors import ParameterError
from inpaintbench.selectors import resolve_target
from inpaintbench_methods.yeh.dcgan import Architecture
from inpaintbench_methods.yeh.method import Yeh
from inpaintbench_methods.yeh.spec import YEH


def _training() -> TrainingSpec:
    training = YEH.training
    assert training is not None
    return training


TRAINING = _training()


def test_trainer_and_method_take_what_the_harness_calls_them_with() -> None:
    own = [parameter.name for parameter in YEH.parameters if parameter.name not in YEH.withheld]
    assert resolve_target(YEH.target) is Yeh
    method = inspect.signature(Yeh).parameters
    trainer = inspect.signature(resolve_target(TRAINING.target)).parameters
    assert list(method) == own
    assert list(trainer) == [*TRAINING.shaped_by, "size", "generator"]
    for parameter in YEH.parameters:
        if parameter.name in own:
            assert method[parameter.name].default == parameter.default
        if parameter.name in TRAINING.shaped_by:
            assert trainer[parameter.name].default == parameter.default


def test_the_defaults_are_the_papers() -> None:
    defaults = {parameter.name: parameter.default for parameter in YEH.parameters}
    stated = {"prior": 0.003, "window": 7, "iterations": 1500, "latent": 100, "clip": "hard", "blend": "poisson"}
    assert stated.items() <= defaults.items()
    assert YEH.presets["standard"] == {}
    assert not set(stated) & set(YEH.presets["paper"])


@pytest.mark.parametrize("size", TRAINING.sizes)
def test_there_are_networks_for_every_size(size: int) -> None:
    assert Architecture(size).channels[-1] == 64


@pytest.mark.parametrize(
    "written", ["clip=soft", "blend=none", "restarts=0", "width=0", "latent=0", "window=1", "prior=-1", "rate=-0.1"]
)
def test_values_that_mean_nothing_are_refused(written: str) -> None:
    name, _, value = written.partition("=")
    parameter = next(parameter for parameter in YEH.parameters if parameter.name == name)
    with pytest.raises(ParameterError, match=f"^{name}={value} is not possible"):
        parameter.parse(value)


def test_the_spec_imports_nothing_heavy() -> None:
    code = "import sys, inpaintbench_methods.yeh.spec; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "inpaintbench_methods.yeh.spec" in loaded
    assert not {"numpy", "torch", "jaxtyping"} & set(loaded)
