"""`paris_streetview`: both splits, and both places of the test pictures."""

import inspect
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError
from inpaintbench_datasets.paris_streetview import ParisStreetView
from inpaintbench_datasets.specs.scenes import PARIS_STREETVIEW

VIEW = "48.842502_2.344968_90_-004.JPG"


def save(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (23, 20), (level,) * 3).save(path, format="PNG")


def fill_test(folder: Path) -> None:
    for number in range(1, 101):
        save(folder / f"{number:03d}_im.png", number)


def fill_train(folder: Path, count: int) -> None:
    save(folder / VIEW, 200)
    for number in range(count - 1):
        os.close(os.open(folder / f"49.{number:06d}_2.344968_90_-004.JPG", os.O_CREAT))


def test_the_spec_has_the_constructors_defaults() -> None:
    arguments = inspect.signature(ParisStreetView).parameters
    assert {parameter.name: parameter.default for parameter in PARIS_STREETVIEW.parameters} == {
        name: argument.default for name, argument in arguments.items()
    }


@pytest.mark.parametrize("place", ["paris_eval/paris_eval_gt", "paris_eval_gt"])
def test_the_hundred_test_pictures(tmp_path: Path, place: str) -> None:
    fill_test(tmp_path / place)
    save(tmp_path / "paris_eval" / "paris_eval_corrupted" / "001_im.png", 255)
    paris = ParisStreetView(path=str(tmp_path))
    items = paris.items("test")
    assert (len(items), items[0], items[-1]) == (100, "001_im.png", "100_im.png")
    assert np.array_equal(paris.load("001_im.png"), np.full((20, 23, 3), 1, np.uint8))


def test_the_training_pictures(tmp_path: Path) -> None:
    fill_train(tmp_path / "paris_train_original", 14_900)
    (tmp_path / "paris_train_original" / "Thumbs.db").write_text("no picture")
    (tmp_path / "paris_train_original" / f"._{VIEW}").write_bytes(b"of macOS")
    paris = ParisStreetView(path=str(tmp_path))
    items = paris.items("train")
    assert len(items) == 14_900
    assert items[0] == VIEW
    assert list(items) == sorted(items)
    assert np.array_equal(paris.load(VIEW), np.full((20, 23, 3), 200, np.uint8))


def test_both_places_have_one_fingerprint(tmp_path: Path) -> None:
    fill_test(tmp_path / "first" / "paris_eval" / "paris_eval_gt")
    fill_test(tmp_path / "second" / "paris_eval_gt")
    first, second = (ParisStreetView(path=str(tmp_path / name)) for name in ("first", "second"))
    items = first.items("test")
    before = first.fingerprint(items)
    assert second.fingerprint(items) == before
    assert first.fingerprint(items[1:]) != before
    save(tmp_path / "second" / "paris_eval_gt" / "050_im.png", 0)
    assert second.fingerprint(items) != before


def test_a_fingerprint_may_be_of_both_splits(tmp_path: Path) -> None:
    fill_test(tmp_path / "paris_eval_gt")
    save(tmp_path / "paris_train_original" / VIEW, 200)
    paris = ParisStreetView(path=str(tmp_path))
    before = paris.fingerprint([VIEW, "001_im.png"])
    save(tmp_path / "paris_train_original" / VIEW, 201)
    assert paris.fingerprint([VIEW, "001_im.png"]) != before


def test_training_pictures_that_are_not_all_there_are_counted(tmp_path: Path) -> None:
    fill_train(tmp_path / "paris_train_original", 7)
    with pytest.raises(DatasetError, match=r"paris_train_original holds 7 pictures .*; expected 14,900"):
        ParisStreetView(path=str(tmp_path)).items("train")


def test_an_absent_test_picture_is_named(tmp_path: Path) -> None:
    fill_test(tmp_path / "paris_eval_gt")
    (tmp_path / "paris_eval_gt" / "042_im.png").unlink()
    with pytest.raises(DatasetError, match=r"the test split names 042_im\.png, which is not in .*paris_eval_gt"):
        ParisStreetView(path=str(tmp_path)).items("test")


@pytest.mark.parametrize(("split", "place"), [("train", "paris_train_original"), ("test", "paris_eval/paris_eval_gt")])
def test_an_absent_folder_is_said(tmp_path: Path, split: str, place: str) -> None:
    with pytest.raises(
        DatasetError, match=rf"paris_streetview lacks the folder .*{place}\. `bench prepare paris_street"
    ):
        ParisStreetView(path=str(tmp_path)).items(split)


def test_there_is_no_validation_split(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="paris_streetview has no val split"):
        ParisStreetView(path=str(tmp_path)).items("val")


def test_nothing_is_downloaded_and_the_layout_says_whom_to_ask() -> None:
    assert PARIS_STREETVIEW.downloads == ()
    assert "Ask for the archives by e-mail" in PARIS_STREETVIEW.layout
