"""`obtain` against a server on this machine: what is fetched, unpacked, remembered, and said to whom."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inpaintbench.api import DatasetSpec, Download
from inpaintbench.downloads import obtain as module
from inpaintbench.downloads import reach, transfer
from inpaintbench.downloads.obtain import Listener, instructions, missing, needed, obtain
from inpaintbench.errors import DatasetError, DownloadError


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

    assert marker == {"url": spec.downloads[1].url, "checksum": spec.downloads[1].checksum, "holds": ["val"]}


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

    assert str(caught.value) == instructions(dataset(), folder)
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


def test_instructions_leave_out_what_the_spec_does_not_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = instructions(DatasetSpec(name="mine", target="a:B", summary="Mine."), Path("mine"))
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
