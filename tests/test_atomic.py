from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench.atomic import replacing, sync_folder, write_json

syncs_folders = pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="Windows syncs no folders")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_content_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_an_error_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with replacing(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_half_written_file_of_a_killed_process_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".file.partial").write_bytes(b"a longer content than the new one")

    with replacing(tmp_path / "file") as file:
        file.write(b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


@syncs_folders
def test_the_content_is_on_the_disk_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def watched(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            steps.append(step)
            return function(*arguments)

        return call

    monkeypatch.setattr(os, "fsync", watched("sync", os.fsync))
    monkeypatch.setattr(Path, "replace", watched("rename", Path.replace))

    with replacing(tmp_path / "file") as file:
        file.write(b"new")
    assert steps == ["sync", "rename", "sync"]  # the file, its name, the folder that holds the name


def test_a_failing_disk_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space left"):
        write_json(tmp_path / "file", {"new": True})
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP])
def test_a_file_system_that_syncs_no_folders_is_used_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_json(tmp_path / "file", {"new": True})

    assert json.loads((tmp_path / "file").read_bytes()) == {"new": True}


@syncs_folders
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EBADF])
def test_a_folder_that_cannot_be_synced_for_another_reason_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match=os.strerror(code)):
        sync_folder(tmp_path)


@syncs_folders
def test_an_absent_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_json(tmp_path / "absent" / "file.json", {})
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "absent")


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10)
nested = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=3)


@settings(max_examples=30, deadline=None)  # each example waits for the disk
@given(st.dictionaries(st.text(), nested, max_size=5))
def test_json_is_read_back_exactly(tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]) -> None:
    path = tmp_path_factory.getbasetemp() / "document.json"
    write_json(path, document)

    assert json.loads(path.read_bytes()) == document


def test_json_is_indented_utf8_and_holds_the_names_of_odd_files(tmp_path: Path) -> None:
    write_json(tmp_path / "file.json", {"item": "Ü", "odd": "\udc80"})

    assert (tmp_path / "file.json").read_bytes() == '{\n "item": "Ü",\n "odd": "\\udc80"\n}\n'.encode()
    assert json.loads((tmp_path / "file.json").read_bytes())["odd"] == "\udc80"
