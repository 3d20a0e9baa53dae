"""`svhn`: pictures and digits out of Matlab files, read once and late."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from inpaintbench.errors import DatasetError
from inpaintbench_datasets import svhn
from inpaintbench_datasets.specs.objects import SVHN
from inpaintbench_datasets.svhn import StreetViewHouseNumbers

PICTURES = {
    "train": np.random.default_rng(0).integers(0, 256, (32, 32, 3, 12), dtype=np.uint8),
    "test": np.random.default_rng(1).integers(0, 256, (32, 32, 3, 3), dtype=np.uint8),
}
DIGITS = {"train": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2], "test": [10, 9, 1]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split in ("train", "test"):
        content = {"X": PICTURES[split], "y": np.array(DIGITS[split], np.uint8)[:, None]}
        savemat(tmp_path / f"{split}_32x32.mat", content, do_compression=True)
    return tmp_path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Note which variable of which file is read."""
    seen: list[tuple[str, str]] = []
    read = svhn.read_variable

    def noting(name: str, path: Path, variable: str) -> Any:
        seen.append((path.name, variable))
        return read(name, path, variable)

    monkeypatch.setattr(svhn, "read_variable", noting)
    return seen


def test_listing_reads_no_picture(folder: Path, reads: list[tuple[str, str]]) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    assert digits.items("test") == ["test/00000", "test/00001", "test/00002"]
    assert len(digits.items("train")) == 12
    assert reads == []


def test_pictures_are_those_of_the_file(folder: Path) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    for split in ("train", "test"):
        for index, item in enumerate(digits.items(split)):
            assert np.array_equal(digits.load(item), PICTURES[split][:, :, :, index])


def test_ten_is_the_digit_zero(folder: Path, reads: list[tuple[str, str]]) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    assert [digits.label(item) for item in digits.items("test")] == ["0", "9", "1"]
    assert [digits.label(item) for item in digits.items("train")][8:] == ["9", "0", "1", "2"]
    assert reads == [("test_32x32.mat", "y"), ("train_32x32.mat", "y")]  # each once, and no picture


def test_one_file_is_kept(folder: Path, reads: list[tuple[str, str]]) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    for item in ("test/00000", "test/00002", "train/00001", "train/00002", "test/00001"):
        digits.load(item)
    assert [name for name, _ in reads] == ["test_32x32.mat", "train_32x32.mat", "test_32x32.mat"]


def test_many_threads_read_the_file_once(folder: Path, reads: list[tuple[str, str]]) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    items = digits.items("train")
    together = threading.Barrier(8)
    found: dict[int, list[np.ndarray]] = {}

    def load(number: int) -> None:
        together.wait()
        found[number] = [digits.load(item) for item in items]

    threads = [threading.Thread(target=load, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads == [("train_32x32.mat", "X")]
    for pictures in found.values():
        assert np.array_equal(np.stack(pictures, axis=3), PICTURES["train"])
    assert len(found) == 8


def test_what_is_loaded_can_be_changed_without_harm(folder: Path) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    digits.load("test/00001")[:] = 0
    assert np.array_equal(digits.load("test/00001"), PICTURES["test"][..., 1])


def test_the_fingerprint_depends_on_items_and_on_their_file(folder: Path) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    items = digits.items("test")
    whole, part = digits.fingerprint(items), digits.fingerprint(items[:2])
    assert whole != part
    savemat(folder / "train_32x32.mat", {"X": PICTURES["test"], "y": [[1]]})
    assert digits.fingerprint(items) == whole
    savemat(folder / "test_32x32.mat", {"X": 255 - PICTURES["test"], "y": [[1]]})
    assert digits.fingerprint(items) != whole


def test_there_is_no_val_split(folder: Path) -> None:
    with pytest.raises(DatasetError, match="svhn has no val split: it is published as train and test"):
        StreetViewHouseNumbers(path=str(folder)).items("val")


@pytest.mark.parametrize("item", ["test/00003", "extra/00000", "test", "test/-1", "val/00000", "test/x"])
def test_an_unknown_item_is_named(folder: Path, item: str) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    with pytest.raises(DatasetError, match=f"svhn has no item '{item}'"):
        digits.load(item)
    with pytest.raises(DatasetError, match=f"svhn has no item '{item}'"):
        digits.label(item)


def test_a_split_without_its_file_is_said(folder: Path) -> None:
    (folder / "train_32x32.mat").unlink()
    digits = StreetViewHouseNumbers(path=str(folder))
    assert len(digits.items("test")) == 3
    with pytest.raises(DatasetError, match=r"svhn lacks .*train_32x32\.mat\. `bench prepare svhn`"):
        digits.items("train")


def test_a_file_of_another_kind_is_refused(folder: Path) -> None:
    digits = StreetViewHouseNumbers(path=str(folder))
    path = folder / "test_32x32.mat"
    path.write_bytes(b"no Matlab file" * 100)
    with pytest.raises(DatasetError, match=r"test_32x32\.mat cannot be read as a Matlab file"):
        digits.items("test")
    savemat(path, {"Y": np.zeros((2, 2))})
    with pytest.raises(DatasetError, match=r"test_32x32\.mat holds no variable X"):
        digits.items("test")
    with pytest.raises(DatasetError, match=r"test_32x32\.mat holds no variable X"):
        digits.load("test/00000")
    savemat(path, {"X": np.zeros((28, 28, 3, 5), np.uint8)})
    with pytest.raises(DatasetError, match="is 28 × 28 × 3 × 5; expected 32 × 32 × 3 × n"):
        digits.items("test")


def test_a_truncated_file_is_refused(folder: Path) -> None:
    path = folder / "test_32x32.mat"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DatasetError, match=r"test_32x32\.mat cannot be read as a Matlab file"):
        StreetViewHouseNumbers(path=str(folder)).load("test/00000")


def test_the_downloads_are_torchvisions() -> None:
    from torchvision.datasets import SVHN as TORCHVISIONS

    declared = {one.splits: [one.url, one.filename, one.checksum.removeprefix("md5:")] for one in SVHN.downloads}
    assert declared == {(split,): TORCHVISIONS.split_list[split] for split in ("train", "test")}
    assert not any(one.unpack for one in SVHN.downloads)
