from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from inpaintbench import folders
from inpaintbench.errors import DatasetError
from inpaintbench.folders import find_folder, fingerprint_files, list_pictures


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with nothing said about where data lies."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("INPAINTBENCH_DATA", raising=False)
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


def test_an_absent_folder_is_refused_with_the_places_that_were_looked_at(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatasetError, match=r"no folder .*here/faces \(\$INPAINTBENCH_DATA, .* is not set\)"):
        find_folder("faces")

    monkeypatch.setenv("INPAINTBENCH_DATA", "data")
    with pytest.raises(DatasetError, match=r"no folder .*here/faces nor .*here/data/faces\."):
        find_folder("faces")


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


def test_the_fingerprint_hashes_names_and_contents_in_the_order_given(here: Path) -> None:
    (here / "a").write_bytes(b"one")
    (here / "b").write_bytes(b"two")
    expected = hashlib.sha256()
    for name, content in ((b"b", b"two"), (b"a", b"one")):
        expected.update(b"\0\0\0\0\0\0\0\x01" + name + hashlib.sha256(content).digest())

    assert fingerprint_files(here, ["b", "a"]) == expected.hexdigest()


def test_unchanged_files_are_read_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    hash_contents = folders._hash_contents

    def counting(folder: Path, names: list[str]) -> str:
        read.append(folder)
        return hash_contents(folder, names)

    monkeypatch.setattr(folders, "_hash_contents", counting)
    (here / "a").write_bytes(b"one")
    first = fingerprint_files(here, ["a"])

    assert fingerprint_files(here, ["a"]) == first
    assert len(read) == 1

    os.utime(here / "a", ns=(0, 1))
    assert fingerprint_files(here, ["a"]) == first
    assert len(read) == 2


def test_a_file_that_has_gone_is_refused(here: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.png cannot be read: No such file or directory\."):
        fingerprint_files(here, ["gone.png"])
