"""`dtd`: partitions, both places of the folders, and what is said when something is absent."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets.dtd import DescribableTextures
from inpaintbench_datasets.specs.objects import DTD

PARTITION_1 = {
    "train": ["dotted/dotted_0002.jpg"],
    "val": ["banded/banded_0001.jpg"],
    "test": ["banded/banded_0003.jpg"],
}
PARTITION_10 = {
    "train": ["banded/banded_0003.jpg"],
    "val": ["dotted/dotted_0002.jpg"],
    "test": ["banded/banded_0001.jpg"],
}


def write(root: Path, partition: int, splits: dict[str, list[str]]) -> None:
    (root / "labels").mkdir(parents=True, exist_ok=True)
    for split, names in splits.items():
        (root / "labels" / f"{split}{partition}.txt").write_text("\n".join(names) + "\n")
        for number, name in enumerate(names):
            path = root / "images" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                Image.new("RGB", (20, 16), (50 * len(split), 10 * number, 0)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "dtd", 1, PARTITION_1)
    write(tmp_path / "dtd", 10, PARTITION_10)
    return tmp_path


@pytest.mark.parametrize(("partition", "expected"), [(1, PARTITION_1), (10, PARTITION_10)])
def test_a_partition_divides_the_pictures(folder: Path, partition: int, expected: dict[str, list[str]]) -> None:
    textures = DescribableTextures(path=str(folder), partition=partition)
    for split in ("train", "val", "test"):
        assert list(textures.items(split)) == expected[split]


def test_the_archive_may_be_unpacked_without_a_folder_around_it(folder: Path) -> None:
    inner = DescribableTextures(path=str(folder / "dtd"))
    outer = DescribableTextures(path=str(folder))
    items = outer.items("test")
    assert inner.items("test") == items
    assert inner.fingerprint(items) == outer.fingerprint(items)


def test_a_picture_and_its_class(folder: Path) -> None:
    textures = DescribableTextures(path=str(folder))
    picture = textures.load("dotted/dotted_0002.jpg")
    assert picture.shape == (16, 20, 3)
    assert np.abs(picture.astype(int) - (250, 0, 0)).max() <= 3
    assert textures.label("dotted/dotted_0002.jpg") == "dotted"


def test_the_fingerprint_is_of_the_items_own_files(folder: Path) -> None:
    textures = DescribableTextures(path=str(folder))
    before = textures.fingerprint(["banded/banded_0003.jpg"]), textures.fingerprint(["dotted/dotted_0002.jpg"])
    Image.new("RGB", (21, 16)).save(folder / "dtd" / "images" / "dotted" / "dotted_0002.jpg")
    after = textures.fingerprint(["banded/banded_0003.jpg"]), textures.fingerprint(["dotted/dotted_0002.jpg"])
    assert after[0] == before[0]
    assert after[1] != before[1]


@pytest.mark.parametrize("partition", [0, 11, -1])
def test_an_unknown_partition_is_refused(partition: int) -> None:
    with pytest.raises(DatasetError, match=f"dtd has no partition {partition}: expected 1 to 10"):
        DescribableTextures(partition=partition)


def test_a_partition_without_its_list_is_said(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"dtd lacks .*test2\.txt\. `bench prepare dtd`"):
        DescribableTextures(path=str(folder), partition=2).items("test")


def test_absent_pictures_are_named_and_counted(folder: Path) -> None:
    names = ["banded/banded_0003.jpg", "banded/banded_0099.jpg", "woven/woven_0001.jpg"]
    (folder / "dtd" / "labels" / "test1.txt").write_text("\n".join(names))
    with pytest.raises(DatasetError, match=r"test1\.txt names banded/banded_0099\.jpg and 1 more, which are not in"):
        DescribableTextures(path=str(folder)).items("test")


@pytest.mark.parametrize("line", ["../images/banded/banded_0003.jpg", "banded/../../x.jpg", "/x.jpg", "banded\\x.jpg"])
def test_a_list_that_leads_out_of_the_folder_is_refused(folder: Path, line: str) -> None:
    (folder / "dtd" / "labels" / "test1.txt").write_text(f"banded/banded_0003.jpg\n{line}\n")
    textures = DescribableTextures(path=str(folder))
    with pytest.raises(DatasetError, match="which names a file outside the data set") as caught:
        textures.items("test")
    assert f"test1.txt holds the line {line!r}" in str(caught.value)


def test_a_list_without_a_picture_is_refused(folder: Path) -> None:
    (folder / "dtd" / "labels" / "test1.txt").write_text("\n\n")
    with pytest.raises(DatasetError, match=r"test1\.txt names no picture"):
        DescribableTextures(path=str(folder)).items("test")


def test_lists_without_pictures_are_refused(folder: Path) -> None:
    (folder / "dtd" / "images").rename(folder / "dtd" / "pictures")
    with pytest.raises(DatasetError, match=r"dtd lacks the folder .*images"):
        DescribableTextures(path=str(folder)).items("test")


def test_a_data_set_that_is_moved_after_listing_is_said(folder: Path) -> None:
    textures = DescribableTextures(path=str(folder))
    items = textures.items("test")
    (folder / "dtd").rename(folder / "elsewhere")
    with pytest.raises(DatasetError, match="cannot be read"):
        textures.fingerprint(items)


def test_the_download_is_torchvisions() -> None:
    from torchvision.datasets import DTD as TORCHVISIONS

    [download] = DTD.downloads
    assert (download.url, download.checksum) == (TORCHVISIONS._URL, f"md5:{TORCHVISIONS._MD5}")
    assert download.unpack
    assert download.into == "."  # the archive holds the folder dtd
    assert not download.splits


@pytest.mark.realdata
def test_real_textures(real_data: Path) -> None:
    textures = DescribableTextures(path=str(real_data / "dtd"))
    splits = {split: textures.items(split) for split in ("train", "val", "test")}
    assert {split: len(items) for split, items in splits.items()} == {"train": 400, "val": 400, "test": 400}
    assert len(set().union(*map(set, splits.values()))) == 1200
    assert splits["test"][0] == "banded/banded_0005.jpg"
    assert len({textures.label(item) for item in splits["test"]}) == 10
    assert min(textures.load(splits["test"][0]).shape[:2]) <= 128
    assert len(textures.fingerprint(splits["test"])) == 64
    with pytest.raises(DatasetError, match=r"lacks .*test2\.txt"):
        DescribableTextures(path=str(real_data / "dtd"), partition=2).items("test")
