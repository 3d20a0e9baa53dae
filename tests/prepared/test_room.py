"""Room: a bound that is kept, a full disk, a folder that cannot be written to, and what pruning may remove."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from inpaintbench.errors import CacheError
from inpaintbench.prepared import build as build_module
from inpaintbench.prepared.shelf import Shelf

unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such call")


@pytest.fixture
def keys(generated: Any, shelf: Shelf) -> list[str]:
    """Prepare three splits of about the same size; return their keys, that of what was used longest ago first."""
    found = []
    for age in range(3):
        folder = shelf.obtain(generated(["a"], identity={"age": age}, size=64)).folder
        os.utime(folder / "index.json", (1000 + age, 1000 + age))
        found.append(folder.name)
    return found


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file of this process become larger than 100 kB."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refuse(code: int) -> Callable[..., Any]:
    def refuse(*arguments: Any, **options: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return refuse


def test_pruning_removes_what_was_used_longest_ago(shelf: Shelf, keys: list[str], lying: Any) -> None:
    size = max(one.bytes for one in shelf.splits())
    removed = shelf.prune(2 * size)

    assert [one.key for one in removed] == keys[:1]
    assert lying() == sorted(keys[1:])
    assert [one.key for one in shelf.prune(size)] == keys[1:2]
    assert [one.key for one in shelf.prune()] == keys[2:]
    assert lying() == []
    assert shelf.prune() == []


def test_what_a_killed_process_has_left_goes_and_what_is_being_prepared_stays(
    shelf: Shelf, keys: list[str], lying: Any
) -> None:
    left = [f"ab{'0' * 30}.01234567.unfinished", f"cd{'0' * 30}.01234567.unfinished", "ef" + "0" * 30]
    for name in left:
        (shelf.folder / name).mkdir()
        (shelf.folder / name / "pictures.npy").write_bytes(bytes(100))

    with FileLock(shelf.folder / "ab.lock"):
        assert shelf.prune(10**9) == []
    assert lying() == sorted([*keys, left[0]])
    shelf.prune(10**9)
    assert lying() == sorted(keys)


def test_what_is_being_prepared_counts(shelf: Shelf, keys: list[str]) -> None:
    size = max(one.bytes for one in shelf.splits())
    other = shelf.folder / f"ab{'0' * 30}.01234567.unfinished"
    other.mkdir()
    (other / "pictures.npy").write_bytes(bytes(size))

    with FileLock(shelf.folder / "ab.lock"):
        removed = shelf.prune(3 * size)
    assert [one.key for one in removed] == keys[:1]


def test_nothing_but_the_shelfs_own_is_ever_removed(
    generated: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path))
    for name in ("holiday", "ab", "0" * 31, "0" * 33, "mine.unfinished", "G" * 32):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        (tmp_path / "pictures" / name / "1.jpg").write_text("a picture")
    before = sorted(tmp_path.rglob("*"))
    shelf = Shelf()
    shelf.obtain(generated(["a"]))
    assert len(shelf.splits()) == 1
    assert shelf.bytes == shelf.splits()[0].bytes

    assert len(shelf.prune()) == 1
    assert [path for path in sorted(tmp_path.rglob("*")) if path.suffix != ".lock"] == before


def test_room_is_made_by_what_was_used_longest_ago(generated: Any, shelf: Shelf, keys: list[str]) -> None:
    wanted = generated(["a"], size=80)
    shelf.limit = shelf.bytes + wanted.picture_bytes - 1
    prepared = shelf.obtain(wanted)

    assert {one.key for one in shelf.splits()} == {prepared.folder.name, *keys[1:]}


def test_what_cannot_have_room_removes_nothing(generated: Any, shelf: Shelf, keys: list[str], lying: Any) -> None:
    shelf.limit = 10**6
    wanted = generated(["a"] * 20, size=200)

    with pytest.raises(CacheError, match=r"grey at 200 pixels takes 0\.0 GB when prepared, and at most 0\.001 GB may"):
        shelf.obtain(wanted)
    assert lying() == sorted(keys)


def test_where_nothing_can_be_removed_there_may_be_room_enough(
    generated: Any, shelf: Shelf, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def refuse_finished(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        remove(path, ignore_errors=True)

    monkeypatch.setattr(shutil, "rmtree", refuse_finished)
    shelf.limit = shelf.bytes
    with pytest.raises(CacheError, match=r"cannot be removed: Permission denied\."):
        shelf.prune()

    assert shelf.obtain(generated(["a"])).pictures.shape == (1, 4, 4, 3)


def test_two_that_prune_at_once_are_no_error(
    shelf: Shelf, keys: list[str], lying: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = shelf.splits
    monkeypatch.setattr(shelf, "splits", lambda: (splits(), Shelf().prune())[0])

    assert len(shelf.prune()) == 3
    assert lying() == []


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf", "5 GB"])
def test_a_bound_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("INPAINTBENCH_CACHE_GB", text)

    with pytest.raises(CacheError, match=rf"INPAINTBENCH_CACHE_GB is '{text}'; expected a number of gigabytes above 0"):
        Shelf()


@pytest.mark.parametrize(("text", "limit"), [("", 50e9), ("2", 2e9), ("0.5", 5e8), (" 1e3 ", 1e12)])
def test_the_bound_is_in_gigabytes(monkeypatch: pytest.MonkeyPatch, text: str, limit: float) -> None:
    monkeypatch.setenv("INPAINTBENCH_CACHE_GB", text)

    assert Shelf().limit == limit


@unix
@pytest.mark.parametrize("reserves", [True, False])
def test_a_disk_without_room_is_noticed_before_anything_is_decoded(
    wanted_of: Any, shelf: Shelf, log: Any, lying: Any, small_files: None, reserves: bool, monkeypatch: Any
) -> None:
    if not reserves:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    with pytest.raises(CacheError, match=r"cannot be written to .*unfinished: File too large\. Make room \(`bench"):
        shelf.obtain(wanted_of())

    assert log() == []
    assert lying() == []


@unix
def test_a_full_disk_that_is_mended_needs_no_more_than_another_run(
    wanted_of: Any, shelf: Shelf, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", refuse(errno.ENOSPC))
        with pytest.raises(CacheError, match=r"No space left on device\. Make room"):
            shelf.obtain(wanted_of())

    wanted = wanted_of()
    check(Shelf().obtain(wanted), wanted)


@unix
@pytest.mark.parametrize("code", [errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_that_reserves_nothing_is_used_without(
    wanted_of: Any, shelf: Shelf, check: Any, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(os, "posix_fallocate", refuse(code))
    wanted = wanted_of()

    check(shelf.obtain(wanted), wanted)


@pytest.mark.parametrize("helpers", [0, 1])
def test_a_disk_that_fills_up_meanwhile_is_no_fault_of_the_data_set(
    wanted_of: Any, shelf: Shelf, lying: Any, log: Any, monkeypatch: pytest.MonkeyPatch, helpers: int
) -> None:
    open_path = Path.open

    def open_unless_full(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if mode == "r+b" and len(log()) > 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return open_path(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_unless_full)
    with pytest.raises(CacheError, match=r"cannot be written to .*: No space left on device\. Make room"):
        shelf.obtain(wanted_of(helpers=helpers), workers=helpers)
    assert lying() == []


@pytest.mark.parametrize("step", ["_sync", "write_index", "sync_folder"])
def test_a_disk_that_fails_at_the_end_leaves_nothing_wrong(
    wanted_of: Any, shelf: Shelf, check: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    wanted = wanted_of(count=20)
    with monkeypatch.context() as patch:
        patch.setattr(build_module, step, refuse(errno.EIO))
        with pytest.raises(CacheError, match=r"Input/output error"):
            shelf.obtain(wanted)

    check(Shelf().obtain(wanted), wanted)


@pytest.mark.parametrize("place", ["", "pictures"])
def test_a_file_in_the_folders_place_is_named(
    generated: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    cache = tmp_path / "cache"
    (cache / place).parent.mkdir(exist_ok=True)
    (cache / place).write_text("a file")
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(cache))

    with pytest.raises(CacheError, match=r"cannot be written to .*cache/pictures: .*Let \$INPAINTBENCH_CACHE name a"):
        Shelf().obtain(generated(["a"]))


def test_a_lock_that_cannot_be_had_is_named(generated: Any, shelf: Shelf) -> None:
    wanted = generated(["a"])
    (shelf.folder / f"{wanted.key[:2]}.lock").mkdir(parents=True)

    with pytest.raises(CacheError, match="cannot be written to"):
        shelf.obtain(wanted)
