"""`fetch` against a server on this machine that can do all that servers do wrong."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from inpaintbench import downloads
from inpaintbench.downloads import fetch, reach, transfer
from inpaintbench.errors import DownloadError

CONTENT = random.Random(0).randbytes(3_000_000)
OTHER = random.Random(1).randbytes(2_900_000)


def md5(content: bytes) -> str:
    return f"md5:{hashlib.md5(content).hexdigest()}"


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Publisher(ThreadingHTTPServer):
    """Serves one file. What it does with it is set by its attributes, which a test changes as it goes along."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.content = CONTENT
        self.headers: dict[str, str] = {"ETag": '"one"'}
        self.ranges = True  # heeds Range
        self.if_range = True  # heeds If-Range
        self.chunked = False
        self.says: str | None = None  # Content-Range, if not the true one
        self.cuts: list[int] = []  # after how many bytes it closes the connection, for each request to come
        self.statuses: list[int] = []  # what it answers instead, for each request to come
        self.hold: int | None = None  # after how many bytes it waits for `release`
        self.release = threading.Event()
        self.asked: list[dict[str, str]] = []  # the headers of each request
        self.sent: list[int] = []  # how many bytes of the file each answer held

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/net.zip"


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        publisher = self.server
        publisher.asked.append({name.lower(): value for name, value in self.headers.items()})
        if publisher.statuses:
            self.send_error(publisher.statuses.pop(0))
            return
        content, start = publisher.content, 0
        asked = self.headers.get("Range", "")
        version = self.headers.get("If-Range")
        if publisher.ranges and asked and (version is None or not publisher.if_range or version in self.versions()):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            said = publisher.says or f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.send_header("Content-Range", said)
        else:
            self.send_response(200)
        for name, value in publisher.headers.items():
            self.send_header(name, value)
        if publisher.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.send_body(content[start:])

    def versions(self) -> list[str]:
        return [value for name, value in self.server.headers.items() if name in ("ETag", "Last-Modified")]

    def send_body(self, body: bytes) -> None:
        publisher = self.server
        cut = publisher.cuts.pop(0) if publisher.cuts else len(body)
        pieces = [body[:cut]]
        if publisher.hold is not None:
            pieces = [body[: publisher.hold], body[publisher.hold : cut]]
            publisher.hold = None
        publisher.sent.append(0)
        place = len(publisher.sent) - 1
        for number, piece in enumerate(pieces):
            if number:
                publisher.release.wait(30)
            try:
                self.send_piece(piece)
            except OSError:  # nobody listens any more
                return
            publisher.sent[place] += len(piece)
        if publisher.chunked and cut == len(body):
            self.wfile.write(b"0\r\n\r\n")

    def send_piece(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if self.server.chunked and piece else piece)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.release.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies, no pauses, and nothing remembered of other tests' servers."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(transfer, "PAUSES", (0.0, 0.0, 0.0))
    reach.reachable.cache_clear()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "net.zip"


def lying(target: Path) -> set[str]:
    """Return the names of what lies beside the target, but for the lock, which is left as every lock is."""
    names = {path.name for path in target.parent.iterdir()} if target.parent.is_dir() else set()
    return names - {".net.zip.lock"}


def partial(target: Path) -> bytes:
    return target.with_name("net.zip.partial").read_bytes()


def break_off(publisher: Publisher, target: Path, after: int = 1_000_000, **options: Any) -> None:
    """Fetch the first bytes, and leave them as an interruption would."""

    def interrupt(done: int, total: int | None) -> None:
        if done >= after:
            raise KeyboardInterrupt

    publisher.cuts.append(after)
    with pytest.raises(KeyboardInterrupt):
        fetch(publisher.url, target, on_progress=interrupt, **options)
    assert partial(target) == publisher.content[:after]
    publisher.asked.clear()
    publisher.sent.clear()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_is_fetched_in_one_request_and_its_progress_told(
    publisher: Publisher, target: Path, chunked: bool
) -> None:
    publisher.chunked = chunked
    told: list[tuple[int, int | None]] = []

    fetch(publisher.url, target, checksum=md5(CONTENT), on_progress=lambda done, total: told.append((done, total)))

    assert target.read_bytes() == CONTENT
    assert lying(target) == {"net.zip"}
    assert publisher.sent == [len(CONTENT)]
    assert told[0][0] == 0
    assert told[-1][0] == len(CONTENT)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {None if chunked else len(CONTENT)}


def test_an_empty_file_is_a_file(publisher: Publisher, target: Path) -> None:
    publisher.content = b""
    fetch(publisher.url, target)
    assert target.read_bytes() == b""
    assert lying(target) == {"net.zip"}


@pytest.mark.parametrize("checksum", ["", md5(CONTENT), sha256(CONTENT), sha256(CONTENT)[:15]])
def test_a_file_that_is_there_is_checked_and_not_fetched(publisher: Publisher, target: Path, checksum: str) -> None:
    target.parent.mkdir()
    target.write_bytes(CONTENT)

    fetch(publisher.url, target, checksum=checksum)

    assert publisher.asked == []
    assert target.read_bytes() == CONTENT


def test_a_wrong_file_that_is_there_is_left_and_named(publisher: Publisher, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"mine")

    with pytest.raises(DownloadError, match=r"net\.zip is there already, but its MD5 does not begin with") as caught:
        fetch(publisher.url, target, checksum=md5(CONTENT))

    assert md5(b"mine").removeprefix("md5:") in str(caught.value)
    assert target.read_bytes() == b"mine"
    assert publisher.asked == []


def test_a_wrong_checksum_removes_what_has_come_and_says_what_was_expected_and_found(
    publisher: Publisher, target: Path
) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch(publisher.url, target, checksum=md5(OTHER), megabytes=3)

    expected, found = (md5(content).removeprefix("md5:") for content in (OTHER, CONTENT))
    assert f"sent a file whose MD5 does not begin with {expected} but is {found}." in str(caught.value)
    assert f"Download {publisher.url} (3 MB) elsewhere and put it at {target}." in str(caught.value)
    assert lying(target) == set()
    assert len(publisher.asked) == 1


class Broken(NamedTuple):
    headers: dict[str, str]
    validator: str | None


VERSIONS = [
    Broken({"ETag": '"one"'}, '"one"'),
    Broken({"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}, "Wed, 21 Oct 2015 07:28:00 GMT"),
    Broken({"ETag": 'W/"one"', "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}, "Wed, 21 Oct 2015 07:28:00 GMT"),
    Broken({}, None),
]


@pytest.mark.parametrize(("headers", "validator"), VERSIONS)
def test_an_interrupted_download_is_continued(
    publisher: Publisher, target: Path, headers: dict[str, str], validator: str | None
) -> None:
    publisher.headers = headers
    break_off(publisher, target, checksum=md5(CONTENT))
    assert lying(target) == {"net.zip.partial", "net.zip.partial.json"}

    fetch(publisher.url, target, checksum=md5(CONTENT))

    assert target.read_bytes() == CONTENT
    assert publisher.sent == [2_000_000]
    assert publisher.asked[0]["range"] == "bytes=1000000-"
    assert publisher.asked[0].get("if-range") == validator
    assert lying(target) == {"net.zip"}


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"one"'}])
def test_without_a_version_and_a_checksum_nothing_is_continued(
    publisher: Publisher, target: Path, headers: dict[str, str]
) -> None:
    publisher.headers = headers
    break_off(publisher, target)

    fetch(publisher.url, target)

    assert publisher.sent == [len(CONTENT)]
    assert target.read_bytes() == CONTENT


def test_parts_of_two_versions_that_only_the_checksum_tells_apart_are_never_published(
    publisher: Publisher, target: Path
) -> None:
    publisher.headers = {}
    break_off(publisher, target, checksum=md5(CONTENT))
    publisher.content = OTHER + bytes(len(CONTENT) - len(OTHER))

    with pytest.raises(DownloadError, match="sent a file whose MD5 does not begin with"):
        fetch(publisher.url, target, checksum=md5(publisher.content))
    assert lying(target) == set()

    fetch(publisher.url, target, checksum=md5(publisher.content))
    assert target.read_bytes() == publisher.content


def test_a_part_of_another_address_is_not_continued(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target)
    fetch(publisher.url + "?moved", target)
    assert publisher.sent == [len(CONTENT)]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("sidecar", [None, b"", b"[]", b"{", b'{"url": 1}', b"[" * 100_000])
def test_a_part_of_which_nothing_is_known_is_not_continued(
    publisher: Publisher, target: Path, sidecar: bytes | None
) -> None:
    break_off(publisher, target)
    path = target.with_name("net.zip.partial.json")
    path.unlink()
    if sidecar is not None:
        path.write_bytes(sidecar)

    fetch(publisher.url, target)

    assert publisher.sent == [len(CONTENT)]
    assert target.read_bytes() == CONTENT


def test_a_part_of_which_something_damaged_is_known_is_not_continued(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target)
    path = target.with_name("net.zip.partial.json")
    document = json.loads(path.read_bytes())
    arrived = target.with_name("net.zip.partial").stat().st_size
    path.write_text(json.dumps(document | {"total": arrived}))  # by which the part would be the whole

    fetch(publisher.url, target)

    assert target.read_bytes() == CONTENT


def test_what_the_first_version_knew_of_a_part_is_believed(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target)
    path = target.with_name("net.zip.partial.json")
    document = json.loads(path.read_bytes())
    assert (document.pop("schema"), len(document.pop("sha256"))) == (2, 64)
    path.write_text(json.dumps(document))

    fetch(publisher.url, target)

    assert "range" in publisher.asked[0]
    assert target.read_bytes() == CONTENT


def test_a_part_that_a_newer_version_has_begun_is_refused(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target)
    target.with_name("net.zip.partial.json").write_text('{"schema": 3, "news": "unheard of"}')

    with pytest.raises(
        DownloadError, match=r"net\.zip\.partial\.json was written by a newer inpaintbench \(schema 3, "
    ):
        fetch(publisher.url, target)
    assert target.with_name("net.zip.partial").stat().st_size > 0


def test_a_server_that_ignores_range_is_read_from_the_beginning(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target)
    publisher.ranges = False

    fetch(publisher.url, target, checksum=md5(CONTENT))

    assert "range" in publisher.asked[0]
    assert publisher.sent == [len(CONTENT)]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("if_range", [True, False])
@pytest.mark.parametrize("content", [OTHER, OTHER + OTHER, OTHER + bytes(len(CONTENT) - len(OTHER)), OTHER[:1000]])
def test_of_a_file_that_has_changed_no_old_part_is_kept(
    publisher: Publisher, target: Path, content: bytes, if_range: bool
) -> None:
    break_off(publisher, target)
    publisher.content, publisher.headers, publisher.if_range = content, {"ETag": '"two"'}, if_range

    fetch(publisher.url, target)

    assert target.read_bytes() == content
    assert lying(target) == {"net.zip"}


@pytest.mark.parametrize("says", ["bytes 0-2999999/3000000", "bytes 1000000-2999999/9", "nonsense"])
def test_an_answer_that_does_not_continue_the_part_is_not_appended(
    publisher: Publisher, target: Path, says: str
) -> None:
    break_off(publisher, target)
    publisher.says = says

    fetch(publisher.url, target)

    assert target.read_bytes() == CONTENT
    assert "range" not in publisher.asked[1]


def test_a_part_that_is_longer_than_the_file_is_not_continued(publisher: Publisher, target: Path) -> None:
    publisher.chunked = True  # so that nobody has said how long the file is
    break_off(publisher, target)
    publisher.content, publisher.if_range = OTHER[:1000], False

    fetch(publisher.url, target)

    assert target.read_bytes() == OTHER[:1000]
    assert [("range" in asked) for asked in publisher.asked] == [True, False]  # the first was answered with 416


def test_what_was_whole_before_it_could_be_renamed_is_not_fetched_again(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target, after=len(CONTENT))

    fetch(publisher.url, target, checksum=md5(CONTENT))

    assert publisher.asked == []
    assert target.read_bytes() == CONTENT
    assert lying(target) == {"net.zip"}


@pytest.mark.parametrize("chunked", [False, True])
def test_a_connection_that_breaks_off_is_taken_up_for_as_long_as_it_gets_further(
    publisher: Publisher, target: Path, chunked: bool
) -> None:
    publisher.chunked = chunked
    publisher.cuts = [250_000] * 12  # more often than there are pauses

    fetch(publisher.url, target, checksum=md5(CONTENT))

    assert publisher.sent == [250_000] * 12
    assert target.read_bytes() == CONTENT


def test_a_connection_that_never_gets_further_is_an_error_that_keeps_the_part(
    publisher: Publisher, target: Path
) -> None:
    publisher.cuts = [700_000, 0, 0, 0, 0, 0, 0]

    with pytest.raises(DownloadError, match="the connection was closed after 700,000 of 3,000,000 bytes"):
        fetch(publisher.url, target)

    assert len(publisher.asked) == 1 + 3  # once with success, then after each of three pauses
    assert partial(target) == CONTENT[:700_000]
    publisher.cuts = []
    fetch(publisher.url, target)
    assert target.read_bytes() == CONTENT
    assert publisher.sent[-1] == 2_300_000


def test_a_server_that_ignores_range_and_always_breaks_off_is_given_up(publisher: Publisher, target: Path) -> None:
    publisher.ranges = False
    publisher.cuts = [1000] * 20
    with pytest.raises(DownloadError, match="closed after 1,000 of 3,000,000 bytes"):
        fetch(publisher.url, target)
    assert len(publisher.asked) == 1 + 3


def test_a_server_that_falls_silent_is_given_up(publisher: Publisher, target: Path) -> None:
    publisher.hold = 500_000
    publisher.statuses = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "PAUSES", ())
        with pytest.raises(DownloadError, match="the connection broke off after 500,000 bytes: timed out"):
            fetch(publisher.url, target, timeout=0.3)
    assert partial(target) == CONTENT[:500_000]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(publisher: Publisher, target: Path, status: int) -> None:
    publisher.statuses = [status, status]
    fetch(publisher.url, target)
    assert target.read_bytes() == CONTENT
    assert len(publisher.asked) == 3


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_server_that_refuses_is_asked_once(publisher: Publisher, target: Path, status: int) -> None:
    publisher.statuses = [status] * 5
    with pytest.raises(DownloadError, match=f"HTTP Error {status}"):
        fetch(publisher.url, target)
    assert len(publisher.asked) == 1
    assert lying(target) == set()


def test_the_part_survives_a_refusal(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target)
    publisher.statuses = [404]
    with pytest.raises(DownloadError, match="404"):
        fetch(publisher.url, target)
    assert partial(target) == CONTENT[:1_000_000]


def test_an_answer_without_a_file_is_refused(publisher: Publisher, target: Path) -> None:
    publisher.statuses = [202]  # as some publishers answer who suspect a robot
    with pytest.raises(DownloadError, match="the server answered with status 202"):
        fetch(publisher.url, target)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a", "net.zip", "http://example.org:port/a"])
def test_other_addresses_are_refused(target: Path, url: str) -> None:
    with pytest.raises(DownloadError):
        fetch(url, target)
    assert lying(target) == set()


def test_a_malformed_checksum_is_refused_before_anything_is_fetched(publisher: Publisher, target: Path) -> None:
    with pytest.raises(DownloadError, match="'crc:12' is no checksum"):
        fetch(publisher.url, target, checksum="crc:12")
    assert publisher.asked == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_reported(publisher: Publisher, target: Path) -> None:
    target.parent.mkdir()
    full = target.with_name("net.zip.partial")
    full.symlink_to("/dev/full")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer.Transfer, "forget", lambda self: None)  # it would remove the stand-in
        with pytest.raises(DownloadError, match=r"net\.zip\.partial cannot be written: No space left on device"):
            fetch(publisher.url, target)
    assert not target.exists()


def test_a_file_that_does_not_fit_is_refused_before_it_is_fetched(
    publisher: Publisher, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    break_off(publisher, target)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1_999_999))
    with pytest.raises(DownloadError, match=r"2\.0 MB are still to come, but only 2\.0 MB are free in"):
        fetch(publisher.url, target)
    assert partial(target) == CONTENT[:1_000_000]

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(2_000_000))
    fetch(publisher.url, target)
    assert target.read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written_is_reported(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match=r"net\.zip cannot be written: "):
        fetch(publisher.url, tmp_path / "file" / "deeper" / "net.zip")
    assert publisher.asked == []


RUNNER = """
import sys
from pathlib import Path
from inpaintbench.downloads import fetch
fetch(sys.argv[1], Path(sys.argv[2]), on_progress=lambda done, total: print(done, flush=True))
"""


def start(publisher: Publisher, target: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUNNER, publisher.url, str(target)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def await_progress(process: subprocess.Popen[str], bytes_there: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == bytes_there:
            return
    raise AssertionError("it has ended before")


def test_a_killed_process_loses_nothing_that_had_arrived(publisher: Publisher, target: Path) -> None:
    publisher.hold = 1_234_567
    with start(publisher, target) as process:
        await_progress(process, 1_234_567)
        process.kill()
    publisher.release.set()
    assert not target.exists()
    assert partial(target) == CONTENT[:1_234_567]

    fetch(publisher.url, target, checksum=md5(CONTENT))

    assert target.read_bytes() == CONTENT
    assert publisher.sent[1] == len(CONTENT) - 1_234_567
    assert len(publisher.asked) == 2
    assert lying(target) == {"net.zip"}


def test_of_two_processes_the_second_waits_and_fetches_nothing(publisher: Publisher, target: Path) -> None:
    publisher.hold = 1_000_000
    told: list[tuple[int, int | None]] = []

    def release(done: int, total: int | None) -> None:
        told.append((done, total))
        publisher.release.set()

    with start(publisher, target) as process:
        await_progress(process, 1_000_000)
        fetch(publisher.url, target, checksum=md5(CONTENT), on_progress=release)
        assert process.stdout is not None
        process.stdout.read()
    assert process.returncode == 0
    assert told[0] == (1_000_000, None)  # how far the first had come
    assert target.read_bytes() == CONTENT
    assert publisher.sent == [len(CONTENT)]


DRIVE = "https://drive.google.com/uc?id=0B7EVK8r0v71pZjFTYXZWM3FlRnM"


def pretend_gdown(monkeypatch: pytest.MonkeyPatch, download: Callable[..., str | None]) -> None:
    module = types.ModuleType("gdown")
    module.download = download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gdown", module)
    monkeypatch.setattr(downloads, "reachable", lambda host, port, timeout: host == "drive.google.com")


def test_google_drive_is_left_to_gdown(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    calls: list[tuple[str, bool, bool]] = []

    def download(url: str, output: str, quiet: bool = False, resume: bool = False) -> str:  # as in gdown 5
        calls.append((url, quiet, resume))
        Path(output).write_bytes(CONTENT)
        return output

    pretend_gdown(monkeypatch, download)
    fetch(DRIVE, target, checksum=md5(CONTENT))

    assert calls == [(DRIVE, True, True)]
    assert target.read_bytes() == CONTENT
    assert lying(target) == {"net.zip"}


def test_a_new_gdown_tells_its_progress(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    told: list[tuple[int, int | None]] = []

    def download(url: str, output: str, *, quiet: bool, resume: bool, progress: Callable[..., None]) -> str:
        progress(3, 6)
        Path(output).write_bytes(b"whole!")
        return output

    pretend_gdown(monkeypatch, download)
    fetch(DRIVE, target, on_progress=lambda done, total: told.append((done, total)))

    assert told == [(3, 6)]
    assert target.read_bytes() == b"whole!"


@pytest.mark.parametrize("returned", [None, "error"])
def test_what_gdown_cannot_fetch_is_reported(
    monkeypatch: pytest.MonkeyPatch, target: Path, returned: str | None
) -> None:
    def download(url: str, output: str, **options: Any) -> None:
        if returned:
            raise RuntimeError("Cannot retrieve the public link\n\tof the file.")

    pretend_gdown(monkeypatch, download)
    with pytest.raises(DownloadError) as caught:
        fetch(DRIVE, target, megabytes=1443)

    why = "gdown: Cannot retrieve the public link of the file." if returned else "gdown has not fetched it."
    assert why in str(caught.value)
    assert f"Download {DRIVE} (1443 MB) in a browser and put it at {target}." in str(caught.value)
    assert lying(target) == set()


def test_what_drive_sends_instead_of_the_file_is_refused(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    pretend_gdown(monkeypatch, lambda url, output, **options: str(Path(output).write_bytes(b"<html>")))
    with pytest.raises(DownloadError, match="sent a file whose MD5 does not begin with"):
        fetch(DRIVE, target, checksum=md5(CONTENT))
    assert lying(target) == set()


def test_without_gdown_it_says_how_to_come_by_the_file(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(DownloadError) as caught:
        fetch(DRIVE, target)
    assert "Google Drive needs the package gdown: `pip install 'inpaintbench[drive]'`." in str(caught.value)
    assert f"Download {DRIVE} in a browser and put it at {target}." in str(caught.value)


def test_the_sidecar_is_written_for_the_version_that_is_being_fetched(publisher: Publisher, target: Path) -> None:
    break_off(publisher, target)
    publisher.headers = {"ETag": '"two"'}
    break_off(publisher, target, after=400_000)
    assert json.loads(target.with_name("net.zip.partial.json").read_bytes())["etag"] == '"two"'
