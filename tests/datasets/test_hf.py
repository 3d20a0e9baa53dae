"""`hf[path=…]`: local data sets made by the package `datasets`, offline."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inpaintbench.api import DatasetSpec
from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select
from inpaintbench_datasets.hf import HuggingFace

datasets = pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def _offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the package's files below tmp_path, and let it ask nobody."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True, raising=False)  # its name from 2.21 on
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True, raising=False)
    monkeypatch.setattr(sys.modules["huggingface_hub"].constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path / "cache"))
    shown = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    yield
    if not shown:
        datasets.enable_progress_bars()


def picture(level: int) -> Image.Image:
    return Image.new("RGB", (20, 12), (level, 0, 0))


def rows(levels: list[int | None]) -> Any:
    """A table with two columns of pictures, the second one empty, and a class."""
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "photo": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
        }
    )
    pictures = [None if level is None else picture(level) for level in levels]
    content = {"image": pictures, "photo": [None] * len(levels), "label": [0] * len(levels)}
    return datasets.Dataset.from_dict(content, features=features)


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    (folder / "data").mkdir(parents=True)
    rows([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).to_parquet(folder / "data" / "train-00000-of-00001.parquet")
    rows([100, 101, None]).to_parquet(folder / "data" / "test-00000-of-00001.parquet")
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for split, levels in (("train", (1, 2)), ("test", (3, 4))):
        for level in levels:
            path = tmp_path / "files" / split / f"{level}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(level).save(path)
    return tmp_path / "files"


def test_ids_are_row_numbers(parquet: Path) -> None:
    rows_of = HuggingFace(path=str(parquet))
    assert rows_of.items("test") == ["test/0000000", "test/0000001", "test/0000002"]
    assert len(rows_of.items("train")) == 10


def test_pictures_come_from_the_encoded_bytes(parquet: Path) -> None:
    rows_of = HuggingFace(path=str(parquet))
    for item, level in (("test/0000001", 101), ("train/0000009", 9)):
        assert np.array_equal(rows_of.load(item), np.broadcast_to((level, 0, 0), (12, 20, 3)))


def test_pictures_come_from_files(files: Path) -> None:
    rows_of = HuggingFace(path=str(files))
    levels = {split: [int(rows_of.load(item)[0, 0, 0]) for item in rows_of.items(split)] for split in ("train", "test")}
    assert levels == {"train": [1, 2], "test": [3, 4]}


def test_an_orientation_is_heeded_as_everywhere(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "turned" / "test").mkdir(parents=True)
    picture(7).save(tmp_path / "turned" / "test" / "1.jpg", exif=exif)
    rows_of = HuggingFace(path=str(tmp_path / "turned"))
    assert rows_of.load("test/0000000").shape == (20, 12, 3)


def test_a_slice_keeps_the_rows_own_ids(parquet: Path) -> None:
    rows_of = HuggingFace(path=str(parquet), split="train[80%:]", train="train[:8]")
    assert rows_of.items("test") == ["train/0000008", "train/0000009"]
    assert len(rows_of.items("train")) == 8
    assert int(rows_of.load("train/0000008")[0, 0, 0]) == 8


@pytest.mark.parametrize(
    ("split", "train"),
    [("train", "train"), ("train[5:]", "train"), ("test+train[:1]", "train"), ("train[2:4]", "train[3:]")],
)
def test_rows_for_training_and_testing_may_not_overlap(parquet: Path, split: str, train: str) -> None:
    rows_of = HuggingFace(path=str(parquet), split=split, train=train)
    assert rows_of.items("test")
    with pytest.raises(DatasetError, match=r"share rows; expected others for testing\. Slices such as train="):
        rows_of.items("train")


def test_validation_rows_may_not_overlap_either(parquet: Path) -> None:
    assert len(HuggingFace(path=str(parquet), val="train[:3]").items("val")) == 3
    with pytest.raises(DatasetError, match=r"val=test\[1:\] and split=test share rows"):
        HuggingFace(path=str(parquet), val="test[1:]").items("val")


def test_a_row_without_a_picture_is_named_when_loaded(parquet: Path) -> None:
    rows_of = HuggingFace(path=str(parquet))
    with pytest.raises(UnreadableImageError, match=r"test/0000002 of hf.* the row holds no picture"):
        rows_of.load("test/0000002")
    assert len(rows_of.fingerprint(rows_of.items("test"))) == 64


def test_broken_bytes_are_named_when_loaded(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    table = datasets.Dataset.from_dict(
        {"image": [{"bytes": b"no picture", "path": None}]}, features=datasets.Features({"image": datasets.Image()})
    )
    table.to_parquet(tmp_path / "broken" / "test.parquet")
    with pytest.raises(UnreadableImageError, match=r"test/0000000 of hf.* cannot be decoded"):
        HuggingFace(path=str(tmp_path / "broken")).load("test/0000000")


@pytest.mark.parametrize("kind", ["parquet", "files"])
def test_the_fingerprint_is_of_the_pictures_and_not_of_the_place(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(kind)
    first = HuggingFace(path=str(folder))
    shutil.copytree(folder, tmp_path / "elsewhere" / "copy")
    second = HuggingFace(path=str(tmp_path / "elsewhere" / "copy"))
    test, train = first.items("test"), first.items("train")
    assert first.fingerprint(test) == second.fingerprint(test)
    assert len({first.fingerprint(test), first.fingerprint(train), first.fingerprint(test[:1])}) == 3
    assert first.fingerprint([test[1], test[0]]) != first.fingerprint(test[:2])


def test_a_changed_file_changes_the_fingerprint(files: Path) -> None:
    rows_of = HuggingFace(path=str(files))
    items = rows_of.items("test")
    before = rows_of.fingerprint(items)
    assert rows_of.fingerprint(items) == before
    Image.new("RGB", (21, 12), (9, 9, 9)).save(files / "test" / "4.png")
    assert rows_of.fingerprint(items) != before
    assert rows_of.fingerprint(items[:1]) == HuggingFace(path=str(files)).fingerprint(items[:1])


def test_a_file_that_has_gone_is_named(files: Path) -> None:
    rows_of = HuggingFace(path=str(files))
    items = rows_of.items("test")
    (files / "test" / "4.png").unlink()
    with pytest.raises(DatasetError, match=r"4\.png cannot be read"):
        rows_of.fingerprint(items)
    with pytest.raises(UnreadableImageError, match=r"4\.png cannot be decoded"):
        rows_of.load(items[1])


def test_the_fingerprint_is_remembered_while_the_files_stay(parquet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_of = HuggingFace(path=str(parquet))
    before = rows_of.fingerprint(rows_of.items("train"))
    monkeypatch.setattr(HuggingFace, "_encoded", lambda *_: pytest.fail("a picture was read again"))
    assert rows_of.fingerprint(rows_of.items("train")) == before


@pytest.mark.parametrize("split", ["validation", "train[", "test[:10", "0"])
def test_an_unknown_split_is_said_with_those_that_there_are(parquet: Path, split: str) -> None:
    with pytest.raises(DatasetError, match=r"has no split .*: it has train, test\. Choose with split="):
        HuggingFace(path=str(parquet), split=split).items("test")
    with pytest.raises(DatasetError, match=r"has no split .*: it has train, test\. Choose with val="):
        HuggingFace(path=str(parquet), val=split).items("val")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("picture", "the column picture is not there; its columns of pictures are image, photo"),
        ("label", "the column label holds no pictures; its columns of pictures are image, photo"),
    ],
)
def test_a_column_without_pictures_is_said(parquet: Path, column: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        HuggingFace(path=str(parquet), column=column).items("test")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # datasets 2.20 leaves the file open
def test_a_data_set_without_pictures_is_said(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "test.csv").write_text("image,b\n1,2\n")
    with pytest.raises(DatasetError, match="the column image holds no pictures; it has no column of pictures"):
        HuggingFace(path=str(tmp_path / "texts")).items("test")


def test_an_unknown_configuration_is_said(parquet: Path) -> None:
    with pytest.raises(DatasetError, match=r"cannot be loaded: .*'other'.*Check path, config and revision"):
        HuggingFace(path=str(parquet), config="other").items("test")


def test_without_the_hub_a_name_that_is_not_in_the_cache_is_said() -> None:
    rows_of = HuggingFace(path="nobody/nothing")  # building one asks nobody
    with pytest.raises(DatasetError, match=r"hf\[path=nobody/nothing\] .*the hub cannot be reached"):
        rows_of.items("test")


def test_a_folder_without_data_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"empty.* cannot be loaded"):
        HuggingFace(path=str(tmp_path / "empty")).items("test")


@pytest.mark.parametrize("item", ["test/0000003", "test/x", "val/0000000", "0000000", "test/-1"])
def test_an_unknown_item_is_named(parquet: Path, item: str) -> None:
    with pytest.raises(DatasetError, match=f"has no item '{item}'"):
        HuggingFace(path=str(parquet)).load(item)


def test_without_the_package_the_extra_is_named(parquet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    rows_of = HuggingFace(path=str(parquet))
    with pytest.raises(DatasetError, match=r"needs the package datasets, .* pip install 'inpaintbench\[hf\]'"):
        rows_of.items("test")


def test_a_selector_with_a_slice_and_the_name_in_seeds() -> None:
    [selection] = select(['hf[path=owner/name,split="train[90%:]"]'], DatasetSpec, load_registry([]))
    built = selection.build()
    assert isinstance(built, HuggingFace)
    assert built._wanted["test"] == "train[90%:]"
    assert selection.portable_name == 'hf[path=owner/name,split="train[90%:]"]'
