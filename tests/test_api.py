from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import pytest
import torch

from inpaintbench import api
from inpaintbench.api import (
    Batch,
    Completion,
    DatasetSpec,
    Download,
    Fingerprinted,
    MaskSpec,
    MethodSpec,
    MetricSpec,
    Movable,
    Parameter,
    PluginSpec,
)
from inpaintbench.errors import PluginError


def spec(spec_type: type[PluginSpec], **given: Any) -> PluginSpec:
    required = {"name": "grey", "target": "package.grey:Grey", "summary": "Grey."}
    if spec_type is MetricSpec:
        required |= {"higher_is_better": True, "label": "grey"}  # type: ignore[dict-item]
    return spec_type(**required | given)


@pytest.mark.parametrize(
    ("spec_type", "kind"),
    [(MethodSpec, "method"), (DatasetSpec, "dataset"), (MaskSpec, "mask"), (MetricSpec, "metric")],
)
def test_each_spec_knows_its_kind_and_cannot_be_changed(spec_type: type[PluginSpec], kind: str) -> None:
    made = spec(spec_type)

    assert made.kind == kind
    assert made.version == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("decimals", [-1, 13, 2.5, "two"])
def test_decimals_that_cannot_be_printed_are_refused(decimals: Any) -> None:
    with pytest.raises(PluginError, match=f"metric grey: {decimals!r} decimals cannot be printed; expected a whole"):
        spec(MetricSpec, decimals=decimals)


@pytest.mark.parametrize("name", ["tv", "center_square", "lama-thick", "v1.5", "T5"])
def test_names_of_letters_digits_and_some_signs_are_accepted(name: str) -> None:
    assert spec(MethodSpec, name=name).name == name


@pytest.mark.parametrize("name", ["", "5t", "_tv", "a b", "a[b]", "a,b", "a=b", "a*", "é", "tv\n"])
def test_names_that_could_not_be_selected_are_refused(name: str) -> None:
    with pytest.raises(PluginError, match=r"cannot be a method's name: expected a letter, then letters"):
        spec(MethodSpec, name=name)


@pytest.mark.parametrize("target", ["package.grey", "package/grey.py:Grey", "a:b:c", ":Grey", "a: b"])
def test_a_target_must_name_a_module_and_a_class(target: str) -> None:
    for given in ({"target": target}, {"requires": target}):
        with pytest.raises(PluginError, match=r"mask grey: .* is no target; expected 'package\.module:Class'"):
            spec(MaskSpec, **given)


def test_a_target_cannot_be_left_empty_but_requirements_can() -> None:
    assert spec(MaskSpec, requires="").requires == ""
    with pytest.raises(PluginError, match="'' is no target"):
        spec(MaskSpec, target="")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_check_is_not_waived_without_a_reason(reason: str) -> None:
    with pytest.raises(PluginError, match=r"^method grey: the check no_leak is waived without a reason; expected one"):
        spec(MethodSpec, waivers={"no_leak": reason})
    assert spec(MethodSpec, waivers={"no_leak": "It is the truth itself."}).waivers.keys() == {"no_leak"}


@pytest.mark.parametrize("field", ["least_side", "multiple_of"])
@pytest.mark.parametrize("value", [0, -8, 8.0, True, "8"])
def test_a_side_must_be_a_whole_number_from_one(field: str, value: object) -> None:
    with pytest.raises(PluginError, match=f"^method grey: {field}=.* is not possible; expected a whole number from 1"):
        spec(MethodSpec, **{field: value})


def test_a_function_that_tells_the_coverage_must_be_a_target() -> None:
    with pytest.raises(PluginError, match="'shares' is no target"):
        spec(MaskSpec, coverage="shares")


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None])
def test_a_version_must_be_a_whole_number_from_one(version: object) -> None:
    with pytest.raises(PluginError, match=r"^mask grey: .* cannot be its version; expected a whole number from 1\.$"):
        spec(MaskSpec, version=version)


@pytest.mark.parametrize("spec_type", [MethodSpec, MetricSpec])
def test_a_spec_with_rules_of_its_own_keeps_the_common_ones(spec_type: type[PluginSpec]) -> None:
    for given in ({"name": "5t"}, {"target": "grey"}, {"version": 0}):
        with pytest.raises(PluginError):
            spec(spec_type, **given)


@pytest.mark.parametrize("names", [("side", "side"), ("hole-side",), ("1st",), ("",)])
def test_parameters_must_be_distinct_keywords(names: tuple[str, ...]) -> None:
    parameters = tuple(Parameter(name=name, kind="integer", help="", default=1) for name in names)

    with pytest.raises(PluginError, match=r"dataset grey: '.*' cannot be a parameter, or is declared twice"):
        spec(DatasetSpec, parameters=parameters)


def download(**given: Any) -> Download:
    return Download(**{"url": "https://example.org/a.zip", "filename": "a.zip", "megabytes": 1} | given)


def test_a_download_knows_what_is_there_once_it_is() -> None:
    assert download().contents == (("a.zip",),)
    assert download(into="lists/train").contents == (("lists/train/a.zip",),)
    assert download(unpack=True).contents == ()
    assert download(unpack=True, holds=("a|b/c", "d")).contents == (("a", "b/c"), ("d",))


@pytest.mark.parametrize("holds", [("../a",), ("a", "b|/c"), ("a|",), ("",)])
def test_a_download_holds_nothing_outside_its_folder(holds: tuple[str, ...]) -> None:
    with pytest.raises(PluginError, match=r"leads out of the data set's folder"):
        download(unpack=True, holds=holds)


def test_what_a_download_holds_is_no_single_text() -> None:
    with pytest.raises(PluginError, match=r"holds='images' is one text; expected a tuple"):
        download(unpack=True, holds="images")


def test_a_batch_and_a_completion_cannot_be_rebound() -> None:
    batch = Batch(torch.zeros(1, 3, 2, 2), torch.zeros(1, 1, 2, 2, dtype=torch.bool), (7,))
    completion = Completion(batch.corrupted)

    assert completion.converged is None
    assert completion.diagnostics == {}
    with pytest.raises(dataclasses.FrozenInstanceError):
        batch.corrupted = batch.corrupted  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        completion.image = batch.corrupted  # type: ignore[misc]


def test_what_moves_and_what_reads_files_is_recognised_by_its_methods() -> None:
    class ReadsFiles:
        def fingerprint(self) -> str:
            return "0"

    assert isinstance(torch.nn.Identity(), Movable)
    assert not isinstance(ReadsFiles(), Movable)
    assert isinstance(ReadsFiles(), Fingerprinted)
    assert not isinstance(torch.nn.Identity(), Fingerprinted)


def test_every_name_that_is_exported_is_there() -> None:
    assert sorted(api.__all__) == sorted(set(api.__all__))
    assert [name for name in api.__all__ if not hasattr(api, name)] == []


def test_importing_the_contracts_imports_nothing_heavy() -> None:
    code = "import sys, inpaintbench.api; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"numpy", "torch", "pandas", "jaxtyping"} & set(answer.stdout.split())
