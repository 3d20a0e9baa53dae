"""`obtain` against a server on this machine: what is fetched, unpacked, remembered, and said to whom."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.api import DatasetSpec, Download
from inpaintbench.downloads import obtain as module
from inpaintbench.downloads import reach, transfer
from inpaintbench.downloads.by_hand import instructions
from inpaintbench.downloads.locking import acquire
from inpaintbench.downloads.obtain import Listener, obtain
from inpaintbench.downloads.overwriting import refuse_overwriting
from inpaintbench.downloads.present import mark, missing, needed
from inpaintbench.errors import DatasetError, DownloadError
from inpaintbench.integrity import sealed


def tar_of(**contents: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"{name}.png")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return made.getvalue()


def zip_of(**contents: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as found:
        for name, content in contents.items():
            found.writestr(f"val/{name}.png", content)
    return made.getvalue()


FILES = {
    "/train.tar": tar_of(a=b"a" * 3000, b=b"b"),
    "/val.zip": zip_of(c=b"c", d=b"d"),
    "/list.txt": b"a.png\n",
    "/page.zip": b"<html>sign in</html>",
}


class Publisher(ThreadingHTTPServer):
    """Serves FILES, and counts who asks for what."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        self.began = threading.Event()
        self.hold = threading.Event()
        self.hold.set()


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.began.set()
        self.server.hold.wait(30)
        if self.path not in FILES:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(FILES[self.path])))
        self.end_headers()
        self.wfile.write(FILES[self.path])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.hold.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(transfer, "PAUSES", ())
    reach.reachable.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "photos"


def dataset(publisher: Publisher | None = None, *downloads: Download) -> DatasetSpec:
    if publisher and not downloads:
        downloads = (
            of(publisher, "train.tar", unpack=True, into="pictures/train", splits=("train",)),
            of(publisher, "val.zip", unpack=True, splits=("val", "test")),
            of(publisher, "list.txt", into="lists"),
        )
    return DatasetSpec(
        name="photos",
        target="photos:Photos",
        summary="Photos.",
        homepage="https://example.org/photos",
        licence="research only",
        layout="train/*.png\nlists/train.txt",
        downloads=downloads,
    )


def of(publisher: Publisher, name: str, **options: object) -> Download:
    checksum = f"sha256:{hashlib.sha256(FILES[f'/{name}']).hexdigest()}" if f"/{name}" in FILES else ""
    address = f"http://127.0.0.1:{publisher.server_port}/{name}"
    return Download(**({"url": address, "filename": name, "megabytes": 0.01, "checksum": checksum} | options))  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, bytes]:
    """Return all files below the folder but the hidden ones."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


class Heard(Listener):
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def fetching(self, download: Download) -> None:
        self.said.append(f"fetching {download.filename}")

    def progressed(self, done: int, total: int | None) -> None:
        self.said.append(f"{done} of {total}")

    def unpacking(self, download: Download) -> None:
        self.said.append(f"unpacking {download.filename}")


TRAIN = {"pictures/train/a.png": b"a" * 3000, "pictures/train/b.png": b"b"}
VAL = {"val/c.png": b"c", "val/d.png": b"d"}
LIST = {"lists/list.txt": b"a.png\n"}


def test_what_the_splits_need_is_fetched_and_unpacked_once(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher)

    obtain(spec, folder, ["test"])
    assert files(folder) == VAL | LIST
    assert publisher.asked == ["/val.zip", "/list.txt"]
    assert missing(spec, folder, ["val"]) == []

    obtain(spec, folder, ["val", "train"])
    assert files(folder) == TRAIN | VAL | LIST
    assert publisher.asked == ["/val.zip", "/list.txt", "/train.tar"]


def test_which_downloads_a_split_needs(publisher: Publisher) -> None:
    spec = dataset(publisher)
    assert [one.filename for one in needed(spec, ["train"])] == ["train.tar", "list.txt"]
    assert [one.filename for one in needed(spec, ["test", "val"])] == ["val.zip", "list.txt"]


def test_the_listener_hears_everything_in_order(publisher: Publisher, folder: Path) -> None:
    heard = Heard()
    obtain(dataset(publisher, of(publisher, "train.tar", unpack=True)), folder, ["train"], heard)

    size = len(FILES["/train.tar"])
    fetched = heard.said.index(f"{size} of {size}") + 1
    assert heard.said[:2] == ["fetching train.tar", f"0 of {size}"]
    assert all(line.endswith(f" of {size}") for line in heard.said[1:fetched])  # one or more blocks
    assert heard.said[fetched:] == ["unpacking train.tar", "0 of None", "3000 of 3001", "3001 of 3001"]


def test_what_is_done_is_marked_with_its_address_and_checksum(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher)
    obtain(spec, folder, ["test"])

    marker = json.loads((folder / ".val.zip.done").read_bytes())

    said = {"url": spec.downloads[1].url, "checksum": spec.downloads[1].checksum, "holds": ["val"]}
    assert marker == sealed({"schema": 2, **said})


@pytest.mark.parametrize("keep", [False, True])
def test_archives_are_kept_on_request(publisher: Publisher, folder: Path, keep: bool) -> None:
    obtain(dataset(publisher), folder, ["test"], keep=keep)
    assert (folder / "val.zip").exists() is keep
    assert VAL.items() <= files(folder).items()


def test_another_version_is_fetched_anew(publisher: Publisher, folder: Path) -> None:
    obtain(dataset(publisher, of(publisher, "list.txt", checksum="")), folder, ["test"])
    spec = dataset(publisher, of(publisher, "val.zip", filename="list.txt", unpack=True))
    (folder / "list.txt").unlink()

    assert missing(spec, folder, ["test"]) == list(spec.downloads)
    obtain(spec, folder, ["test"])

    assert files(folder) == VAL


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"{}", b'{"url": 1, "checksum": 2, "holds": []}'])
def test_a_damaged_marker_counts_as_none(publisher: Publisher, folder: Path, content: bytes) -> None:
    spec = dataset(publisher)
    obtain(spec, folder, ["train"])
    (folder / ".train.tar.done").write_bytes(content)
    assert missing(spec, folder, ["train"]) == [spec.downloads[0]]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 3},
        {"begun": True},
        {"begun": 1},
        {"holds": "abc"},
        {"holds": [5]},
        {"news": "unheard of"},
    ],
    ids=str,
)
@pytest.mark.parametrize("first", [False, True])
def test_a_marker_that_says_something_else_counts_as_none(
    publisher: Publisher, folder: Path, change: dict[str, Any], first: bool
) -> None:
    spec = dataset(publisher)
    obtain(spec, folder, ["train"])
    path = folder / ".train.tar.done"
    written = json.loads(path.read_bytes())
    if first:  # those of the first schema said neither it nor a hash
        written = {name: value for name, value in written.items() if name not in ("schema", "sha256")}
    path.write_text(json.dumps(written))
    assert missing(spec, folder, ["train"]) == []

    path.write_text(json.dumps(written | change))
    if "schema" in change:
        with pytest.raises(DownloadError, match=r"train\.tar\.done was written by a newer inpaintbench \(schema 3, "):
            missing(spec, folder, ["train"])
    else:
        assert missing(spec, folder, ["train"]) == [spec.downloads[0]]


def test_a_bit_that_flips_in_a_marker_never_makes_an_unfinished_download_count_as_done(
    publisher: Publisher, folder: Path
) -> None:
    spec = dataset(publisher)
    folder.mkdir()
    mark(spec.downloads[0], folder, begun=True)
    path = folder / ".train.tar.done"
    written = path.read_bytes()

    for place in range(len(written)):
        for bit in (1, 32):
            flipped = bytearray(written)
            flipped[place] ^= bit
            path.write_bytes(flipped)
            with contextlib.suppress(DownloadError):  # of another schema
                assert spec.downloads[0] in missing(spec, folder, ["train"])


def test_what_somebody_has_removed_is_fetched_again(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher)
    obtain(spec, folder, ["test"])
    (folder / "val" / "c.png").unlink()
    (folder / "val" / "d.png").unlink()
    (folder / "val").rmdir()

    obtain(spec, folder, ["test"])

    assert files(folder) == VAL | LIST
    assert publisher.asked == ["/val.zip", "/list.txt", "/val.zip"]


def test_an_archive_that_a_person_has_put_there_is_checked_and_unpacked(publisher: Publisher, folder: Path) -> None:
    folder.mkdir()
    (folder / "val.zip").write_bytes(FILES["/val.zip"])
    obtain(dataset(publisher), folder, ["test"])
    assert files(folder) == VAL | LIST
    assert publisher.asked == ["/list.txt"]

    (folder / "train.tar").write_bytes(FILES["/val.zip"])
    with pytest.raises(DownloadError, match=r"train\.tar is there already, but its SHA-256 does not begin with"):
        obtain(dataset(publisher), folder, ["train"])


def test_a_failure_keeps_what_has_been_done(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "list.txt"), of(publisher, "gone.tar", unpack=True))
    for _ in range(2):
        with pytest.raises(DownloadError, match=r"HTTP Error 404.*Download http://.*/gone\.tar \(0\.01 MB\) elsewhere"):
            obtain(spec, folder, ["test"])
    assert publisher.asked == ["/list.txt", "/gone.tar", "/gone.tar"]


def test_what_is_no_archive_is_not_marked_as_done(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "page.zip", checksum="", unpack=True))
    with pytest.raises(DownloadError, match=r"page\.zip is a web page"):
        obtain(spec, folder, ["test"])
    assert missing(spec, folder, ["test"]) == list(spec.downloads)


def test_a_folder_that_cannot_be_made_is_reported(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(DownloadError, match=r"file/photos cannot be written"):
        obtain(dataset(publisher), tmp_path / "file" / "photos", ["test"])


def test_without_a_download_it_says_what_a_person_does(folder: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        obtain(dataset(), folder, ["test"])

    assert str(caught.value) == instructions(dataset(), folder, ["test"])
    assert str(caught.value).splitlines() == [
        "photos has to be fetched by hand: its publisher offers no download that needs no person.",
        "Get it from https://example.org/photos",
        "Its terms: research only",
        f"Put it into {folder}, so that it holds",
        "  train/*.png",
        "  lists/train.txt",
    ]
    assert not folder.exists()


def test_downloads_of_other_splits_are_no_help(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "train.tar", unpack=True, splits=("train",)))
    with pytest.raises(DatasetError, match=r"Get it from https://example\.org/photos"):
        obtain(spec, folder, ["test"])
    assert publisher.asked == []


def test_instructions_name_all_files_that_anyone_may_download_at_once(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher)
    text = instructions(spec, folder, ["test"])
    assert text.splitlines() == [
        "Of photos, anyone may download",
        f"  {spec.downloads[1].url} (0.01 MB), which belongs at {folder / 'val.zip'}",
        f"  {spec.downloads[2].url} (0.01 MB), which belongs at {folder / 'lists' / 'list.txt'}",
        "An archive is left as it is: `bench prepare photos` checks and unpacks it.",
        "What else it needs is at https://example.org/photos",
        "Its terms: research only",
        f"In the end, {folder} holds",
        "  train/*.png",
        "  lists/train.txt",
    ]

    folder.mkdir()
    (folder / "val.zip").write_bytes(FILES["/val.zip"])
    assert f"(0.01 MB), which is at {folder / 'val.zip'} already" in instructions(spec, folder, ["test"])


def test_where_all_is_there_instructions_say_what_to_move_away(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher)
    obtain(spec, folder, ["test"])
    assert instructions(spec, folder, ["test"]).splitlines()[:3] == [
        "What `bench prepare` can fetch of photos is there. To have it fetched anew, move away",
        f"  {folder / '.val.zip.done'} (val.zip, 0.01 MB, was fetched before and has lost files)",
        f"  {folder / 'lists' / 'list.txt'} (list.txt, 0.01 MB)",
    ]

    known = dataset(publisher, of(publisher, "val.zip", unpack=True, holds=("test|val",)))
    assert f"  {folder / 'val'} (val.zip, 0.01 MB)" in instructions(known, folder, ["test"]).splitlines()


def test_instructions_leave_out_what_the_spec_does_not_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = instructions(DatasetSpec(name="mine", target="a:B", summary="Mine."), Path("mine"), ["test"])
    assert text.splitlines()[1:] == [f"Put it into {tmp_path / 'mine'}"]


def test_of_two_at_work_on_one_folder_the_second_waits_and_fetches_nothing(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "val.zip", unpack=True))
    publisher.hold.clear()
    first = threading.Thread(target=obtain, args=(spec, folder, ["test"]))
    first.start()
    publisher.began.wait(30)

    class Releasing(Heard):
        def progressed(self, done: int, total: int | None) -> None:
            super().progressed(done, total)
            publisher.hold.set()

    heard = Releasing()
    obtain(spec, folder, ["test"], heard)
    first.join()

    assert heard.said == ["fetching val.zip", "0 of None"]
    assert publisher.asked == ["/val.zip"]
    assert files(folder) == VAL


def test_a_marker_names_no_more_than_a_few_of_many_files(
    publisher: Publisher, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 1)
    obtain(dataset(publisher), folder, ["train"])
    assert json.loads((folder / ".train.tar.done").read_bytes())["holds"] == ["a.png"]


def test_what_a_person_has_put_there_is_not_fetched(publisher: Publisher, folder: Path) -> None:
    archive = of(publisher, "val.zip", unpack=True, holds=("val/c.png", "e|val/d.png"))
    spec = dataset(publisher, archive, of(publisher, "list.txt", into="lists"))
    assert missing(spec, folder, ["test"]) == list(spec.downloads)

    (folder / "val").mkdir(parents=True)
    (folder / "val" / "c.png").write_bytes(b"theirs")
    (folder / "e").mkdir()  # a folder that holds nothing does not count
    (folder / "lists").mkdir()
    (folder / "lists" / "list.txt").write_bytes(b"theirs")
    assert missing(spec, folder, ["test"]) == [archive]

    (folder / "e" / "d.png").write_bytes(b"theirs")
    assert missing(spec, folder, ["test"]) == []
    obtain(spec, folder, ["test"])
    assert publisher.asked == []
    assert set(files(folder).values()) == {b"theirs"}


def test_an_archive_that_has_lost_what_it_holds_is_fetched_again(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "val.zip", unpack=True, holds=("val/c.png", "val/d.png")))
    obtain(spec, folder, ["test"])
    (folder / "val" / "d.png").unlink()  # the folder above, which the marker names, is still there

    obtain(spec, folder, ["test"])

    assert files(folder) == VAL
    assert publisher.asked == ["/val.zip", "/val.zip"]


def test_an_archive_whose_unpacking_was_cut_off_is_not_taken_for_whole(
    publisher: Publisher, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(archive: Path, into: Path, on_progress: object) -> tuple[str, ...]:
        (into / "val").mkdir()
        (into / "val" / "c.png").write_bytes(b"c")
        raise KeyboardInterrupt

    spec = dataset(publisher, of(publisher, "val.zip", unpack=True, holds=("val",)))
    with monkeypatch.context() as patch:
        patch.setattr(module, "unpack", cut_off)
        with pytest.raises(KeyboardInterrupt):
            obtain(spec, folder, ["test"])
    assert missing(spec, folder, ["test"]) == list(spec.downloads)

    obtain(spec, folder, ["test"])

    assert files(folder) == VAL
    assert publisher.asked == ["/val.zip"]
    assert missing(spec, folder, ["test"]) == []


def test_unpacking_replaces_no_file_of_a_person(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "val.zip", unpack=True))
    (folder / "val").mkdir(parents=True)
    (folder / "val" / "c.png").write_bytes(b"c")  # the same content does no harm
    (folder / "val" / "d.png").write_bytes(b"D")

    with pytest.raises(
        DownloadError, match=r"val\.zip holds 'val/d\.png', but .*d\.png is there already, and not the sa"
    ):
        obtain(spec, folder, ["test"])
    assert files(folder) == VAL | {"val/d.png": b"D", "val.zip": FILES["/val.zip"]}

    (folder / "val" / "d.png").unlink()
    obtain(spec, folder, ["test"])
    assert files(folder) == VAL
    assert publisher.asked == ["/val.zip"]


def test_an_archive_that_does_not_hold_what_it_should_is_reported_and_kept(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "val.zip", unpack=True, holds=("val", "lists|more")))
    for _ in range(2):
        with pytest.raises(DownloadError, match=r"val\.zip has been unpacked, but holds no lists or more"):
            obtain(spec, folder, ["test"])
    assert publisher.asked == ["/val.zip"]


def linked_tar(content: bytes, link: str) -> bytes:
    """Return a tar of a file, a hard link to it, and a symbolic link."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        member = tarfile.TarInfo("a.png")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
        for name, kind, target in (("b.png", tarfile.LNKTYPE, "a.png"), ("c.png", tarfile.SYMTYPE, link)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            tar.addfile(member)
    return made.getvalue()


@pytest.mark.parametrize("name", ["a.png", "b.png", "c.png", ""])
def test_links_are_compared_as_files_are(folder: Path, name: str) -> None:
    folder.mkdir()
    (folder / "pictures.tar").write_bytes(linked_tar(b"a", "a.png"))
    (folder / "a.png").write_bytes(b"a")
    (folder / "b.png").write_bytes(b"a")
    (folder / "c.png").symlink_to("a.png")
    if not name:
        refuse_overwriting(folder / "pictures.tar", folder)
        return
    (folder / name).unlink()
    (folder / name).write_bytes(b"theirs")
    with pytest.raises(DownloadError, match=rf"holds '{name}', but"):
        refuse_overwriting(folder / "pictures.tar", folder)


def test_a_failure_leaves_no_folder_that_was_made_for_nothing(publisher: Publisher, folder: Path) -> None:
    gone = dataset(publisher, of(publisher, "gone.tar", unpack=True))
    nested = dataset(publisher, of(publisher, "gone.tar", into="lists"))
    for spec in (gone, nested):
        with pytest.raises(DownloadError, match="404"):
            obtain(spec, folder, ["test"])
        assert not folder.exists()
    assert folder.parent.exists()

    folder.mkdir()  # a person's own stays
    with pytest.raises(DownloadError, match="404"):
        obtain(gone, folder, ["test"])
    assert folder.exists()


def test_a_failure_keeps_a_folder_into_which_something_has_come(publisher: Publisher, folder: Path) -> None:
    spec = dataset(publisher, of(publisher, "page.zip", checksum="", unpack=True))
    with pytest.raises(DownloadError, match="is a web page"):
        obtain(spec, folder, ["test"])
    assert set(files(folder)) == {"page.zip"}


def test_whoever_waits_for_a_folder_that_is_removed_makes_it_anew(publisher: Publisher, folder: Path) -> None:
    publisher.hold.clear()
    gone = dataset(publisher, of(publisher, "gone.tar", unpack=True))
    failures: list[str] = []

    def fail() -> None:
        try:
            obtain(gone, folder, ["test"])
        except DownloadError as error:
            failures.append(error.why)

    first = threading.Thread(target=fail)
    first.start()
    publisher.began.wait(30)

    class Releasing(Heard):
        def progressed(self, done: int, total: int | None) -> None:
            publisher.hold.set()

    obtain(dataset(publisher, of(publisher, "val.zip", unpack=True)), folder, ["test"], Releasing())
    first.join()

    assert failures == ["HTTP Error 404: Not Found"]
    assert files(folder) == VAL


def test_a_folder_that_is_removed_while_it_is_looked_at_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, calls = os.mkdir, list[str]()

    def racing(path: Any, *arguments: Any, **options: Any) -> None:
        calls.append(str(path))
        if len(calls) == 1:  # it is there when it is to be made, and has gone when it is looked at
            raise FileExistsError(17, "File exists", str(path))
        honest(path, *arguments, **options)

    monkeypatch.setattr(os, "mkdir", racing)
    waited: list[bool] = []
    acquire(tmp_path / "photos/.lock", lambda: waited.append(True)).release()

    assert waited == [True]
    assert (tmp_path / "photos").is_dir()


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("no folder")

    with pytest.raises(FileExistsError):
        acquire(tmp_path / "photos/.lock", lambda: pytest.fail("it waits for nothing"))
