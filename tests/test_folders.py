from __future__ import annotations

import os
from pathlib import Path

import pytest

from inpaintbench.errors import DatasetError
from inpaintbench.folders import data_folder, find_folder, list_pictures, places_of


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with nothing said about where data lies."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("INPAINTBENCH_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_the_current_folder_comes_before_the_data_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = here.parent / "data"
    (data / "faces").mkdir(parents=True)
    monkeypatch.setenv("INPAINTBENCH_DATA", str(data))

    assert find_folder("faces") == data / "faces"

    (here / "faces").mkdir()
    assert find_folder("faces") == here / "faces"


def test_an_absolute_path_and_the_home_folder_are_taken_as_they_are(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(here.parent))

    assert find_folder(str(here)) == here
    assert find_folder("~/here") == here


def test_a_file_of_that_name_does_not_hide_a_folder_below_the_data_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "faces").write_text("no folder")
    with pytest.raises(DatasetError, match="faces is a file; expected a folder"):
        find_folder("faces")

    (here.parent / "data" / "faces").mkdir(parents=True)
    monkeypatch.setenv("INPAINTBENCH_DATA", str(here.parent / "data"))
    assert find_folder("faces") == here.parent / "data" / "faces"


def test_data_lies_where_the_variables_say(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder() == here.parent / "home" / ".local" / "share" / "inpaintbench"
    monkeypatch.setenv("XDG_DATA_HOME", "shared")
    assert data_folder() == here / "shared" / "inpaintbench"
    monkeypatch.setenv("INPAINTBENCH_DATA", "~/pictures")
    assert data_folder() == here.parent / "home" / "pictures"


def test_a_path_is_looked_for_in_two_places_at_most(here: Path) -> None:
    data = here.parent / "home" / ".local" / "share" / "inpaintbench"

    assert places_of("a/b") == [here / "a" / "b", data / "a" / "b"]
    assert places_of(str(here)) == [here]
    with pytest.raises(
        DatasetError, match=r"'~nobody-of-that-name/a' names no folder .*; write the path without the ~"
    ):
        places_of("~nobody-of-that-name/a")


def test_a_path_that_cannot_be_looked_for_is_refused(here: Path) -> None:
    with pytest.raises(DatasetError, match=r"'a+' cannot be looked for: File name too long"):
        find_folder("a" * 300)


def test_an_absent_folder_is_refused_with_the_places_that_were_looked_at(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        DatasetError,
        match=r"no folder .*here/faces nor .*home/\.local/share/inpaintbench/faces\. Check the path .* let",
    ):
        find_folder("faces")

    monkeypatch.setenv("INPAINTBENCH_DATA", "data")
    with pytest.raises(DatasetError, match=r"no folder .*here/faces nor .*here/data/faces\. Fetch it\.$"):
        find_folder("faces", "Fetch it.")


def test_pictures_are_listed_at_any_depth_in_one_order(here: Path) -> None:
    for name in ("b/2.JPG", "b/10.png", "a.tiff", "Z.webp", "b/c/ü.bmp", "with space.jpeg", "b.png/1.tif"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).touch()
    for name in ("notes.txt", ".hidden.png", ".thumbnails/1.png", "b/README"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).touch()

    expected = ["Z.webp", "a.tiff", "b.png/1.tif", "b/10.png", "b/2.JPG", "b/c/ü.bmp", "with space.jpeg"]
    assert list_pictures(here) == expected


def test_links_are_followed_but_never_in_a_circle(here: Path) -> None:
    (here.parent / "outside").mkdir()
    (here.parent / "outside" / "1.png").touch()
    (here / "linked").symlink_to(here.parent / "outside")
    (here.parent / "outside" / "back").symlink_to(here)
    (here / "itself").symlink_to(here)
    (here / "broken.png").symlink_to(here / "absent.png")

    assert list_pictures(here) == ["linked/1.png"]


def test_a_file_name_that_is_no_unicode_text_is_refused(here: Path) -> None:
    try:
        (here / os.fsdecode(b"\xff.png")).touch()
    except OSError:
        pytest.skip("this file system holds Unicode names only")

    with pytest.raises(DatasetError, match=r"'\\udcff\.png' is no Unicode text; rename the file"):
        list_pictures(here)


def test_a_folder_that_cannot_be_read_is_refused(here: Path) -> None:
    with pytest.raises(DatasetError, match=r"absent cannot be read: No such file or directory\."):
        list_pictures(here / "absent")
