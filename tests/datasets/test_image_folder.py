"""`image_folder[path=…]`: what is listed, how it is found, and what is said when something is wrong."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench_datasets.image_folder import ImageFolder


def save(path: Path, level: int = 0, size: tuple[int, int] = (4, 3)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(path)


def items(path: Path) -> list[str]:
    return list(ImageFolder(path=str(path)).items("test"))


def test_pictures_are_listed_at_any_depth_sorted_by_code_point(tmp_path: Path) -> None:
    for name in ("b.png", "a/z.jpg", "a/b/c.webp", "B.bmp", "a.tiff", "10.tif", "9.jpeg", "été/ein Bild.png"):
        save(tmp_path / name)
    assert items(tmp_path) == sorted(
        ["10.tif", "9.jpeg", "B.bmp", "a.tiff", "a/b/c.webp", "a/z.jpg", "b.png", "été/ein Bild.png"]
    )


def test_every_listed_picture_loads(tmp_path: Path) -> None:
    names = ["a b.PNG", "Über/ß.Jpg", "UP.TIFF", "x.BmP", "y.WEBP", "percent%20.jpeg"]
    for number, name in enumerate(names):
        save(tmp_path / name, level=40 * number, size=(5 + number, 3))
    folder = ImageFolder(path=str(tmp_path))
    assert sorted(folder.items("test")) == sorted(names)
    for number, name in enumerate(names):
        picture = folder.load(name)
        assert picture.shape == (3, 5 + number, 3)
        assert np.abs(picture.astype(int) - 40 * number).max() <= 1


def test_other_files_and_hidden_ones_are_passed_over(tmp_path: Path) -> None:
    save(tmp_path / "kept.png")
    for name in (".hidden.png", ".cache/a.png", "deep/.thumbs/b.png"):
        save(tmp_path / name)
    for name in ("notes.txt", "labels.csv", "Thumbs.db", "png", "kept.png.part"):
        (tmp_path / name).write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    assert items(tmp_path) == ["kept.png"]


def test_a_loop_of_links_is_harmless(tmp_path: Path) -> None:
    save(tmp_path / "a" / "one.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert items(tmp_path) == ["a/one.png"]


@pytest.mark.parametrize("target", ["self.png", "nowhere.png"])
def test_a_link_that_leads_nowhere_is_passed_over(tmp_path: Path, target: str) -> None:
    save(tmp_path / "one.png")
    (tmp_path / "self.png").symlink_to(target)
    assert items(tmp_path) == ["one.png"]


def test_a_linked_folder_and_a_linked_file_are_followed(tmp_path: Path) -> None:
    save(tmp_path / "elsewhere" / "one.png")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "folder").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (inside / "file.png").symlink_to(tmp_path / "elsewhere" / "one.png")
    assert items(inside) == ["file.png", "folder/one.png"]


def test_a_relative_path_counts_from_the_current_folder_then_from_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "here" / "set" / "here.png")
    save(tmp_path / "data" / "set" / "data.png")
    save(tmp_path / "data" / "only" / "data.png")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path / "data"))
    assert ImageFolder(path="set").items("test") == ("here.png",)
    assert ImageFolder(path="only").items("test") == ("data.png",)


def test_a_missing_folder_is_said_with_the_places_looked_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path / "data"))
    folder = ImageFolder(path="gone")  # building one looks for nothing
    with pytest.raises(DatasetError, match=r"There is no folder .*gone nor .*data/gone"):
        folder.items("test")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    save(tmp_path / "one.png")
    with pytest.raises(DatasetError, match=r"one\.png is a file; expected a folder"):
        items(tmp_path / "one.png")


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "notes.txt").write_text("words")
    with pytest.raises(DatasetError, match=r"holds no picture, at any depth: expected files ending in \.bmp, \.jpeg"):
        items(tmp_path)


def test_there_is_nothing_to_train_on(tmp_path: Path) -> None:
    save(tmp_path / "one.png")
    with pytest.raises(DatasetError, match="has no train split: every picture of a folder is for testing"):
        ImageFolder(path=str(tmp_path)).items("train")


def test_a_broken_picture_is_listed_and_named_when_loaded(tmp_path: Path) -> None:
    save(tmp_path / "good.png")
    (tmp_path / "broken.jpg").write_text("words")
    folder = ImageFolder(path=str(tmp_path))
    assert folder.items("test") == ("broken.jpg", "good.png")
    with pytest.raises(UnreadableImageError, match=r"broken\.jpg cannot be decoded"):
        folder.load("broken.jpg")
    assert len(folder.fingerprint(folder.items("test"))) == 64


def test_the_fingerprint_is_of_names_and_contents_and_not_of_the_place(tmp_path: Path) -> None:
    for place in ("first", "second"):
        save(tmp_path / place / "a.png", 1)
        save(tmp_path / place / "b.png", 2)
    first, second = (ImageFolder(path=str(tmp_path / place)) for place in ("first", "second"))
    both = first.fingerprint(["a.png", "b.png"])
    assert second.fingerprint(["a.png", "b.png"]) == both
    assert first.fingerprint(["a.png"]) != both
    assert first.fingerprint(["b.png", "a.png"]) != both
    save(tmp_path / "second" / "b.png", 3)
    assert second.fingerprint(["a.png", "b.png"]) != both


def test_exchanged_contents_change_the_fingerprint(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    folder = ImageFolder(path=str(tmp_path))
    before = folder.fingerprint(["a.png", "b.png"])
    save(tmp_path / "a.png", 2)
    save(tmp_path / "b.png", 1)
    for number, name in enumerate(("a.png", "b.png")):  # however coarse the file system's clock is
        os.utime(tmp_path / name, (number + 1, number + 1))
    assert folder.fingerprint(["a.png", "b.png"]) != before


@pytest.mark.realdata
@pytest.mark.skipif(not os.environ.get("INPAINTBENCH_DATA"), reason="INPAINTBENCH_DATA is not set")
def test_celeba_as_a_folder() -> None:
    folder = ImageFolder(path="celeba/img_align_celeba")
    names = folder.items("test")
    assert len(names) == 10_000
    assert names[0] == "000001.jpg"
    assert folder.load(names[0]).shape == (109, 89, 3)
    assert folder.fingerprint(names) == folder.fingerprint(names)
