"""`celeba`: the partition, the central square, and what is said of a folder that is not all there."""

import hashlib
import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets import official
from inpaintbench_datasets.celeba import CelebA, central_square
from inpaintbench_datasets.specs.faces import CELEBA

OFFICIAL = "".join(
    f"{number:06d}.jpg {0 if number <= 162_770 else 1 if number <= 182_637 else 2}\r\n" for number in range(1, 202_600)
).encode()


def coordinates(height: int, width: int) -> np.ndarray:
    """A picture that holds its own rows (red) and columns (green)."""
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([rows, columns, np.zeros_like(rows)], axis=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures, lossless whatever their names say, in the order 3, 1, 2, 4."""
    (tmp_path / "img_align_celeba").mkdir()
    for number, (height, width) in enumerate(((218, 178), (109, 89), (218, 178), (218, 178)), start=1):
        picture = Image.fromarray(coordinates(height, width))
        picture.save(tmp_path / "img_align_celeba" / f"{number:06d}.jpg", format="PNG")
    (tmp_path / "list_eval_partition.txt").write_bytes(
        b"000003.jpg 2\r\n000001.jpg 0\r\n000002.jpg 0\r\n000004.jpg 1\r\n"
    )
    return tmp_path


def test_the_spec_has_the_constructors_defaults() -> None:
    arguments = inspect.signature(CelebA).parameters
    assert {parameter.name: parameter.default for parameter in CELEBA.parameters} == {
        name: argument.default for name, argument in arguments.items()
    }


def test_the_partition_makes_the_splits(folder: Path) -> None:
    faces = CelebA(path=str(folder))
    assert faces.items("train") == ["000001.jpg", "000002.jpg"]
    assert faces.items("val") == ["000004.jpg"]
    assert faces.items("test") == ["000003.jpg"]


def test_building_looks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path / "data"))
    faces = CelebA()
    with pytest.raises(DatasetError, match=r"no folder .*celeba nor .*data/celeba\. `bench prepare celeba`"):
        faces.items("test")


def test_the_whole_width_is_kept(folder: Path) -> None:
    square = CelebA(path=str(folder)).load("000001.jpg")
    assert np.array_equal(square, coordinates(218, 178)[20:198])


def test_the_crop_of_dcgan(folder: Path) -> None:
    square = CelebA(path=str(folder), crop=108).load("000001.jpg")
    assert np.array_equal(square, coordinates(218, 178)[55:163, 35:143])


@pytest.mark.parametrize("crop", range(2, 180, 2))
def test_even_crops_lie_where_dcgans_code_puts_them(crop: int) -> None:
    top, left = int(round((218 - crop) / 2.0)), int(round((178 - crop) / 2.0))  # noqa: RUF046  as it stands there
    expected = coordinates(218, 178)[top : top + crop, left : left + crop]
    assert np.array_equal(central_square(coordinates(218, 178), crop), expected)


def test_an_odd_margins_larger_part_lies_right_and_below() -> None:
    # 218 − 107 = 111 = 55 + 56 rows, 178 − 107 = 71 = 35 + 36 columns
    assert np.array_equal(central_square(coordinates(218, 178), 107), coordinates(218, 178)[55:162, 35:142])


def test_a_smaller_copy_is_cropped_in_proportion(folder: Path) -> None:
    # 108 × 89 / 178 = 54; 109 − 54 = 27 + 28 rows, 89 − 54 = 17 + 18 columns
    square = CelebA(path=str(folder), crop=108).load("000002.jpg")
    assert np.array_equal(square, coordinates(109, 89)[27:81, 17:71])
    # the whole width of 89; 109 − 89 = 10 + 10 rows
    assert np.array_equal(CelebA(path=str(folder)).load("000002.jpg"), coordinates(109, 89)[10:99])


@pytest.mark.parametrize(("crop", "side"), [(1, 1), (2, 1), (3, 2), (107, 54), (109, 55)])
def test_sides_of_a_smaller_copy_are_rounded_to_the_nearest_pixel(crop: int, side: int) -> None:
    # half of the crop, halves up: 0.5 → 1, 1 → 1, 1.5 → 2, 53.5 → 54, 54.5 → 55
    assert central_square(coordinates(109, 89), crop).shape == (side, side, 3)


def test_the_fingerprint_is_of_the_pictures_and_not_of_the_place_or_the_crop(folder: Path, tmp_path: Path) -> None:
    faces = CelebA(path=str(folder))
    before = faces.fingerprint(["000001.jpg", "000003.jpg"])
    assert CelebA(path=str(folder), crop=108).fingerprint(["000001.jpg", "000003.jpg"]) == before
    assert faces.fingerprint(["000001.jpg"]) != before
    Image.new("RGB", (178, 218), "red").save(folder / "img_align_celeba" / "000003.jpg")
    assert faces.fingerprint(["000001.jpg", "000003.jpg"]) != before


def test_a_missing_partition_is_said(folder: Path) -> None:
    (folder / "list_eval_partition.txt").unlink()
    with pytest.raises(DatasetError, match=r"celeba lacks .*list_eval_partition\.txt\. `bench prepare celeba` fetches"):
        CelebA(path=str(folder)).items("test")


def test_a_missing_folder_of_pictures_is_said(folder: Path) -> None:
    (folder / "img_align_celeba").rename(folder / "img_celeba")
    with pytest.raises(DatasetError, match=r"celeba lacks the folder .*img_align_celeba\. `bench prepare celeba`"):
        CelebA(path=str(folder)).items("test")


def test_absent_pictures_are_named_and_counted_in_the_split_asked_for(folder: Path) -> None:
    for number in (1, 2):
        (folder / "img_align_celeba" / f"{number:06d}.jpg").unlink()
    faces = CelebA(path=str(folder))
    with pytest.raises(DatasetError, match=r"list_eval_partition\.txt names 000001\.jpg and 1 more, which are not in"):
        faces.items("train")
    assert faces.items("test") == ["000003.jpg"]


@pytest.mark.parametrize("name", ["../img_align_celeba/000003.jpg", "/000003.jpg", "..\\000003.jpg"])
def test_a_partition_that_leads_out_of_the_folder_is_refused(folder: Path, name: str) -> None:
    (folder / "list_eval_partition.txt").write_text(f"{name} 2\n")
    faces = CelebA(path=str(folder))
    with pytest.raises(DatasetError, match="which names a file outside the data set") as caught:
        faces.items("test")
    assert f"list_eval_partition.txt holds the line {f'{name} 2'!r}" in str(caught.value)


def test_two_dots_in_a_name_are_no_way_out(folder: Path) -> None:
    picture = folder / "img_align_celeba" / "000003.jpg"
    picture.rename(picture.with_name("face..3.jpg"))
    (folder / "list_eval_partition.txt").write_text("face..3.jpg 2\n")
    assert CelebA(path=str(folder)).items("test") == ["face..3.jpg"]


@pytest.mark.parametrize("line", ["000001.jpg 3", "000001.jpg", "000001.jpg train", "000001.jpg 0 0"])
def test_a_line_that_assigns_no_split_is_shown(folder: Path, line: str) -> None:
    (folder / "list_eval_partition.txt").write_text(f"000003.jpg 2\n{line}\n")
    with pytest.raises(DatasetError, match=rf"holds the line '{line}'; expected a file name and 0, 1 or 2"):
        CelebA(path=str(folder)).items("test")


def test_a_partition_without_a_split_is_said(folder: Path) -> None:
    (folder / "list_eval_partition.txt").write_text("000003.jpg 2\n")
    with pytest.raises(DatasetError, match="assigns no picture to the train split"):
        CelebA(path=str(folder)).items("train")


def test_the_official_partition_is_checked_by_one_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list_eval_partition.txt").write_bytes(OFFICIAL)
    listed: list[Path] = []

    def listing(folder: Path) -> list[str]:
        listed.append(folder)
        return [f"{number:06d}.jpg" for number in range(1, 202_600)]

    monkeypatch.setattr(official.os, "listdir", listing)
    faces = CelebA(path=str(tmp_path))  # there is no picture: to look for one would fail
    assert [len(faces.items(split)) for split in ("train", "val", "test")] == [162_770, 19_867, 19_962]
    assert faces.items("test")[0] == "182638.jpg"
    assert listed == [tmp_path / "img_align_celeba"]


def test_that_partition_is_the_publishers_file() -> None:
    partition = next(download for download in CELEBA.downloads if download.filename == "list_eval_partition.txt")
    assert partition.checksum == f"md5:{hashlib.md5(OFFICIAL, usedforsecurity=False).hexdigest()}"
    assert partition.megabytes == pytest.approx(len(OFFICIAL) / 1e6, abs=0.05)


def test_downloads_are_those_that_torchvision_declares() -> None:
    from torchvision.datasets import CelebA as Theirs

    declared = {filename: (identity, md5) for identity, md5, filename in Theirs.file_list}
    assert [download.filename for download in CELEBA.downloads] == ["img_align_celeba.zip", "list_eval_partition.txt"]
    for download in CELEBA.downloads:
        identity, md5 = declared[download.filename]
        assert download.url == f"https://drive.google.com/uc?id={identity}"
        assert download.checksum == f"md5:{md5}"


@pytest.mark.realdata
def test_real_faces(real_data: Path) -> None:
    faces = CelebA(path=str(real_data / "celeba"))
    assert [len(faces.items(split)) for split in ("train", "val", "test")] == [9_000, 500, 500]
    assert faces.items("test")[0] == "009501.jpg"
    whole, middle = (CelebA(path=str(real_data / "celeba"), crop=crop).load("009501.jpg") for crop in (178, 108))
    assert whole.shape == (89, 89, 3)
    assert np.array_equal(middle, whole[17:71, 17:71])
