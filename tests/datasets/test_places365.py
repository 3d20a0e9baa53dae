"""`places365`: lists, labels, both variants, and torchvision's declarations."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets import official
from inpaintbench_datasets.places365 import Places365
from inpaintbench_datasets.specs.scenes import PLACES365

TRAIN = ("a/airfield/00000001.jpg", "a/airfield/00000002.jpg", "a/apartment_building/outdoor/00000001.jpg")
TEST = ("Places365_val_00000001.jpg", "Places365_val_00000002.jpg")


def save(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 16), (level,) * 3).save(path, format="PNG")


def fill(folder: Path, train: str = "data_256", test: str = "val_256") -> Path:
    for number, name in enumerate(TRAIN):
        save(folder / train / name, 10 + number)
    for number, name in enumerate(TEST):
        save(folder / test / name, 20 + number)
    (folder / "categories_places365.txt").write_text("/a/airfield 0\n/a/apartment_building/outdoor 1\n")
    (folder / "places365_train_standard.txt").write_text(f"/{TRAIN[0]} 0\n/{TRAIN[1]} 0\n/{TRAIN[2]} 1\n")
    (folder / "places365_val.txt").write_text(f"{TEST[0]} 1\n{TEST[1]} 0\n")
    return folder


def test_the_spec_has_the_constructors_defaults() -> None:
    arguments = inspect.signature(Places365).parameters
    assert {parameter.name: parameter.default for parameter in PLACES365.parameters} == {
        name: argument.default for name, argument in arguments.items()
    }


@pytest.mark.parametrize(
    ("variant", "train", "test"),
    [
        ("small", "data_256", "val_256"),
        ("small", "data_256_standard", "val_256"),
        ("large", "data_large", "val_large"),
        ("large", "data_large_standard", "val_large"),
    ],
)
def test_both_variants_have_the_same_items(tmp_path: Path, variant: str, train: str, test: str) -> None:
    places = Places365(path=str(fill(tmp_path, train, test)), variant=variant)
    assert places.items("train") == list(TRAIN)
    assert places.items("test") == list(TEST)
    assert np.array_equal(places.load(TRAIN[2]), np.full((16, 20, 3), 12, np.uint8))
    assert np.array_equal(places.load(TEST[1]), np.full((16, 20, 3), 21, np.uint8))


def test_labels_are_categories_without_their_initials(tmp_path: Path) -> None:
    places = Places365(path=str(fill(tmp_path)))
    assert [places.label(item) for item in TEST] == ["apartment_building/outdoor", "airfield"]
    assert [places.label(item) for item in TRAIN] == ["airfield", "airfield", "apartment_building/outdoor"]
    with pytest.raises(DatasetError, match=r"no item 'Places365_val_9\.jpg': places365_val\.txt does not name it"):
        places.label("Places365_val_9.jpg")


def test_the_lists_are_read_once(tmp_path: Path) -> None:
    places = Places365(path=str(fill(tmp_path)))
    places.items("test")
    for name in ("categories_places365.txt", "places365_val.txt"):
        (tmp_path / name).unlink()
    assert places.label(TEST[0]) == "apartment_building/outdoor"
    assert places.items("test") == list(TEST)


def test_files_are_looked_for_by_one_listing_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    listed: list[str] = []
    listdir = official.os.listdir

    def listing(folder: Path) -> list[str]:
        listed.append(folder.relative_to(tmp_path).as_posix())
        return listdir(folder)

    monkeypatch.setattr(official.os, "listdir", listing)
    Places365(path=str(tmp_path)).items("train")
    assert sorted(listed) == ["data_256", "data_256/a/airfield", "data_256/a/apartment_building/outdoor"]


def test_the_fingerprint_does_not_depend_on_the_folders_name(tmp_path: Path) -> None:
    first = Places365(path=str(fill(tmp_path / "first")))
    second = Places365(path=str(fill(tmp_path / "second", train="data_256_standard")))
    before = first.fingerprint([*TRAIN, *TEST])
    assert second.fingerprint([*TRAIN, *TEST]) == before
    assert first.fingerprint(TRAIN) != before
    save(tmp_path / "second" / "data_256_standard" / TRAIN[0], 99)
    assert second.fingerprint([*TRAIN, *TEST]) != before


def test_there_is_no_further_split(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"places365 has no val split: .* are its test split\. Take train or test"):
        Places365(path=str(tmp_path)).items("val")


@pytest.mark.parametrize("file", ["places365_val.txt", "categories_places365.txt"])
def test_a_missing_list_is_said(tmp_path: Path, file: str) -> None:
    (fill(tmp_path) / file).unlink()
    with pytest.raises(DatasetError, match=rf"places365 lacks .*{file}\. `bench prepare places365` fetches"):
        Places365(path=str(tmp_path)).items("test")


def test_a_missing_folder_of_pictures_is_said(tmp_path: Path) -> None:
    fill(tmp_path)
    with pytest.raises(DatasetError, match=r"places365 lacks the folder .*val_large"):
        Places365(path=str(tmp_path), variant="large").items("test")


def test_absent_pictures_and_folders_are_named(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "data_256" / TRAIN[0]).unlink()
    (tmp_path / "data_256" / TRAIN[2]).unlink()
    (tmp_path / "data_256" / TRAIN[2]).parent.rmdir()
    places = Places365(path=str(tmp_path))
    with pytest.raises(
        DatasetError, match=rf"places365_train_standard\.txt names {TRAIN[0]} and 1 more, which are not"
    ):
        places.items("train")
    assert places.items("test") == list(TEST)


@pytest.mark.parametrize("line", ["Places365_val_00000003.jpg", "Places365_val_00000003.jpg 365", "a b c"])
def test_a_line_without_a_category_is_shown(tmp_path: Path, line: str) -> None:
    with (fill(tmp_path) / "places365_val.txt").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(DatasetError, match=rf"holds the line '{line}'; expected a file name and the number"):
        Places365(path=str(tmp_path)).items("test")


def test_a_list_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (fill(tmp_path) / "places365_train_standard.txt").write_text(f"/{TRAIN[0]} 0\n/../data_256/{TRAIN[1]} 0\n")
    with pytest.raises(DatasetError, match=r"the line '/\.\./data_256/.* 0', which names a file outside the data set"):
        Places365(path=str(tmp_path)).items("train")


@pytest.mark.parametrize("line", ["airfield 0", "/a/airfield", "/a/airfield zero"])
def test_a_line_that_is_no_category_is_shown(tmp_path: Path, line: str) -> None:
    (fill(tmp_path) / "categories_places365.txt").write_text(f"{line}\n")
    with pytest.raises(DatasetError, match=rf"holds the line '{line}'; expected a category and its number"):
        Places365(path=str(tmp_path)).items("test")


def test_downloads_are_those_that_torchvision_declares() -> None:
    from torchvision.datasets import Places365 as Theirs

    declared = {((), ()): Theirs._DEVKIT_META["standard"]}
    for variant in ("small", "large"):
        only_for = (("variant", variant),)
        declared[("train",), only_for] = Theirs._IMAGES_META["train-standard", variant == "small"]
        declared[("test",), only_for] = Theirs._IMAGES_META["val", variant == "small"]
    assert {(download.splits, download.only_for) for download in PLACES365.downloads} == set(declared)
    for download in PLACES365.downloads:
        filename, md5 = declared[download.splits, download.only_for]
        assert (download.filename, download.checksum) == (filename, f"md5:{md5}")
        assert download.url == Theirs._BASE_URL + filename
        assert download.unpack
