"""The table of contents: its parameters are the constructors', and reading it imports nothing heavy."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from inpaintbench.api import REQUIRED, DatasetSpec
from inpaintbench.errors import DatasetError
from inpaintbench_datasets import register_datasets

SPECS = list(register_datasets())
PUBLISHED = [spec for spec in SPECS if spec.name not in ("photos", "cartoon_faces", "image_folder", "hf")]


def test_the_bundled_data_sets() -> None:
    names = [spec.name for spec in SPECS]
    assert names[:4] == ["photos", "cartoon_faces", "image_folder", "hf"]
    assert sorted(names[4:]) == [
        "bsds500",
        "celeba",
        "celeba_hq",
        "dtd",
        "ffhq",
        "imagenet",
        "oxford_pets",
        "paris_streetview",
        "places365",
        "stanford_cars",
        "svhn",
    ]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_parameters_are_the_keyword_arguments_of_the_target_with_their_defaults(spec: DatasetSpec) -> None:
    module, name = spec.target.split(":")
    arguments = inspect.signature(getattr(import_module(module), name)).parameters
    declared = {parameter.name: parameter.default for parameter in spec.parameters}
    assert declared == {
        argument.name: REQUIRED if argument.default is argument.empty else argument.default
        for argument in arguments.values()
    }
    assert {key: type(value) for key, value in declared.items() if value is not REQUIRED} == {
        argument.name: type(argument.default)
        for argument in arguments.values()
        if argument.default is not argument.empty
    }


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_messages_call_a_data_set_as_selectors_do(spec: DatasetSpec) -> None:
    assert spec.name == import_module(spec.target.split(":")[0]).NAME


@pytest.mark.parametrize("spec", PUBLISHED, ids=lambda spec: spec.name)
def test_a_published_data_set_says_where_it_comes_from_and_where_it_lies(spec: DatasetSpec) -> None:
    assert spec.reference
    assert spec.licence
    assert spec.homepage.startswith(("https://", "http://"))
    assert spec.layout
    path = next(parameter for parameter in spec.parameters if parameter.name == "path")
    assert path.kind == "path"
    assert path.default is not REQUIRED


@pytest.mark.parametrize("spec", PUBLISHED, ids=lambda spec: spec.name)
def test_building_one_and_asking_for_items_where_there_is_no_data_says_how_to_get_it(
    spec: DatasetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path))
    module, name = spec.target.split(":")
    dataset = getattr(import_module(module), name)()
    with pytest.raises(DatasetError, match=rf"There is no folder .*`bench prepare {spec.name}`"):
        dataset.items("test")


def test_the_counts_in_the_notes_are_true() -> None:
    from inpaintbench_datasets.photos import Photos

    notes = SPECS[0].notes
    assert notes.startswith(f"{len(Photos().items('test'))} test crops of 7 photographs")
    assert f"and {len(Photos().items('train'))} training crops of 7 other photographs" in notes


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys, inpaintbench_datasets as d; list(d.register_datasets()); "
        "print(sorted({'torch', 'numpy', 'PIL', 'skimage', 'scipy', 'datasets', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
