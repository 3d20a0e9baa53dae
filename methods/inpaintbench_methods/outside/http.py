"""A service on this machine that is asked for each picture.

The request is a POST of the type multipart/form-data with three fields: `image` (image.png, RGB; missing pixels are
black), `mask` (mask.png, grey) and `seed` (a whole number below 2**63, in decimal digits). The answer is 200 with a
PNG, JPEG or WebP picture of the same size as its body.

No other machine is ever asked: the address must be this one's, what is connected to is looked at before a byte is sent,
and neither redirects nor proxies are followed.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import ipaddress
import socket
import threading
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from inpaintbench.answers import read_answer
from inpaintbench.api import Batch
from inpaintbench.errors import ParameterError
from inpaintbench_methods.outside.calling import ProgramError
from inpaintbench_methods.outside.files import completion, hole_png, picture_png, singles

FORMATS: Final = ("PNG", "JPEG", "WEBP")
LONGEST: Final = 2**27
"""Bytes of an answer, at most: more than 4096 × 4096 pixels take without compression."""

_SHOWN: Final = 300  # characters of what a service says besides


class Http:
    """Asks such a service.

    Args:
        url: `http://`, `localhost` or an address of the loopback such as `127.0.0.1`, a port, a path.
        missing: `white` or `black`: what missing pixels are in `mask`.
        seconds: that one answer may take in all.

    Raises:
        ParameterError: if the address is not one of this machine.
    """

    def __init__(self, url: str, missing: str, seconds: float) -> None:
        self._url, self._missing, self._seconds = url, missing, seconds
        self._host, self._port, self._target = _parsed(url)

    def complete(self, batch: Batch) -> Float[Tensor, "b 3 h w"]:
        """Return completions of 8-bit levels.

        Raises:
            ProgramError: if the service cannot be reached, refuses, or takes too long.
            InvalidOutputError: if it answers with something that cannot be scored.
        """
        return completion([self._ask(*single) for single in singles(batch)], batch)

    def _ask(
        self, levels: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], seed: int
    ) -> UInt8[np.ndarray, "h w 3"]:
        files = {"image": picture_png(levels), "mask": hole_png(hole, self._missing)}
        height, width = levels.shape[:2]
        content = self._post(*_form(files, {"seed": str(seed)}))
        return read_answer(content, height, width, f"What {self._url} has answered", FORMATS).levels

    def _post(self, body: bytes, kind: str) -> bytes:
        """Return the body of the answer to a request."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._seconds)
        late = threading.Event()
        clock: threading.Timer | None = None
        try:
            connection.connect()
            reached = connection.sock
            _refuse_elsewhere(reached)
            clock = threading.Timer(self._seconds, _cut, (reached, late))
            clock.daemon = True
            clock.start()
            connection.request("POST", self._target, body, {"Content-Type": kind, "Connection": "close"})
            answer = connection.getresponse()
            content = answer.read(LONGEST + 1)
            if answer.length and len(content) <= LONGEST:  # what is left: a read of so many bytes does not notice it
                raise http.client.IncompleteRead(content, answer.length)
        except (OSError, http.client.HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise self._too_late() from error
            raise ProgramError(f"{self._url} cannot be asked: {error or type(error).__name__}.") from error
        finally:
            if clock is not None:
                clock.cancel()
            connection.close()
        if late.is_set():  # what has come by then may be a part
            raise self._too_late()
        if answer.status != http.client.OK:
            raise ProgramError(f"{self._url} answered {answer.status} {answer.reason}.{_said(answer, content)}")
        if len(content) > LONGEST:
            raise ProgramError(f"{self._url} answered with more than {LONGEST:,} bytes; expected one picture.")
        return content

    def _too_late(self) -> ProgramError:
        return ProgramError(f"{self._url} took longer than {self._seconds:g} seconds (seconds=…).")


def _parsed(url: str) -> tuple[str, int, str]:
    """Return host, port, and what is asked for.

    Raises:
        ParameterError: if it is no address of a service on this machine.
    """
    expected = "expected http://127.0.0.1:PORT/…, http://[::1]:PORT/… or http://localhost:PORT/…"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError as error:
        raise ParameterError(f"url={url} is no address ({error}); {expected}.") from error
    if parts.scheme != "http" or not host or parts.username is not None or parts.fragment:
        raise ParameterError(f"url={url} is not possible; {expected}.")
    if host != "localhost":
        try:
            local = ipaddress.ip_address(host).is_loopback
        except ValueError:
            local = False
        if not local:
            raise ParameterError(f"url={url} leads to another machine, and pictures stay on this one; {expected}.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or any(letter <= " " or letter == "\x7f" for letter in target):
        raise ParameterError(f"url={url} holds letters that no address may; write them as %XX.")
    return host, port, target


def _refuse_elsewhere(connection: socket.socket) -> None:
    """Refuse to go on if the name of this machine was taken for that of another one."""
    address = ipaddress.ip_address(connection.getpeername()[0].partition("%")[0])
    if not address.is_loopback:
        raise ProgramError(f"localhost leads to {address} here, which is another machine; write 127.0.0.1.")


def _cut(connection: socket.socket, late: threading.Event) -> None:
    """End a connection that has had its time: a limit for each read would let an answer drip for ever."""
    late.set()
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _form(files: Mapping[str, bytes], texts: Mapping[str, str]) -> tuple[bytes, str]:
    """Return the body of a form, and its type."""
    boundary = hashlib.sha256(b"".join(files.values())).hexdigest()  # which stands in none of them
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.png"\r\n'
        f"Content-Type: image/png\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in files.items()
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in texts.items()
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _said(answer: http.client.HTTPResponse, content: bytes) -> str:
    """Return what else is known of a refusal."""
    if 300 <= answer.status < 400:
        return f" Redirects are not followed; it points to {answer.headers.get('Location', 'nowhere')}."
    text = " ".join(content[: 4 * _SHOWN].decode(errors="replace").split())
    return f" It said: {text[:_SHOWN]}" if text else ""
