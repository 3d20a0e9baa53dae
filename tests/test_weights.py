from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch

from inpaintbench.downloads import reach, transfer
from inpaintbench.errors import MissingWeightsError
from inpaintbench.weights import WeightsFile, checkpoints_folder

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Publisher(BaseHTTPRequestHandler):
    """Serves CONTENT as /net.pth, half of it as /torn.pth, nonsense as /garbage.pth; counts requests."""

    requested: list[str]

    def do_GET(self) -> None:
        self.requested.append(self.path)
        if self.path == "/garbage.pth":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            return
        if not self.path.endswith(("/net.pth", "/torn.pth")):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/torn.pth" else CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Publisher.requested = []
    with HTTPServer(("127.0.0.1", 0), Publisher) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no proxies, no pauses, and nothing remembered of other tests' servers."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(transfer, "PAUSES", (0.0, 0.0))
    reach.reachable.cache_clear()
    return tmp_path


def file(url: str, sha256: str = SHA256) -> WeightsFile:
    return WeightsFile(filename="net.pth", url=url, megabytes=0.007, sha256=sha256)


def lying(home: Path) -> list[str]:
    """Return what lies where weights belong, but for locks, which stay behind."""
    names = sorted(entry.name for entry in (home / "hub" / "checkpoints").iterdir())
    return [name for name in names if name != ".net.pth.lock"]


def nobody() -> str:
    """An address of this machine at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_files_lie_where_torch_looks_for_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkpoints_folder() == Path(torch.hub.get_dir()) / "checkpoints" == home / "hub" / "checkpoints"

    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "~/caches")
    assert checkpoints_folder() == Path(torch.hub.get_dir()) / "checkpoints"

    monkeypatch.delenv("XDG_CACHE_HOME")
    assert checkpoints_folder() == Path(torch.hub.get_dir()) / "checkpoints"


def test_a_file_that_is_there_is_not_fetched_and_is_hashed_as_it_is(server: str) -> None:
    wanted = file(f"{server}/net.pth")
    wanted.path.parent.mkdir(parents=True)
    wanted.path.write_bytes(b"rounded to float16")

    assert wanted.found()
    assert wanted.ensure() == wanted.path
    assert wanted.digest() == hashlib.sha256(b"rounded to float16").hexdigest()
    assert Publisher.requested == []


def test_the_digest_follows_a_changed_file() -> None:
    wanted = file("https://example.org/net.pth")
    wanted.path.parent.mkdir(parents=True)
    wanted.path.write_bytes(b"one")
    before = wanted.digest()

    wanted.path.write_bytes(b"two")

    assert before == hashlib.sha256(b"one").hexdigest()
    assert wanted.digest() == hashlib.sha256(b"two").hexdigest()


@pytest.mark.parametrize("sha256", [SHA256, SHA256[:8], ""])
def test_an_absent_file_is_fetched_checked_and_kept(server: str, home: Path, sha256: str) -> None:
    wanted = file(f"{server}/net.pth", sha256)
    assert not wanted.found()

    path = wanted.ensure()

    assert path.read_bytes() == CONTENT
    assert lying(home) == ["net.pth"]
    assert wanted.ensure() == path
    assert Publisher.requested == ["/net.pth"]


@pytest.mark.parametrize(
    ("name", "sha256", "why"),
    [
        ("net.pth", "0" * 64, "sent a file whose SHA-256 does not begin with 0000"),
        ("absent.pth", SHA256, "HTTP Error 404"),
        ("garbage.pth", SHA256, "this is no HTTP"),
    ],
)
def test_what_is_not_the_published_file_is_refused_and_leaves_nothing(
    server: str, home: Path, name: str, sha256: str, why: str
) -> None:
    url = f"{server}/{name}"

    with pytest.raises(MissingWeightsError, match=why) as caught:
        file(url, sha256).ensure()

    assert f"Download {url} (0.007 MB) elsewhere and put it there." in str(caught.value)
    assert str(home / "hub" / "checkpoints" / "net.pth") in str(caught.value)
    assert lying(home) == []


def test_a_torn_download_is_refused_and_its_part_kept_for_the_next_attempt(server: str, home: Path) -> None:
    torn = file(f"{server}/torn.pth")

    with pytest.raises(MissingWeightsError, match="the connection was closed after 3,500 of 7,000 bytes"):
        torn.ensure()

    assert not torn.found()
    assert lying(home) == ["net.pth.partial", "net.pth.partial.json"]
    assert file(f"{server}/net.pth").ensure().read_bytes() == CONTENT
    assert lying(home) == ["net.pth"]


def test_a_host_that_refuses_is_reported_without_a_download(home: Path) -> None:
    address = nobody()

    with pytest.raises(MissingWeightsError, match=f"{address} does not answer"):
        file(f"http://{address}/net.pth").ensure()

    assert list(home.iterdir()) == []


def test_a_name_server_that_never_answers_costs_no_more_than_the_time_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    asked: list[object] = []

    def hang(address: object, **options: object) -> socket.socket:
        asked.append(address)
        released.wait()
        raise OSError

    monkeypatch.setattr(socket, "create_connection", hang)
    started = time.monotonic()
    try:
        with pytest.raises(MissingWeightsError, match=r"example\.org:443 does not answer"):
            file("https://example.org/net.pth").ensure(timeout=0.2)
        with pytest.raises(MissingWeightsError, match=r"example\.org:443 does not answer"):
            file("https://example.org/other.pth").ensure(timeout=0.2)
    finally:
        released.set()

    assert 0.2 <= time.monotonic() - started < 4
    assert asked == [("example.org", 443)]  # the second file cost no waiting


def test_a_folder_that_cannot_be_written_is_reported(server: str, home: Path) -> None:
    (home / "hub").write_text("a file where the folder should be")

    with pytest.raises(MissingWeightsError, match="cannot be fetched"):
        file(f"{server}/net.pth").ensure()


def test_digits_that_are_none_are_reported(server: str) -> None:
    with pytest.raises(MissingWeightsError, match="'sha256:unknown' is no checksum"):
        file(f"{server}/net.pth", "unknown").ensure()
    assert Publisher.requested == []


def test_a_url_with_a_malformed_port_is_reported() -> None:
    with pytest.raises(MissingWeightsError, match="cannot be fetched"):
        file("http://example.org:port/net.pth").ensure()


@pytest.mark.parametrize("prefix", ["http://", ""])
def test_behind_a_proxy_the_proxy_is_asked(server: str, monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setenv("http_proxy", prefix + server.removeprefix("http://"))

    path = file("http://weights.invalid/net.pth").ensure()

    assert path.read_bytes() == CONTENT
    assert Publisher.requested == ["http://weights.invalid/net.pth"]


def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    address = nobody()
    monkeypatch.setenv("https_proxy", f"http://user:secret@{address}")

    with pytest.raises(MissingWeightsError, match=f"{address} does not answer") as caught:
        file("https://weights.invalid/net.pth").ensure()

    assert "secret" not in str(caught.value)


def test_hosts_that_are_exempt_from_the_proxy_are_asked_themselves(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{nobody()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert file(f"{server}/net.pth").ensure().read_bytes() == CONTENT
    assert Publisher.requested == ["/net.pth"]
