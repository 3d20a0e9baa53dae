"""`bsds500`: the three splits, in the archive's layout and without it."""

import inspect
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets.bsds500 import BSDS500, FOLDERS
from inpaintbench_datasets.specs.scenes import BSDS500 as SPEC


def fill(images: Path, split: str, count: int) -> None:
    (images / split).mkdir(parents=True)
    first = images / split / "1000.jpg"
    Image.new("RGB", (24, 16), (count % 250,) * 3).save(first, format="PNG")
    for number in range(1001, 1000 + count):
        shutil.copy(first, images / split / f"{number}.jpg")
    (images / split / "Thumbs.db").write_text("no picture")


def test_the_spec_has_the_constructors_defaults() -> None:
    arguments = inspect.signature(BSDS500).parameters
    assert {parameter.name: parameter.default for parameter in SPEC.parameters} == {
        name: argument.default for name, argument in arguments.items()
    }


@pytest.mark.parametrize("images", FOLDERS)
def test_the_official_split_in_every_layout(tmp_path: Path, images: str) -> None:
    for split, count in (("train", 200), ("val", 100), ("test", 200)):
        fill(tmp_path / images, split, count)
    photographs = BSDS500(path=str(tmp_path))
    items = {split: photographs.items(split) for split in ("train", "val", "test")}
    assert {split: len(its_items) for split, its_items in items.items()} == {"train": 200, "val": 100, "test": 200}
    assert len({item for its_items in items.values() for item in its_items}) == 500
    assert items["val"][:2] == ["val/1000.jpg", "val/1001.jpg"]
    assert np.array_equal(photographs.load("val/1000.jpg"), np.full((16, 24, 3), 100, np.uint8))


def test_every_layout_has_one_fingerprint(tmp_path: Path) -> None:
    fill(tmp_path / "first" / "images", "val", 100)
    fill(tmp_path / "second" / "BSR" / "BSDS500" / "data" / "images", "val", 100)
    first, second = (BSDS500(path=str(tmp_path / name)) for name in ("first", "second"))
    items = first.items("val")
    before = first.fingerprint(items)
    assert second.fingerprint(items) == before
    Image.new("RGB", (24, 16), "red").save(tmp_path / "first" / "images" / "val" / "1050.jpg")
    assert first.fingerprint(items) != before


def test_a_split_that_is_not_there_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    fill(tmp_path / "images", "train", 200)
    photographs = BSDS500(path=str(tmp_path))
    assert len(photographs.items("train")) == 200
    with pytest.raises(DatasetError, match=r"bsds500 lacks the folder .*images/test\. `bench prepare bsds500` fetches"):
        photographs.items("test")


def test_files_whose_names_begin_with_a_dot_do_not_count(tmp_path: Path) -> None:
    fill(tmp_path / "images", "test", 200)
    (tmp_path / "images" / "test" / "._1000.jpg").write_bytes(b"of macOS")
    assert len(BSDS500(path=str(tmp_path)).items("test")) == 200


def test_a_whole_copy_makes_up_for_a_part(tmp_path: Path) -> None:
    fill(tmp_path / "images", "train", 200)
    fill(tmp_path / "BSR" / "BSDS500" / "data" / "images", "test", 200)
    photographs = BSDS500(path=str(tmp_path))
    items = [photographs.items("train")[0], photographs.items("test")[0]]
    assert [photographs.load(item).shape for item in items] == [(16, 24, 3)] * 2
    assert len({photographs.fingerprint([item]) for item in items}) == 2


@pytest.mark.parametrize("count", [1, 199, 201])
def test_a_split_of_another_size_is_refused(tmp_path: Path, count: int) -> None:
    fill(tmp_path / "images", "test", count)
    with pytest.raises(DatasetError, match=rf"images/test holds {count} pictures .*; expected the 200 of the official"):
        BSDS500(path=str(tmp_path)).items("test")


def test_an_empty_folder_is_said_to_lack_its_pictures(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"bsds500 lacks the folder .*images/train"):
        BSDS500(path=str(tmp_path)).items("train")


def test_a_missing_data_set_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is no folder .*gone\. `bench prepare bsds500`"):
        BSDS500(path=str(tmp_path / "gone")).items("train")


@pytest.mark.realdata
def test_the_real_training_photographs(real_data: Path) -> None:
    photographs = BSDS500(path=str(real_data / "bsds500"))
    items = photographs.items("train")
    assert (len(items), items[0]) == (200, "train/100075.jpg")
    assert photographs.load(items[0]).shape in {(321, 481, 3), (481, 321, 3)}
    with pytest.raises(DatasetError, match=r"bsds500 lacks the folder .*images/test"):
        photographs.items("test")
