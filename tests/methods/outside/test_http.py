"""`http`: what a service on this machine is asked, what it may answer, and that no other machine hears of a picture."""

from __future__ import annotations

import email
import email.policy
import io
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inpaintbench import ops
from inpaintbench.api import Batch
from inpaintbench.errors import InvalidOutputError, ParameterError
from inpaintbench_methods.outside import http as asked
from inpaintbench_methods.outside.calling import ProgramError

Fields = dict[str, Any]


class Service(ThreadingHTTPServer):
    """A service that answers as a function of the fields says: with a body, or with status, headers and body."""

    def __init__(self, answer: Callable[[Fields], Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.paths, self.fields = answer, list[str](), list[Fields]()
        self.url = f"http://127.0.0.1:{self.server_port}/fill?model=1"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        fields = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in message.iter_parts()
        }
        self.server.paths.append(self.path)
        self.server.fields.append(fields)
        answer = self.server.answer(fields)
        status, headers, content = answer if isinstance(answer, tuple) else (200, {}, answer)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *what: object) -> None:
        pass


@contextmanager
def serving(answer: Callable[[Fields], Any]) -> Iterator[Service]:
    with Service(answer) as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def saved(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, format=kind, **how)
    return content.getvalue()


def grey(fields: Fields) -> bytes:
    return saved(Image.new("RGB", (24, 20), (99, 99, 99)))


def test_a_service_gets_the_numbers_of_the_method_inside(method: Callable[..., Any], batch: Batch) -> None:
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: pip install 'inpaintbench[opencv]'")

    def telea(fields: Fields) -> bytes:
        bgr = np.ascontiguousarray(picture(fields["image"])[..., ::-1])
        filled = cv2.inpaint(bgr, picture(fields["mask"]), 5, cv2.INPAINT_TELEA)
        return saved(Image.fromarray(np.ascontiguousarray(filled[..., ::-1])))

    inside = method("opencv", algorithm="telea").complete(batch).image
    with serving(telea) as service:
        outside = method("http", url=service.url).complete(batch)

    found, expected = (ops.composite(image, batch.corrupted, batch.hole) for image in (outside, inside))
    assert torch.equal(ops.to_levels(found), ops.to_levels(expected))


@pytest.mark.parametrize("missing", ["white", "black"])
def test_it_is_asked_with_picture_mask_and_seed(method: Callable[..., Any], batch: Batch, missing: str) -> None:
    with serving(grey) as service:
        filled = method("http", url=service.url, missing=missing).complete(batch)

    assert (filled * 255).unique().tolist() == [99]
    assert service.paths == ["/fill?model=1"] * 3
    for fields, corrupted, hole, seed in zip(service.fields, batch.corrupted, batch.hole, batch.seeds, strict=True):
        assert set(fields) == {"image", "mask", "seed"}
        assert np.array_equal(picture(fields["image"]), (corrupted * 255).round().permute(1, 2, 0).numpy())
        assert np.array_equal(picture(fields["mask"]), np.where(hole[0] == (missing == "white"), 255, 0))
        assert fields["seed"] == str(seed).encode()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_kinds_of_pictures_will_do(method: Callable[..., Any], batch: Batch, kind: str) -> None:
    with serving(lambda fields: saved(Image.new("RGB", (24, 20), (99, 99, 99)), kind)) as service:
        filled = method("http", url=service.url).complete(batch)

    assert (filled * 255 - 99).abs().max() <= 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is no PNG or JPEG or WEBP file, or is damaged"),
        (saved(Image.new("RGB", (20, 24))), "it has 20 × 24 pixels, expected 24 × 20"),
        (saved(Image.new("RGBA", (24, 20))), "100 % of its pixels are transparent"),
        (saved(Image.new("RGB", (24, 20)), "BMP"), "it is no PNG or JPEG or WEBP file"),
    ],
)
def test_what_cannot_be_scored_is_refused(method: Callable[..., Any], batch: Batch, content: bytes, why: str) -> None:
    with serving(lambda fields: content) as service, pytest.raises(InvalidOutputError, match=why):
        method("http", url=service.url).complete(batch)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((500, {}, b"out of\n paper"), r"answered 500 Internal Server Error\. It said: out of paper$"),
        ((404, {}, b""), r"answered 404 Not Found\.$"),
        ((204, {}, b""), "answered 204 No Content"),
        ((200, {"Content-Length": "99999"}, b"cut off"), "cannot be asked: IncompleteRead"),
        ((500, {}, b"x" * 100_000), r"It said: x{300}$"),
    ],
)
def test_what_goes_wrong_is_told(method: Callable[..., Any], batch: Batch, answer: Any, why: str) -> None:
    with serving(lambda fields: answer) as service, pytest.raises(ProgramError, match=why):
        method("http", url=service.url).complete(batch)


def test_redirects_are_not_followed(method: Callable[..., Any], batch: Batch) -> None:
    with serving(grey) as other, serving(lambda fields: (307, {"Location": other.url}, b"")) as service:
        http = method("http", url=service.url)
        with pytest.raises(ProgramError, match=f"it points to {re.escape(other.url)}"):
            http.complete(batch)
    assert other.paths == []


def test_proxies_are_not_asked(method: Callable[..., Any], batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(grey) as proxy, serving(grey) as service:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        method("http", url=service.url).complete(batch)
    assert (len(service.paths), proxy.paths) == (3, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/fill",
        "http://192.168.0.1:80/",
        "http://0.0.0.0:80/",
        "http://[2001:db8::1]/",
        "http://localhost.example.org/",
        "http://127.0.0.1.example.org/",
        "http://169.254.169.254/",
        "http://2130706434/",
        "https://127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "127.0.0.1:80",
        "http://",
        "http://user@127.0.0.1/",
        "http://127.0.0.1@example.org/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/#there",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/ü",
        "http://[127.0.0.1",
    ],
)
def test_no_other_machine_can_be_named(method: Callable[..., Any], url: str) -> None:
    with pytest.raises(ParameterError, match=r"expected http://127|write them as %XX"):
        method("http", url=url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "http://127.1.2.3/x", "http://[::1]:1/?a=b", "http://localhost"]
)
def test_this_machine_can(method: Callable[..., Any], url: str) -> None:
    method("http", url=url)


def test_a_name_of_this_machine_that_leads_elsewhere_is_noticed_before_a_byte_is_sent(
    method: Callable[..., Any], batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(grey) as service:
        monkeypatch.setattr(socket.socket, "getpeername", lambda self: ("192.0.2.7", service.server_port))
        with pytest.raises(ProgramError, match=r"localhost leads to 192\.0\.2\.7 here, which is another machine"):
            method("http", url=f"http://localhost:{service.server_port}/").complete(batch)
    assert service.paths == []


def test_a_service_that_is_not_there_is_named(method: Callable[..., Any], batch: Batch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with pytest.raises(ProgramError, match=f"{url} cannot be asked: .*refused"):
            method("http", url=url).complete(batch)


def test_a_service_that_says_nothing_is_given_up(method: Callable[..., Any], batch: Batch) -> None:
    go_on = threading.Event()
    with serving(lambda fields: go_on.wait(60) and b"") as service:
        try:
            with pytest.raises(ProgramError, match=r"took longer than 0\.3 seconds"):
                method("http", url=service.url, seconds=0.3).complete(batch)
        finally:
            go_on.set()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"])
def test_an_answer_that_drips_is_given_up(method: Callable[..., Any], batch: Batch, first: bytes) -> None:
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with listener, listener.accept()[0] as connection:
            try:
                connection.sendall(first)
                while not stop.wait(0.05):  # more often than any one read would wait
                    connection.sendall(b"x")
            except OSError:
                pass

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(ProgramError, match=r"took longer than 0\.5 seconds"):
            method("http", url=f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.5).complete(batch)
    finally:
        stop.set()
        thread.join()


def test_an_answer_that_never_ends_is_cut(
    method: Callable[..., Any], batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "LONGEST", 1000)
    with serving(lambda fields: bytes(1001)) as service:
        http = method("http", url=service.url)
        with pytest.raises(ProgramError, match="answered with more than 1,000 bytes"):
            http.complete(batch)
