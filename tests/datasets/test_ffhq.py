"""`ffhq`: the publisher's split, in both layouts and both sizes."""

import inspect
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets import ffhq
from inpaintbench_datasets.ffhq import FFHQ
from inpaintbench_datasets.specs.faces import FFHQ as SPEC

FEW = {"train": range(998, 1002), "test": range(60_998, 61_002)}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight pictures instead of 70,000, on both sides of a border between folders."""
    monkeypatch.setattr(ffhq, "SPLITS", FEW)


def fill(folder: Path, divided: bool) -> None:
    for numbers in FEW.values():
        for number in numbers:
            place = folder / f"{number // 1000 * 1000:05d}" if divided else folder
            place.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 20), (number % 250,) * 3).save(place / f"{number:05d}.png")


def test_the_spec_has_the_constructors_defaults() -> None:
    arguments = inspect.signature(FFHQ).parameters
    assert {parameter.name: parameter.default for parameter in SPEC.parameters} == {
        name: argument.default for name, argument in arguments.items()
    }


@pytest.mark.parametrize("divided", [True, False])
def test_both_layouts_are_read(tmp_path: Path, few: None, divided: bool) -> None:
    fill(tmp_path / "images1024x1024", divided)
    faces = FFHQ(path=str(tmp_path))
    assert faces.items("train") == ["00998.png", "00999.png", "01000.png", "01001.png"]
    assert faces.items("test") == ["60998.png", "60999.png", "61000.png", "61001.png"]
    assert np.array_equal(faces.load("61001.png"), np.full((20, 20, 3), 1, np.uint8))


def test_both_layouts_have_one_fingerprint(tmp_path: Path, few: None) -> None:
    fill(tmp_path / "first" / "images1024x1024", divided=True)
    fill(tmp_path / "second" / "images1024x1024", divided=False)
    first, second = (FFHQ(path=str(tmp_path / name)) for name in ("first", "second"))
    items = first.items("test")
    before = first.fingerprint(items)
    assert second.fingerprint(items) == before
    assert first.fingerprint(items[:-1]) != before
    Image.new("RGB", (20, 20), "red").save(tmp_path / "second" / "images1024x1024" / "61001.png")
    assert second.fingerprint(items) != before


def test_the_variant_names_the_folder(tmp_path: Path, few: None) -> None:
    fill(tmp_path / "thumbnails128x128", divided=True)
    assert len(FFHQ(path=str(tmp_path), variant="thumbnails128x128").items("test")) == 4
    with pytest.raises(DatasetError, match=r"ffhq lacks the folder .*images1024x1024\. `bench prepare ffhq`"):
        FFHQ(path=str(tmp_path)).items("test")


def test_one_split_is_enough(tmp_path: Path) -> None:
    for thousand in range(60_000, 70_000, 1_000):
        folder = tmp_path / "images1024x1024" / str(thousand)
        folder.mkdir(parents=True)
        for number in range(thousand, thousand + 1_000):
            os.close(os.open(folder / f"{number}.png", os.O_CREAT))
    faces = FFHQ(path=str(tmp_path))
    items = faces.items("test")
    assert (len(items), items[0], items[-1]) == (10_000, "60000.png", "69999.png")
    with pytest.raises(DatasetError, match=r"the train split names 00000/00000\.png and 59999 more, which are not in"):
        faces.items("train")


def test_an_absent_picture_is_named(tmp_path: Path, few: None) -> None:
    fill(tmp_path / "images1024x1024", divided=True)
    (tmp_path / "images1024x1024" / "61000" / "61001.png").unlink()
    with pytest.raises(DatasetError, match=r"ffhq: the test split names 61000/61001\.png, which is not in"):
        FFHQ(path=str(tmp_path)).items("test")


def test_there_is_no_further_split(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ffhq has no val split: .* are its test split\. Take train or test"):
        FFHQ(path=str(tmp_path)).items("val")
