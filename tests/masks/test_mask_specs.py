from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import inpaintbench_masks
from inpaintbench.api import MaskSpec
from inpaintbench.selectors import resolve_target

SPECS = inpaintbench_masks.register_masks()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_class_takes_the_declared_parameters_with_their_defaults(spec: MaskSpec) -> None:
    taken = inspect.signature(resolve_target(spec.target)).parameters

    assert list(taken) == [parameter.name for parameter in spec.parameters]
    for parameter in spec.parameters:
        default = inspect.Parameter.empty if parameter.required else parameter.default
        assert taken[parameter.name].default == default


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_defaults_are_values_that_the_parameter_accepts(spec: MaskSpec) -> None:
    for parameter in spec.parameters:
        if parameter.default is not None:
            assert parameter.check(parameter.default) == parameter.default


def test_listing_the_masks_imports_nothing_heavy() -> None:
    code = "import sys, inpaintbench_masks as m; m.register_masks(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "inpaintbench_masks" in loaded
    assert not {"numpy", "torch", "PIL", "jaxtyping"} & set(loaded)
