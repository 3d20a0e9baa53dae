from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import inpaintbench_masks
from inpaintbench.api import MaskSpec
from inpaintbench.errors import ParameterError
from inpaintbench.selectors import resolve_target
from inpaintbench_masks.specs.terms import MEASURED

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


@pytest.mark.parametrize(
    ("mask", "name", "most"),
    [
        ("free_form", "max_strokes", 1000),
        ("free_form", "max_vertices", 100),
        ("free_form", "min_width", 256),
        ("free_form", "max_width", 256),
        ("scratches", "min_count", 1000),
        ("scratches", "max_count", 1000),
        ("scratches", "min_width", 256),
        ("scratches", "max_width", 256),
        ("irregular", "dilation", 10_000),
    ],
)
def test_numbers_that_cost_time_and_memory_are_bounded(mask: str, name: str, most: int) -> None:
    spec = next(spec for spec in SPECS if spec.name == mask)
    parameter = next(parameter for parameter in spec.parameters if parameter.name == name)

    assert parameter.parse(str(most)) == most
    with pytest.raises(ParameterError, match=rf"^{name}={most + 1} is not possible: expected .* at most {most}\.$"):
        parameter.parse(str(most + 1))


def test_measured_shares_stand_in_the_documentation_alone() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "masks.md").read_text(encoding="utf-8")
    measured = set(re.findall(r"^\| `(\w+)\[.* \d\.\d+ ± ", page, re.MULTILINE))

    assert "brush" in measured
    assert measured - {spec.name for spec in SPECS if MEASURED in spec.notes} == {"random_pixels"}  # known without
    assert not [spec.name for spec in SPECS if re.search(r"1,000 (draws|holes)", spec.notes)]


def test_listing_the_masks_imports_nothing_heavy() -> None:
    code = "import sys, inpaintbench_masks as m; m.register_masks(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "inpaintbench_masks" in loaded
    assert not {"numpy", "torch", "PIL", "jaxtyping"} & set(loaded)
