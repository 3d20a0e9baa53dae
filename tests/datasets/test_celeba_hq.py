"""`celeba_hq`: the split by way of the mapping, and what is said of lists that do not fit."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets.celeba_hq import CelebAHQ
from inpaintbench_datasets.specs.faces import CELEBA, CELEBA_HQ

MAPPING = "CelebA-HQ-to-CelebA-mapping.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "CelebA-HQ-img").mkdir()
    for number in range(4):
        level = 50 * number
        Image.new("RGB", (20, 20), (level,) * 3).save(tmp_path / "CelebA-HQ-img" / f"{number}.jpg", format="PNG")
    (tmp_path / MAPPING).write_text(
        "idx         orig_idx    orig_file\n"
        "0           4           000005.jpg\n"
        "1           1           000002.jpg\n"
        "2           2           000003.jpg\n"
        "3           0           000001.jpg\n"
    )
    (tmp_path / "list_eval_partition.txt").write_bytes(
        b"000001.jpg 0\r\n000002.jpg 0\r\n000003.jpg 1\r\n000004.jpg 1\r\n000005.jpg 2\r\n"
    )
    return tmp_path


def test_the_spec_has_the_constructors_defaults() -> None:
    arguments = inspect.signature(CelebAHQ).parameters
    assert {parameter.name: parameter.default for parameter in CELEBA_HQ.parameters} == {
        name: argument.default for name, argument in arguments.items()
    }


def test_a_face_is_in_the_split_of_the_picture_it_was_made_of(folder: Path) -> None:
    faces = CelebAHQ(path=str(folder))
    assert faces.items("train") == ["1.jpg", "3.jpg"]
    assert faces.items("val") == ["2.jpg"]
    assert faces.items("test") == ["0.jpg"]


def test_faces_load_as_they_are(folder: Path) -> None:
    assert np.array_equal(CelebAHQ(path=str(folder)).load("3.jpg"), np.full((20, 20, 3), 150, np.uint8))


def test_the_fingerprint_is_of_names_and_contents(folder: Path) -> None:
    faces = CelebAHQ(path=str(folder))
    before = faces.fingerprint(["1.jpg", "3.jpg"])
    assert faces.fingerprint(["3.jpg"]) != before
    Image.new("RGB", (20, 20), "red").save(folder / "CelebA-HQ-img" / "3.jpg")
    assert faces.fingerprint(["1.jpg", "3.jpg"]) != before


@pytest.mark.parametrize("file", [MAPPING, "list_eval_partition.txt"])
def test_a_missing_list_is_said(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(DatasetError, match=rf"celeba_hq lacks .*{file}\. `bench prepare celeba_hq` fetches"):
        CelebAHQ(path=str(folder)).items("test")


def test_a_missing_folder_of_pictures_is_said(folder: Path) -> None:
    (folder / "CelebA-HQ-img").rename(folder / "images")
    with pytest.raises(DatasetError, match=r"celeba_hq lacks the folder .*CelebA-HQ-img"):
        CelebAHQ(path=str(folder)).items("test")


def test_absent_pictures_are_named(folder: Path) -> None:
    (folder / "CelebA-HQ-img" / "0.jpg").unlink()
    with pytest.raises(DatasetError, match=r"mapping\.txt names 0\.jpg, which is not in .*CelebA-HQ-img"):
        CelebAHQ(path=str(folder)).items("test")


def test_a_partition_of_other_pictures_is_refused(folder: Path) -> None:
    (folder / "list_eval_partition.txt").write_text("000001.jpg 0\n000002.jpg 0\n")
    with pytest.raises(
        DatasetError, match=r"mapping\.txt names 000005\.jpg and 1 more, which are not in .*list_eval_partition\.txt"
    ):
        CelebAHQ(path=str(folder)).items("train")


@pytest.mark.parametrize("line", ["4 7", "4 7 000008.jpg face", "4.jpg 7 000008.jpg"])
def test_a_line_that_maps_nothing_is_shown(folder: Path, line: str) -> None:
    with (folder / MAPPING).open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(DatasetError, match=rf"holds the line '{line}'; expected two numbers and a file name"):
        CelebAHQ(path=str(folder)).items("test")


def test_lists_without_a_split_are_said(folder: Path) -> None:
    (folder / MAPPING).write_text("idx orig_idx orig_file\n0 4 000005.jpg\n")
    with pytest.raises(DatasetError, match="assign no picture to the train split"):
        CelebAHQ(path=str(folder)).items("train")


def test_the_partition_that_is_fetched_is_celebas() -> None:
    assert set(CELEBA_HQ.downloads) < set(CELEBA.downloads)
    assert [download.filename for download in CELEBA_HQ.downloads] == ["list_eval_partition.txt"]
