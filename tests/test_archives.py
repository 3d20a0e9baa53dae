"""`unpack` against archives that are whole, damaged or malicious; all of them are built here, in memory."""

from __future__ import annotations

import io
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from inpaintbench.archives import unpack
from inpaintbench.errors import DownloadError

TAR_MODES = {"tar": "w", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}
PICTURES = {
    "train/a.png": b"a" * 5000,
    "train/deep/b.png": b"",
    "test/c.png": random.Random(0).randbytes(70_000),
    "README": b"read\n",
}


def info(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0, mode: int = 0o644
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size, made.mode = kind, target, size, mode
    return made


def tar_of(*members: tarfile.TarInfo | tuple[str, bytes], mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=tarfile.GNU_FORMAT) as tar:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member, io.BytesIO(b"x" * member.size))
            else:
                tar.addfile(info(member[0], size=len(member[1])), io.BytesIO(member[1]))
    return made.getvalue()


def zip_of(*members: tuple[str, bytes] | tuple[str, bytes, int]) -> bytes:
    """A zip of names and contents, and the Unix mode of some of them."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as found:
        for member in members:
            one = zipfile.ZipInfo(member[0])
            one.compress_type = zipfile.ZIP_DEFLATED
            one.create_system = 3
            one.external_attr = (member[2] if len(member) > 2 else stat.S_IFREG | 0o644) << 16
            found.writestr(one, member[1])
    return made.getvalue()


def packed(kind: str, contents: Mapping[str, bytes]) -> bytes:
    return zip_of(*contents.items()) if kind == "zip" else tar_of(*contents.items(), mode=TAR_MODES[kind])


def tree(folder: Path) -> dict[str, bytes | str | None]:
    """Return everything below a folder: contents of files, targets of links, None for folders."""
    found: dict[str, bytes | str | None] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def files(folder: Path) -> dict[str, bytes | str | None]:
    return {name: content for name, content in tree(folder).items() if content is not None}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Where an archive lies: its name says nothing of its kind."""
    return tmp_path / "download"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "set"


KINDS = [*TAR_MODES, "zip"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_content_and_unpacked(kind: str, archive: Path, folder: Path) -> None:
    archive.write_bytes(packed(kind, PICTURES))
    told: list[tuple[int, int | None]] = []

    names = unpack(archive, folder, lambda done, total: told.append((done, total)))

    assert names == ("README", "test", "train")
    assert files(folder) == PICTURES
    assert set(tree(folder)) - set(PICTURES) == {"test", "train", "train/deep"}
    size = sum(map(len, PICTURES.values()))
    assert told[0] == (0, None)
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_small_files_take_no_time_to_speak_of(kind: str, archive: Path, folder: Path) -> None:
    contents = {f"class{number % 10}/{number:04}.txt": str(number).encode() * 20 for number in range(1000)}
    archive.write_bytes(packed(kind, contents))
    started = time.monotonic()

    unpack(archive, folder)

    assert time.monotonic() - started < 5  # 0.1 to 0.4 s where it was measured
    assert files(folder) == contents


def test_folders_and_odd_spellings_of_names_are_understood(archive: Path, folder: Path) -> None:
    folders = [info(name, tarfile.DIRTYPE) for name in ("./", "./empty", "train")]
    archive.write_bytes(tar_of(*folders, ("./train//a.png", b"a"), ("Ünï…/😀 b.png", b"b"), ("..a/b..", b"dots")))

    assert unpack(archive, folder) == ("..a", "empty", "train", "Ünï…")

    assert files(folder) == {"train/a.png": b"a", "Ünï…/😀 b.png": b"b", "..a/b..": b"dots"}
    assert (folder / "empty").is_dir()


def test_long_names_and_large_sizes_in_headers_of_every_format_are_understood(archive: Path, folder: Path) -> None:
    name = "/".join(["a" * 90] * 4)
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w", format=form) as tar:
            tar.addfile(info(name, size=3), io.BytesIO(b"abc"))
        archive.write_bytes(made.getvalue())
        unpack(archive, folder)
        assert files(folder) == {name: b"abc"}


def test_files_get_the_rights_of_new_files(archive: Path, folder: Path) -> None:
    modes = {"setuid": 0o6755, "secret": 0o000, "sticky": 0o1777}
    archive.write_bytes(tar_of(*(info(name, mode=mode) for name, mode in modes.items())))
    usual = folder.parent.parent / "usual"
    usual.write_bytes(b"")

    unpack(archive, folder)

    assert {(folder / name).stat().st_mode for name in modes} == {usual.stat().st_mode}


def test_links_that_stay_inside_are_made(archive: Path, folder: Path) -> None:
    archive.write_bytes(
        tar_of(
            info("train/early", tarfile.SYMTYPE, "../test/a.png"),
            ("test/a.png", b"a"),
            info("all/test", tarfile.SYMTYPE, "../test"),
            info("here", tarfile.SYMTYPE, "."),
            info("test/same.png", tarfile.LNKTYPE, "test/a.png"),
        )
    )
    unpack(archive, folder)

    assert tree(folder) == {
        "all": None,
        "all/test": "-> ../test",
        "here": "-> .",
        "test": None,
        "test/a.png": b"a",
        "test/same.png": b"a",
        "train": None,
        "train/early": "-> ../test/a.png",
    }
    assert (folder / "train" / "early").read_bytes() == b"a"

    shutil.rmtree(folder)
    archive.write_bytes(zip_of(("b.png", b"b"), ("deep/link", b"../b.png", stat.S_IFLNK | 0o777)))
    unpack(archive, folder)
    assert tree(folder) == {"b.png": b"b", "deep": None, "deep/link": "-> ../b.png"}


def test_names_in_a_zip_are_read_as_they_were_meant(archive: Path, folder: Path) -> None:
    unflagged = renamed(zip_of(("@@ a.png", b"a")), "@@ a.png", "Ü a.png")  # as the program `zip` writes it
    archive.write_bytes(unflagged)
    unpack(archive, folder)
    assert files(folder) == {"Ü a.png": b"a"}

    archive.write_bytes(zip_of(("@ b.png", b"b")).replace(b"@ b.png", b"\x9a b.png"))  # code page 437
    unpack(archive, folder)
    assert files(folder) == {"Ü a.png": b"a", "Ü b.png": b"b"}

    archive.write_bytes(zip_of(("Ü/c.png", b"c")))  # flagged as UTF-8
    unpack(archive, folder)
    assert (folder / "Ü" / "c.png").read_bytes() == b"c"


def test_of_a_file_that_was_added_twice_the_later_one_counts(archive: Path, folder: Path) -> None:
    archive.write_bytes(tar_of(("a", b"old"), ("b", b"b"), ("a", b"newer")))
    unpack(archive, folder)
    assert files(folder) == {"a": b"newer", "b": b"b"}


def renamed(content: bytes, old: str, new: str) -> bytes:
    """Give an entry of a zip a name that the standard library would not write."""
    assert len(old.encode()) == len(new.encode())
    return content.replace(old.encode(), new.encode())


def encrypted(content: bytes) -> bytes:
    """Set the flag of encryption in both headers of a zip's only entry."""
    made = bytearray(content)
    made[6] |= 1
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


LINK = stat.S_IFLNK | 0o777
EVIL: dict[str, bytes] = {
    "tar: ..": tar_of(("fine", b""), ("../evil", b"")),
    "tar: .. within": tar_of(("a/b/../../../evil", b"")),
    "tar: .. that stays inside": tar_of(("a/../evil", b"")),
    "tar: folder ..": tar_of(info("..", tarfile.DIRTYPE)),
    "tar: absolute": tar_of(("/tmp/evil", b"")),
    "tar: drive": tar_of(("C:/evil", b"")),
    "tar: drive within": tar_of(("a/c:evil", b"")),
    "tar: backslash": tar_of(("a\\..\\..\\evil", b"")),
    "tar: share": tar_of(("\\\\server\\evil", b"")),
    "tar: the folder as a file": tar_of((".", b"")),
    "tar: link out": tar_of(info("a", tarfile.SYMTYPE, "../evil")),
    "tar: link further out": tar_of(info("a/b/c", tarfile.SYMTYPE, "../../../evil")),
    "tar: link to an absolute name": tar_of(info("a", tarfile.SYMTYPE, "/etc/passwd")),
    "tar: link to a drive": tar_of(info("a", tarfile.SYMTYPE, "C:\\evil")),
    "tar: link to nothing": tar_of(info("a", tarfile.SYMTYPE, "")),
    "tar: link out by way of links": tar_of(
        info("a", tarfile.SYMTYPE, "."), info("b", tarfile.SYMTYPE, "a/a/a/../../evil")
    ),
    "tar: link, then a file below it": tar_of(info("a", tarfile.SYMTYPE, "b"), ("a/evil", b"")),
    "tar: file below a link that comes later": tar_of(("a/evil", b""), info("a", tarfile.SYMTYPE, "b")),
    "tar: link, then a file of that name": tar_of(info("a", tarfile.SYMTYPE, "b"), ("a", b"")),
    "tar: file, then a link of that name": tar_of(("a", b""), info("a", tarfile.SYMTYPE, "b")),
    "tar: link twice": tar_of(info("a", tarfile.SYMTYPE, "b"), info("./a", tarfile.SYMTYPE, "c")),
    "tar: hard link out": tar_of(info("a", tarfile.LNKTYPE, "../../evil")),
    "tar: hard link to an absolute name": tar_of(info("a", tarfile.LNKTYPE, "/etc/passwd")),
    "tar: hard link to nothing of it": tar_of(info("a", tarfile.LNKTYPE, "b")),
    "tar: hard link to a link": tar_of(info("b", tarfile.SYMTYPE, "c"), info("a", tarfile.LNKTYPE, "b")),
    "tar: hard link, then a file of that name": tar_of(("b", b""), info("a", tarfile.LNKTYPE, "b"), ("a", b"")),
    "tar: fifo": tar_of(info("a", tarfile.FIFOTYPE)),
    "tar: device": tar_of(info("a", tarfile.CHRTYPE)),
    "tar: block device": tar_of(info("a", tarfile.BLKTYPE)),
    "tar: file and folder of one name": tar_of(("a", b""), info("a", tarfile.DIRTYPE)),
    "tar: file below a file": tar_of(("a", b""), ("a/b/c", b"")),
    "tar: file where a folder is": tar_of(("a/b", b""), ("a", b"")),
    "tar: nothing": tar_of(),
    "tar: only itself": tar_of(info("./", tarfile.DIRTYPE)),
    "zip: ..": zip_of(("fine", b""), ("../evil", b"")),
    "zip: absolute": zip_of(("/tmp/evil", b"")),
    "zip: drive": zip_of(("C:/evil", b"")),
    "zip: backslash": zip_of(("..\\evil", b"")),
    "zip: null character": renamed(zip_of(("fine?../evil", b"")), "fine?", "fine\0"),
    "zip: link out": zip_of(("a", b"../evil", LINK)),
    "zip: link to an absolute name": zip_of(("a", b"/etc/passwd", LINK)),
    "zip: link, then a file below it": zip_of(("a", b"b", LINK), ("a/evil", b"")),
    "zip: fifo": zip_of(("a", b"", stat.S_IFIFO | 0o644)),
    "zip: file and folder of one name": zip_of(("a", b""), ("a/", b"")),
    "zip: encrypted": encrypted(zip_of(("a", b"secret"))),
    "zip: nothing": zip_of(),
    "a web page": b"\n<!DOCTYPE html><html>Sign in</html>",
    "no archive": b"GIF89a" * 200,
    "an empty file": b"",
}


@pytest.mark.parametrize("name", EVIL)
def test_what_could_lead_out_of_the_folder_is_refused_before_anything_is_written(
    name: str, archive: Path, folder: Path, tmp_path: Path
) -> None:
    archive.write_bytes(EVIL[name])
    before = tree(tmp_path)

    with pytest.raises(DownloadError, match=str(archive)):
        unpack(archive, folder)

    assert tree(tmp_path) == before


def test_refusals_say_what_is_wrong(archive: Path, folder: Path) -> None:
    said = {
        "tar: ..": "'../evil' leads out of the folder",
        "tar: link out": "'a' is a link to '../evil', which leads out of the folder",
        "tar: link, then a file below it": "'a/evil' lies below 'a', which is a link",
        "tar: hard link to nothing of it": "'a' is a hard link to 'b', which is no file of it",
        "tar: fifo": "'a' is neither file nor folder nor link",
        "tar: file and folder of one name": "'a' occurs in it twice, as file and as folder",
        "zip: backslash": "is no relative path with / between its names",
        "zip: encrypted": "is encrypted. Unpack it by hand",
        "tar: nothing": "it holds nothing",
        "a web page": "is a web page",
        "no archive": "is neither a tar nor a zip",
    }
    for name, expected in said.items():
        archive.write_bytes(EVIL[name])
        with pytest.raises(DownloadError) as caught:
            unpack(archive, folder)
        assert expected in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_that_is_cut_short_anywhere_is_refused_and_leaves_nothing(
    kind: str, archive: Path, folder: Path
) -> None:
    whole = packed(kind, PICTURES)
    end = len(whole) if kind != "tar" else whole.rindex(b"read\n") + 512  # what follows is padding
    for length in {*range(0, end, max(end // 40, 1)), end - 1, end - 9}:
        archive.write_bytes(whole[:length])
        with pytest.raises(DownloadError):
            unpack(archive, folder)
        assert not folder.exists() or tree(folder) == {}
    archive.write_bytes(whole)
    unpack(archive, folder)
    assert files(folder) == PICTURES


def test_a_tar_cut_off_between_two_entries_is_refused(archive: Path, folder: Path) -> None:
    whole = tar_of(("a", b"a"), ("b", b"b"))
    archive.write_bytes(whole[:1024])  # the header and the content of the first
    with pytest.raises(DownloadError, match="damaged or cut short"):
        unpack(archive, folder)


def test_a_damaged_header_is_not_taken_for_the_end(archive: Path, folder: Path) -> None:
    whole = bytearray(tar_of(("a", b"a"), ("b", b"b")))
    whole[1024] ^= 1
    archive.write_bytes(whole)
    with pytest.raises(DownloadError, match="damaged or cut short: bad checksum"):
        unpack(archive, folder)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_damaged_content_is_found_by_the_archives_own_checksums(kind: str, archive: Path, folder: Path) -> None:
    whole = bytearray(packed(kind, PICTURES))
    whole[len(whole) // 2] ^= 1  # within the incompressible picture
    archive.write_bytes(whole)
    with pytest.raises(DownloadError):
        unpack(archive, folder)
    assert not folder.exists() or tree(folder) == {}


def test_a_zip_that_lies_about_a_size_is_refused(archive: Path, folder: Path) -> None:
    whole = bytearray(zip_of(("a", b"x" * 1000)))
    place = whole.index(b"PK\x01\x02") + 24
    assert struct.unpack_from("<I", whole, place) == (1000,)
    struct.pack_into("<I", whole, place, 10)
    archive.write_bytes(whole)
    with pytest.raises(DownloadError, match="Bad CRC-32"):
        unpack(archive, folder)
    assert tree(folder) == {}


def test_headers_of_absurd_sizes_are_refused_at_once(archive: Path, folder: Path) -> None:
    backwards = info("a")
    backwards.size = -1024
    endless = info("a", tarfile.XHDTYPE)
    endless.size = 1 << 40
    for header in (backwards, endless):
        archive.write_bytes(tar_of(("first", b"1" * 600))[:1536] + header.tobuf(tarfile.GNU_FORMAT) + bytes(10240))
        with pytest.raises(DownloadError, match="absurd size"):
            unpack(archive, folder)

    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("a", "b"):
            member = info(name)
            member.pax_headers = {"size": "-2048"}
            tar.addfile(member)
    archive.write_bytes(made.getvalue())
    with pytest.raises(DownloadError, match="damaged"):
        unpack(archive, folder)


class Usage(NamedTuple):
    free: int


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_what_does_not_fit_onto_the_disk_is_refused_before_anything_is_written(
    kind: str, archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write_bytes(packed(kind, {"bomb": bytes(40_960_000)}))
    assert archive.stat().st_size < 50_000
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: Usage(40_959_999))
        with pytest.raises(DownloadError, match=r"takes 41\.0 MB when unpacked, but only 41\.0 MB are free in"):
            unpack(archive, folder)
        assert not folder.exists()
        patch.setattr(shutil, "disk_usage", lambda path: Usage(40_960_000))
        unpack(archive, folder)
    assert (folder / "bomb").stat().st_size == 40_960_000


def test_many_empty_files_take_room_too(archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write_bytes(tar_of(*((str(number), b"") for number in range(100))))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100 * 4096 - 1))
    with pytest.raises(DownloadError, match="when unpacked"):
        unpack(archive, folder)


def test_folders_are_merged_and_files_replaced(archive: Path, folder: Path) -> None:
    (folder / "train" / "deep").mkdir(parents=True)
    (folder / "train" / "a.png").write_bytes(b"old")
    (folder / "train" / "deep" / "mine.png").write_bytes(b"mine")
    archive.write_bytes(packed("tar", PICTURES))

    unpack(archive, folder)

    assert files(folder) == {**PICTURES, "train/deep/mine.png": b"mine"}


@pytest.mark.parametrize("standing", ["a folder", "a file"])
def test_a_file_and_a_folder_in_one_place_move_nothing(standing: str, archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    archive.write_bytes(packed("tar", {"a.png": b"new", "z/b.png": b"b", "z/c": b"c"}))
    if standing == "a folder":
        (folder / "z" / "c").mkdir(parents=True)
    else:
        (folder / "z").write_bytes(b"mine")
    before = tree(folder)

    with pytest.raises(DownloadError, match=rf"where .* is {standing} already"):
        unpack(archive, folder)

    assert tree(folder) == before


def test_an_archive_does_not_replace_itself(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "set").write_bytes(packed("tar", {"set": b"evil", "a": b"a"}))
    before = tree(folder)
    with pytest.raises(DownloadError, match="would replace itself"):
        unpack(folder / "set", folder)
    assert tree(folder) == before


def test_a_link_to_another_disk_that_the_owner_has_made_is_followed(
    archive: Path, folder: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    folder.mkdir(parents=True)
    (folder / "train").symlink_to(disk)
    (folder / "README").symlink_to(disk / "never")
    archive.write_bytes(packed("tar", PICTURES))

    unpack(archive, folder)

    assert files(disk) == {"a.png": PICTURES["train/a.png"], "deep/b.png": b""}
    assert (folder / "train").is_symlink()
    assert not (folder / "README").is_symlink()  # a file replaces a link, not what it leads to

    archive.write_bytes(tar_of(("train/d.png", b"d"), info("train/link", tarfile.SYMTYPE, "../test")))
    with pytest.raises(DownloadError, match="holds links, which would lead elsewhere"):
        unpack(archive, folder)
    assert not (disk / "d.png").exists()


def test_an_interruption_leaves_nothing_that_looks_complete(archive: Path, folder: Path) -> None:
    archive.write_bytes(packed("zip", PICTURES))

    def interrupt(done: int, total: int | None) -> None:
        if done > 5000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(archive, folder, interrupt)
    assert tree(folder) == {}


RUNNER = """
import sys
from pathlib import Path
from inpaintbench.archives import unpack
def stop(done, total):
    if done > 5000:
        print("half", flush=True)
        sys.stdin.read()
unpack(Path(sys.argv[1]), Path(sys.argv[2]), stop)
"""


def test_a_kill_leaves_nothing_that_looks_complete_and_the_next_attempt_clears_it_away(
    archive: Path, folder: Path
) -> None:
    archive.write_bytes(packed("tar.gz", PICTURES))
    command = [sys.executable, "-c", RUNNER, str(archive), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert [path.name for path in folder.iterdir()] == [".download.unpacking"]
    (folder / ".download.unpacking" / "stray.png").write_bytes(b"of an earlier version")

    unpack(archive, folder)

    assert files(folder) == PICTURES


def test_a_folder_that_cannot_be_written_is_reported(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(packed("tar", PICTURES))
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(DownloadError, match=r"cannot be unpacked into .*file/deeper"):
        unpack(archive, tmp_path / "file" / "deeper")


def test_an_archive_that_is_not_there_is_reported(archive: Path, folder: Path) -> None:
    with pytest.raises(DownloadError, match="download cannot be read: No such file"):
        unpack(archive, folder)


def test_a_disk_without_hard_links_gets_copies(archive: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    archive.write_bytes(tar_of(("a", b"a"), info("b", tarfile.LNKTYPE, "a")))
    unpack(archive, folder)
    assert files(folder) == {"a": b"a", "b": b"a"}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list open files")
def test_a_refused_archive_is_closed(archive: Path, folder: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for name in ("tar: ..", "zip: ..", "tar: fifo"):
        archive.write_bytes(EVIL[name])
        with pytest.raises(DownloadError) as caught:
            unpack(archive, folder)
        assert count() == before
        assert caught.value
