from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.api import MethodSpec
from inpaintbench.errors import MissingWeightsError, PluginError
from inpaintbench.execution.chosen import ChosenMethod
from inpaintbench.folders import DATA_VARIABLE
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select
from inpaintbench_methods.adapters.finding import find_model


@pytest.mark.parametrize(
    ("selector", "module", "extra"),
    [
        ("opencv[algorithm=telea]", "cv2", "opencv"),
        ("deepinv[model=tv]", "deepinv", "deepinv"),
        ("diffusers[model={file}]", "diffusers", "diffusers"),
        ("onnx[path={file}]", "onnxruntime", "onnx"),
    ],
)
def test_a_library_that_is_absent_is_named_with_its_extra(
    selector: str,
    module: str,
    extra: str,
    build: Callable[[str], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "model").write_bytes(b"")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PluginError, match=rf"needs the package .*pip install 'inpaintbench\[{extra}\]'"):
        build(selector.format(file=tmp_path / "model"))


def test_specs_are_listed_without_any_of_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        assert name.partition(".")[0] not in {"cv2", "deepinv", "diffusers", "transformers", "onnxruntime", "skimage"}
        return imported(name, *arguments, **options)

    monkeypatch.delitem(sys.modules, "inpaintbench_methods.adapters.specs", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    from inpaintbench_methods.adapters.specs import ADAPTERS

    names = [spec.name for spec in ADAPTERS]
    assert names == ["opencv", "biharmonic", "deepinv", "diffusers", "torchscript", "onnx"]


@pytest.mark.parametrize("selector", ["torchscript[path={}]", "onnx[path={}]", "diffusers[model={}]"])
def test_a_model_that_is_not_there_is_told_with_the_places_that_were_looked_at(
    selector: str, build: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    with pytest.raises(MissingWeightsError, match=r"no .*/absent\.pt nor .*/data/absent\.pt\. Check the path"):
        build(selector.format("absent.pt"))


def test_a_home_folder_of_nobody_fails_the_cell_and_not_the_run() -> None:
    with pytest.raises(MissingWeightsError, match="names no folder"):
        find_model("~nobody_of_this_name/model.pt")


def test_a_model_is_found_where_data_sets_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    (tmp_path / "weights.pt").write_bytes(b"x")
    assert find_model("weights.pt") == tmp_path / "weights.pt"


@pytest.mark.parametrize(("name", "parameter"), [("torchscript", "path"), ("onnx", "path"), ("diffusers", "model")])
def test_the_content_of_a_model_counts_for_the_key_and_not_its_place(name: str, parameter: str, tmp_path: Path) -> None:
    def identity(path: Path, content: bytes) -> str:
        path.write_bytes(content)
        (selection,) = select([f"{name}[{parameter}={path}]"], MethodSpec, load_registry())
        return ChosenMethod(selection).digest

    first = identity(tmp_path / "one", b"weights")
    assert identity(tmp_path / "two", b"weights") == first
    assert identity(tmp_path / "two", b"other weights") != first
