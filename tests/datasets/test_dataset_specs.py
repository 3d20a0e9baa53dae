"""The table of contents: its parameters are the constructors', and reading it imports nothing heavy."""

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

from inpaintbench.api import DatasetSpec
from inpaintbench_datasets import register_datasets

SPECS = list(register_datasets())


def test_the_bundled_data_sets() -> None:
    assert [spec.name for spec in SPECS] == ["photos", "image_folder"]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_parameters_are_the_keyword_arguments_of_the_target(spec: DatasetSpec) -> None:
    module, name = spec.target.split(":")
    arguments = inspect.signature(getattr(import_module(module), name)).parameters
    assert [parameter.name for parameter in spec.parameters] == list(arguments)


def test_the_counts_in_the_notes_are_true() -> None:
    from inpaintbench_datasets.photos import Photos

    notes = SPECS[0].notes
    assert notes.startswith(f"{len(Photos().items('test'))} test crops of 7 photographs")
    assert f"and {len(Photos().items('train'))} training crops of 7 other photographs" in notes


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys, inpaintbench_datasets as d; list(d.register_datasets()); "
        "print(sorted({'torch', 'numpy', 'PIL', 'skimage'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
