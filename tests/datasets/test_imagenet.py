"""`imagenet`: folders of classes, listed once; the official validation split is the test split."""

import os
from pathlib import Path

import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets.imagenet import ImageNet
from inpaintbench_datasets.specs.objects import IMAGENET

FILES = {
    "train": ["n01440764/n01440764_9.JPEG", "n01440764/n01440764_10.JPEG", "n02102040/n02102040_1.JPEG"],
    "val": ["n02102040/ILSVRC2012_val_00000001.JPEG", "n01440764/ILSVRC2012_val_00000293.JPEG"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split, names in FILES.items():
        for name in names:
            path = tmp_path / split / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 12), (9, 9, 9)).save(path)
    return tmp_path


def test_the_official_validation_split_is_test(folder: Path) -> None:
    assert list(ImageNet(path=str(folder)).items("test")) == [
        "val/n01440764/ILSVRC2012_val_00000293.JPEG",
        "val/n02102040/ILSVRC2012_val_00000001.JPEG",
    ]


def test_pictures_are_sorted_within_sorted_classes(folder: Path) -> None:
    assert list(ImageNet(path=str(folder)).items("train")) == [
        "train/n01440764/n01440764_10.JPEG",
        "train/n01440764/n01440764_9.JPEG",
        "train/n02102040/n02102040_1.JPEG",
    ]


def test_there_is_no_val_split_besides(folder: Path) -> None:
    with pytest.raises(DatasetError, match="imagenet has no val split: the official validation split is test here"):
        ImageNet(path=str(folder)).items("val")


def test_other_files_and_folders_are_passed_over(folder: Path) -> None:
    (folder / "val" / "valprep.sh").write_text("sort")
    (folder / "val" / "n01440764" / "n01440764_boxes.xml").write_text("<boxes/>")
    (folder / "val" / "other").mkdir()
    Image.new("RGB", (20, 12)).save(folder / "val" / "other" / "picture.JPEG")
    assert len(ImageNet(path=str(folder)).items("test")) == 2


def test_names_that_begin_with_a_dot_are_passed_over(folder: Path) -> None:
    before = list(ImageNet(path=str(folder)).items("test"))
    (folder / "val" / "n01440764" / "._ILSVRC2012_val_00000293.JPEG").write_bytes(b"of macOS")
    (folder / "val" / "._n01440764").write_bytes(b"of macOS")
    assert list(ImageNet(path=str(folder)).items("test")) == before


def test_each_folder_is_listed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []
    listdir = os.listdir

    def noting(path: Path) -> list[str]:
        listed.append(path.name)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", noting)
    pictures = ImageNet(path=str(folder))
    assert pictures.items("train") == pictures.items("train")
    assert listed == ["train", "n01440764", "n02102040"]


def test_a_picture_and_its_class(folder: Path) -> None:
    pictures = ImageNet(path=str(folder))
    item = "val/n02102040/ILSVRC2012_val_00000001.JPEG"
    assert pictures.load(item).shape == (12, 20, 3)
    assert pictures.label(item) == "n02102040"


def test_the_fingerprint_is_of_the_items_own_files(folder: Path) -> None:
    pictures = ImageNet(path=str(folder))
    first, second = pictures.items("test")
    before = pictures.fingerprint([first]), pictures.fingerprint([second])
    Image.new("RGB", (21, 12)).save(folder / second)
    assert pictures.fingerprint([first]) == before[0]
    assert pictures.fingerprint([second]) != before[1]


def test_unsorted_validation_pictures_are_refused_with_what_sorts_them(folder: Path) -> None:
    for name in FILES["val"]:
        (folder / "val" / name).rename(folder / "val" / Path(name).name)
    with pytest.raises(
        DatasetError, match=r"are not sorted into classes; .*`torchvision\.datasets\.ImageNet` sorts them"
    ):
        ImageNet(path=str(folder)).items("test")


def test_an_empty_folder_is_refused(folder: Path) -> None:
    for name in FILES["val"]:
        (folder / "val" / name).unlink()
    with pytest.raises(DatasetError, match="val holds no picture; expected files such as n01440764"):
        ImageNet(path=str(folder)).items("test")


def test_an_absent_split_is_named(folder: Path) -> None:
    (folder / "train").rename(folder / "elsewhere")
    pictures = ImageNet(path=str(folder))
    assert len(pictures.items("test")) == 2
    with pytest.raises(DatasetError, match=r"imagenet lacks the folder .*train\. `bench prepare imagenet`"):
        pictures.items("train")


def test_the_layout_names_the_archives_that_torchvision_unpacks() -> None:
    from torchvision.datasets import imagenet

    assert not IMAGENET.downloads  # one accepts the terms first
    for archive, _ in imagenet.ARCHIVE_META.values():
        assert archive in IMAGENET.layout
