"""`image_folder[path=…]`: what is listed, how it is found and divided, and what is said when something is wrong."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.api import DatasetSpec, Split
from inpaintbench.errors import DatasetError, ParameterError, UnreadableImageError
from inpaintbench.plugins import load_registry
from inpaintbench.seeding import derive_seed
from inpaintbench.selectors import select
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


def test_two_splits_of_the_same_pictures_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    save(tmp_path / "test" / "more" / "1.png")
    (tmp_path / "alias").symlink_to(tmp_path / "test")
    (tmp_path / "part").symlink_to(tmp_path / "test" / "more")
    (tmp_path / "whole").symlink_to(tmp_path)
    for link in ("alias", "part", "whole"):
        for names in ({"train": link, "test": "test"}, {"train": "test", "test": link}):
            folder = ImageFolder(path=str(tmp_path), **names)
            for split in names:
                with pytest.raises(DatasetError, match=r"\((train|test)\) and .* hold the same pictures: expected"):
                    folder.items(split)


def test_one_folder_under_two_real_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "test" / "1.png")
    if not (tmp_path / "Test").exists():
        (tmp_path / "Test").symlink_to(tmp_path / "test")
    monkeypatch.setattr(os.path, "realpath", os.path.abspath)  # where capitals do not count, either name is real
    with pytest.raises(DatasetError, match=r"Test \(train\) and test \(test\) hold the same pictures"):
        ImageFolder(path=str(tmp_path), train="Test", test="test").items("train")


def test_a_link_to_another_place_is_a_split_of_its_own(tmp_path: Path) -> None:
    save(tmp_path / "set" / "test" / "1.png")
    save(tmp_path / "elsewhere" / "2.png")
    (tmp_path / "set" / "train").symlink_to(tmp_path / "elsewhere")
    folder = ImageFolder(path=str(tmp_path / "set"), train="train", test="test")
    assert (folder.items("train"), folder.items("test")) == (("train/2.png",), ("test/1.png",))


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


def test_sub_folders_are_splits(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/deep/2.png", "b/3.png", "c/4.png", "5.png"):
        save(tmp_path / name)
    folder = ImageFolder(path=str(tmp_path), train="b", val="c", test="a")
    assert folder.items("train") == ("b/3.png", "b/deep/2.png")
    assert folder.items("val") == ("c/4.png",)
    assert folder.items("test") == ("a/1.png",)
    assert folder.load("b/deep/2.png").shape == (3, 4, 3)


def test_a_sub_folder_may_be_written_in_several_ways_and_lie_deep(tmp_path: Path) -> None:
    save(tmp_path / "data" / "val" / "1.png")
    for name in ("data/val", "./data/val", "data//val/"):
        assert ImageFolder(path=str(tmp_path), test=name).items("test") == ("data/val/1.png",)


def test_a_split_without_a_sub_folder_is_said(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.png")
    folder = ImageFolder(path=str(tmp_path), test="a")
    with pytest.raises(DatasetError, match=r"has no train split\. Name its sub-folder: train="):
        folder.items("train")
    only_training = ImageFolder(path=str(tmp_path), train="a", test="none")
    assert only_training.items("train") == ("a/1.png",)
    with pytest.raises(DatasetError, match=r"has no test split\. Name its sub-folder: test="):
        only_training.items("test")


def test_an_absent_or_empty_sub_folder_is_said(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"has no sub-folder b; name one that is there"):
        ImageFolder(path=str(tmp_path), test="b").items("test")
    with pytest.raises(DatasetError, match=r"empty holds no picture"):
        ImageFolder(path=str(tmp_path), test="empty").items("test")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"train": "a"}, r"\[test=\.,train=a\] puts pictures into two splits.*Without test=… the whole folder"),
        ({"train": "a", "test": "a"}, "puts pictures into two splits"),
        ({"train": "a/b", "test": "a"}, "puts pictures into two splits"),
        ({"val": "a", "test": "a/b"}, "puts pictures into two splits"),
        ({"train": "a", "test": "b", "holdout": 5}, "give either holdout, or sub-folders"),
        ({"test": "b", "holdout": 0.5}, "give either holdout, or sub-folders"),
        ({"holdout": 0}, r"holdout=0\] is not possible: expected a whole number of pictures at least 1, or a share"),
        ({"holdout": -2}, r"holdout=-2\] is not possible: expected a whole number of pictures"),
        ({"holdout_seed": 3}, "holdout_seed=3.* has no effect without holdout"),
        ({"test": "../b"}, r"test=\.\./b.* is not possible: expected a folder below that of path"),
        ({"test": "/b"}, "expected a folder below that of path"),
        ({"train": "~/b", "test": "a"}, "train=~/b.* is not possible"),
    ],
)
def test_contradictions_are_refused_at_once(given: dict[str, str | int | float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        ImageFolder(path="anywhere", **given)  # type: ignore[arg-type]


def test_neighbours_of_like_names_are_different_folders(tmp_path: Path) -> None:
    save(tmp_path / "test" / "1.png")
    save(tmp_path / "test2" / "1.png")
    folder = ImageFolder(path=str(tmp_path), train="test2", test="test")
    assert (folder.items("train"), folder.items("test")) == (("test2/1.png",), ("test/1.png",))


@pytest.mark.parametrize(("holdout", "held_out"), [(1, 1), (3, 3), (9, 9), (0.25, 3), (0.05, 1), (0.01, 1), (0.85, 9)])
def test_a_number_or_a_share_is_held_out(tmp_path: Path, holdout: int | float, held_out: int) -> None:
    for number in range(10):  # 2.5 is rounded to 3, 0.5 to 1, 0.1 is at least 1, and 8.5 is rounded to 9
        save(tmp_path / f"{number}.png")
    folder = ImageFolder(path=str(tmp_path), holdout=holdout)
    test, train = folder.items("test"), folder.items("train")
    assert (len(test), len(train)) == (held_out, 10 - held_out)
    assert sorted([*test, *train]) == items(tmp_path)
    assert list(test) == sorted(test)
    assert list(train) == sorted(train)


def test_those_are_held_out_that_the_documented_order_names(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(8)]
    for name in names:
        save(tmp_path / name)
    for seed in (0, 7):
        first = sorted(names, key=lambda name: derive_seed("holdout", seed, name))[:3]
        assert set(ImageFolder(path=str(tmp_path), holdout=3, holdout_seed=seed).items("test")) == set(first)


def test_other_seeds_hold_out_other_pictures(tmp_path: Path) -> None:
    for number in range(12):
        save(tmp_path / f"{number}.png")
    chosen = {ImageFolder(path=str(tmp_path), holdout=4, holdout_seed=seed).items("test") for seed in range(5)}
    assert len(chosen) > 1


@pytest.mark.parametrize("holdout", [4, 0.3])
def test_a_new_picture_moves_at_most_one_other(tmp_path: Path, holdout: int | float) -> None:
    def splits() -> dict[str, Split]:
        folder = ImageFolder(path=str(tmp_path), holdout=holdout)
        return {item: split for split in ("train", "test") for item in folder.items(split)}

    for number in range(12):
        save(tmp_path / f"{number}.png")
    before = splits()
    moved = []
    for number in range(12, 30):
        save(tmp_path / f"{number}.png")
        after = splits()
        moved.append(sum(after[item] != split for item, split in before.items()))
        before = after
    assert max(moved) == 1
    assert min(moved) == 0


def test_a_holdout_larger_than_the_folder_is_refused(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png")
    with pytest.raises(DatasetError, match="holds out 4 pictures, and the folder has 3"):
        ImageFolder(path=str(tmp_path), holdout=4).items("test")
    everything = ImageFolder(path=str(tmp_path), holdout=3)
    assert len(everything.items("test")) == 3
    with pytest.raises(DatasetError, match="the folder has 3: none is left for training"):
        everything.items("train")
    with pytest.raises(DatasetError, match="has no val split: holdout divides a folder into train and test"):
        everything.items("val")


def test_the_class_is_the_folder_below_that_of_the_split(tmp_path: Path) -> None:
    for name in ("train/cat/1.png", "test/dog/2.png", "test/big/dog/3.png", "test/4.png", "train/5.png"):
        save(tmp_path / name)
    divided = ImageFolder(path=str(tmp_path), train="train", test="test")
    assert [divided.label(item) for item in divided.items("test")] == ["", "dog", "dog"]
    assert [divided.label(item) for item in divided.items("train")] == ["", "cat"]
    whole = ImageFolder(path=str(tmp_path))
    assert [whole.label(item) for item in whole.items("test")] == ["test", "dog", "dog", "train", "cat"]


def test_seeds_of_holes_know_the_holdout_and_no_place() -> None:
    registry = load_registry([])

    def portable(selector: str) -> str:
        return select([selector], DatasetSpec, registry)[0].portable_name

    assert portable("image_folder[path=~/a]") == "image_folder"
    assert portable("image_folder[path=b,train=x,val=y,test=z]") == "image_folder"
    assert portable("image_folder[path=b,holdout=0.1]") == "image_folder[holdout=0.1]"
    assert portable("image_folder[path=b,holdout=1]") == "image_folder[holdout=1]"
    assert portable("image_folder[path=b,holdout=5,holdout_seed=2]") == "image_folder[holdout=5,holdout_seed=2]"


@pytest.mark.realdata
@pytest.mark.skipif(not os.environ.get("INPAINTBENCH_DATA"), reason="INPAINTBENCH_DATA is not set")
def test_celeba_as_a_folder() -> None:
    folder = ImageFolder(path="celeba/img_align_celeba")
    names = folder.items("test")
    assert len(names) == 10_000
    assert names[0] == "000001.jpg"
    assert folder.load(names[0]).shape == (109, 89, 3)
    assert folder.fingerprint(names) == folder.fingerprint(names)


@pytest.mark.realdata
def test_celeba_with_a_holdout(real_data: Path) -> None:
    folder = ImageFolder(path=str(real_data / "celeba" / "img_align_celeba"), holdout=0.05)
    test, train = folder.items("test"), folder.items("train")
    assert (len(test), len(train)) == (500, 9500)
    assert not set(test) & set(train)
