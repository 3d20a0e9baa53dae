"""Fingerprints: what was computed of files holds for as long as they do not change, and no longer."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench import fingerprints
from inpaintbench.errors import DatasetError
from inpaintbench.fingerprints import (
    fingerprint_files,
    fingerprint_path,
    forget,
    memory_folder,
    remember,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two files that have just been written."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_bytes(b"one")
    (tmp_path / "data" / "b").write_bytes(b"two")
    monkeypatch.setattr(fingerprints, "_known", {})
    return tmp_path / "data"


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any file count as one that was left alone for long enough."""
    monkeypatch.setattr(fingerprints, "SETTLED", -3600.0)


class Counting:
    """A computation that counts how often it is asked for."""

    def __init__(self, found: object = "found") -> None:
        self.calls = 0
        self.found = found

    def __call__(self) -> object:
        self.calls += 1
        return self.found


def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what this process knows, as another process does not know it."""
    monkeypatch.setattr(fingerprints, "_known", {})


def contents(*files: tuple[bytes, bytes]) -> str:
    """Return the fingerprint of names and contents, computed here."""
    total = hashlib.sha256()
    for name, content in files:
        total.update(len(name).to_bytes(8, "big") + name + hashlib.sha256(content).digest())
    return total.hexdigest()


def test_what_is_known_is_not_computed_again(folder: Path) -> None:
    compute = Counting()

    assert [remember(folder, ["a", "b"], "what", compute) for _ in range(3)] == ["found"] * 3
    assert compute.calls == 1


@pytest.mark.parametrize("found", ["text", ["a", 1, None], {"é\udc80": 2.5}, 0, ""], ids=repr)
def test_another_process_computes_nothing(
    folder: Path, settled: None, monkeypatch: pytest.MonkeyPatch, found: object
) -> None:
    remember(folder, ["a"], "what", Counting(found))
    anew(monkeypatch)
    compute = Counting()

    assert remember(folder, ["a"], "what", compute) == found
    assert compute.calls == 0


def test_a_real_other_process_computes_nothing(folder: Path, settled: None) -> None:
    remember(folder, ["a"], "what", lambda: "remembered")
    program = (
        "import sys; from pathlib import Path; from inpaintbench.fingerprints import remember\n"
        "print(remember(Path(sys.argv[1]), ['a'], 'what', lambda: 1 / 0))"
    )
    command = [sys.executable, "-c", program, str(folder)]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "remembered\n"


def test_of_young_files_nothing_is_stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(folder, ["a"], "what", Counting())
    assert not memory_folder().exists()

    changed = (folder / "a").stat().st_ctime
    for age, stored in ((1.9, False), (2.1, True)):
        anew(monkeypatch)
        monkeypatch.setattr(time, "time", lambda age=age: changed + age)
        remember(folder, ["a"], "what", Counting())
        assert memory_folder().exists() == stored


def test_files_are_young_if_they_were_so_when_they_were_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [(folder / "a").stat().st_ctime + 0.1]
    monkeypatch.setattr(time, "time", lambda: clock[0])

    def compute_slowly() -> str:
        clock[0] += 60
        return "found"

    remember(folder, ["a"], "what", compute_slowly)
    assert not memory_folder().exists()


def grow(path: Path) -> None:
    path.write_bytes(b"longer")


def replace_unnoticed(path: Path) -> None:
    """Put another content of the same size and time in the file's place: only the time of the change tells."""
    status = path.stat()
    other = path.with_name("other")
    changed = status.st_ctime_ns
    while changed == status.st_ctime_ns:
        other.write_bytes(b"ONE")
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        changed = other.stat().st_ctime_ns
    other.replace(path)


@pytest.mark.parametrize(
    "change",
    [grow, replace_unnoticed, lambda path: os.utime(path, ns=(0, 1))],
    ids=["size", "time of the change", "time of the content"],
)
def test_a_change_is_seen(
    folder: Path, settled: None, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    compute = Counting()
    remember(folder, ["a", "b"], "what", compute)
    change(folder / "a")

    remember(folder, ["a", "b"], "what", compute)
    assert compute.calls == 2
    anew(monkeypatch)
    remember(folder, ["a", "b"], "what", compute)
    assert compute.calls == 2


def test_names_order_folder_and_what_tell_apart(folder: Path, settled: None, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(folder)
    asked: list[tuple[Path, list[str], str]] = [
        (folder, ["a", "b"], "what"),
        (folder, ["b", "a"], "what"),
        (folder, ["a"], "what"),
        (folder, [], "what"),
        (folder, ["a", "b"], "what 2"),
        (folder, ["a", "b"], ""),
        (tmp_path / "linked", ["a", "b"], "what"),
    ]
    for number, (place, names, what) in enumerate(asked):
        assert remember(place, names, what, Counting(number)) == number
    for number, (place, names, what) in enumerate(asked):
        assert remember(place, names, what, Counting()) == number


def test_a_cache_that_cannot_be_written_is_harmless(
    folder: Path, settled: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path / "file"))
    compute = Counting()

    for _ in range(2):
        anew(monkeypatch)
        assert remember(folder, ["a"], "what", compute) == "found"
    assert compute.calls == 2


def test_a_cache_that_can_only_be_read_is_read(folder: Path, settled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(folder, ["a"], "what", Counting())
    anew(monkeypatch)

    def refuse(*arguments: Any, **options: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    compute = Counting()
    assert remember(folder, ["a"], "what", compute) == "found"
    assert compute.calls == 0


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\0\0\0", b'{"cut', b"\xff", b"5", b'"found"', b"[]", b"{}", b'{"found": "zz"}', b"[" * 100_000),
        *(b'{"schema": 2, "found": "zz"}', b'{"schema": 2, "found": "zz", "sha256": "00"}'),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_what_is_damaged_is_computed_again(
    folder: Path, settled: None, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    remember(folder, ["a"], "what", Counting())
    [stored] = memory_folder().glob("*/*")
    stored.write_bytes(content)
    anew(monkeypatch)
    compute = Counting()

    assert remember(folder, ["a"], "what", compute) == "found"
    assert compute.calls == 1
    anew(monkeypatch)
    remember(folder, ["a"], "what", compute)
    assert compute.calls == 1


@pytest.mark.parametrize("change", [{"schema": 3}, {"schema": 1}, {"found": "FOUND"}, {"sha256": None}], ids=str)
def test_what_is_stored_otherwise_is_computed_again(
    folder: Path, settled: None, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    remember(folder, ["a"], "what", Counting())
    [stored] = memory_folder().glob("*/*")
    document = json.loads(stored.read_bytes())
    assert document["schema"] == 2
    stored.write_text(json.dumps(document | change))
    anew(monkeypatch)
    compute = Counting()

    assert remember(folder, ["a"], "what", compute) == "found"
    assert compute.calls == 1


def test_what_raises_is_not_remembered(folder: Path, settled: None) -> None:
    def fail() -> object:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        remember(folder, ["a"], "what", fail)
    assert remember(folder, ["a"], "what", Counting()) == "found"


def test_a_file_that_has_gone_is_refused(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.png cannot be read: No such file or directory\."):
        fingerprint_files(folder, ["a", "gone.png"])


def test_a_file_that_goes_while_it_is_read_is_refused(folder: Path) -> None:
    def compute() -> object:
        raise FileNotFoundError(2, "No such file or directory", "a")

    with pytest.raises(DatasetError, match=r"a cannot be read: No such file or directory\."):
        remember(folder, ["a"], "what", compute)


def test_the_fingerprint_hashes_names_and_contents_in_the_order_given(folder: Path) -> None:
    assert fingerprint_files(folder, ["b", "a"]) == contents((b"b", b"two"), (b"a", b"one"))
    assert fingerprint_files(folder, []) == hashlib.sha256().hexdigest()


def test_many_files_are_hashed_in_order(folder: Path) -> None:
    names = [f"{number}" for number in range(2100)]
    for name in names:
        (folder / name).write_text(f"content {name}")

    assert fingerprint_files(folder, names) == contents(
        *((name.encode(), f"content {name}".encode()) for name in names)
    )


def test_unchanged_files_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    hash_of = fingerprints._hash_of

    def counting(path: Path) -> str:
        read.append(path)
        return hash_of(path)

    monkeypatch.setattr(fingerprints, "_hash_of", counting)
    first = fingerprint_files(folder, ["a"])
    assert fingerprint_files(folder, ["a"]) == first
    assert len(read) == 1

    os.utime(folder / "a", ns=(0, 1))
    assert fingerprint_files(folder, ["a"]) == first
    assert len(read) == 2


def test_a_path_may_name_a_file_or_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "c").write_bytes(b"three")
    whole = contents((b"a", b"one"), (b"b", b"two"), (b"deep/c", b"three"))

    assert fingerprint_path(str(folder)) == whole
    assert fingerprint_path(str(folder / "a")) == hashlib.sha256(b"one").hexdigest()
    assert fingerprint_path(str(folder / "absent")) == ""
    monkeypatch.setenv("INPAINTBENCH_DATA", str(folder.parent))
    assert fingerprint_path("data") == whole


def test_links_count_by_what_they_lead_to_and_never_in_a_circle(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "1").write_bytes(b"three")
    (folder / "linked").symlink_to(tmp_path / "outside")
    (tmp_path / "outside" / "back").symlink_to(folder)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "nowhere").symlink_to(folder / "absent")

    assert fingerprint_path(str(folder)) == contents((b"a", b"one"), (b"b", b"two"), (b"linked/1", b"three"))


def test_a_name_that_is_no_unicode_text_counts(folder: Path) -> None:
    try:
        (folder / os.fsdecode(b"\xff")).write_bytes(b"three")
    except OSError:
        pytest.skip("this file system holds Unicode names only")
    before = fingerprint_path(str(folder))
    (folder / os.fsdecode(b"\xff")).rename(folder / os.fsdecode(b"\xfe"))

    assert fingerprint_path(str(folder)) != before


def test_what_cannot_be_looked_for_is_refused(folder: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read: File name too long"):
        fingerprint_path(str(folder / ("a" * 300)))


def test_a_folder_that_cannot_be_read_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "closed").mkdir()
    scan = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match=r"closed.? cannot be read: Permission denied\."):
        fingerprint_path(str(folder))


def test_what_nobody_has_asked_for_is_forgotten(folder: Path, settled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert forget() == 0
    for what in ("old", "used", "new"):
        remember(folder, ["a"], what, Counting(what))
    paths = {json.loads(path.read_bytes())["found"]: path for path in memory_folder().glob("*/*")}
    for what in ("old", "used"):
        os.utime(paths[what], (1000, 1000))
    foreign = memory_folder() / "notes" / "mine.txt"
    foreign.parent.mkdir()
    foreign.touch()
    os.utime(foreign, (1000, 1000))
    anew(monkeypatch)
    remember(folder, ["a"], "used", Counting())

    assert forget() == 1
    assert not paths["old"].exists()
    assert paths["used"].exists()
    assert paths["new"].exists()
    assert foreign.exists()
