"""Messages between two processes: JSON objects over a socket, each after its length in bytes; errors among them."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import struct
import threading
from collections.abc import Mapping
from typing import Any, Final

from inpaintbench import errors
from inpaintbench.errors import InpaintbenchError

_LENGTH: Final = struct.Struct("!I")
_CHUNK: Final = 1 << 16
_LONGEST: Final = 1 << 28

CUT_OFF: Final = 75
"""Exit code of a worker whose own end of the channel has been closed: by code that closes what is not its own."""


class ClosedError(Exception):
    """The other end has gone, or, `cut_off`, this one has been closed beneath the channel."""

    @property
    def cut_off(self) -> bool:
        """Whether the fault is here."""
        return isinstance(self.__cause__, OSError) and self.__cause__.errno in (errno.EBADF, errno.ENOTSOCK)


class GarbledError(ClosedError):
    """What has come is no message, so that nothing that comes after it can be one."""


def packed(message: Mapping[str, Any]) -> bytes:
    """Return a message as it goes over the wire."""
    content = json.dumps(message).encode()
    return _LENGTH.pack(len(content)) + content


class Channel:
    """One end of a pair of connected sockets. Several threads may send; one may receive."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._received = bytearray()
        self._sending = threading.Lock()

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self.end.fileno()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message whole.

        Raises:
            ClosedError: if the other end has gone.
        """
        content = packed(message)
        with self._sending:
            try:
                self.end.sendall(content)
            except OSError as error:
                raise ClosedError(str(error)) from error

    def receive(self) -> dict[str, Any]:
        """Wait for a message.

        Raises:
            ClosedError: if the other end has gone; what it sent before comes first.
            GarbledError: if something else than this class has sent what has come.
        """
        while (message := self._next()) is None:
            self._read()
        return message

    def waiting(self) -> list[dict[str, Any]]:
        """Return the messages that are here, once `select` has said that there is something to read.

        Raises:
            ClosedError: if the other end has gone, and all that it sent has been returned.
            GarbledError: if what has come is no message, and all those before it have been returned.
        """
        self._read()
        messages: list[dict[str, Any]] = []
        try:
            while (message := self._next()) is not None:
                messages.append(message)
        except GarbledError:
            if not messages:
                raise
        return messages

    def hang_up(self) -> None:
        """Say nothing more: the other end is told that all has been said."""
        with contextlib.suppress(OSError):
            self.end.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Give the socket back."""
        self.end.close()

    def _read(self) -> None:
        try:
            content = self.end.recv(_CHUNK)
        except OSError as error:
            raise ClosedError(str(error)) from error
        if not content:
            raise ClosedError("the other end was closed")
        self._received += content

    def _next(self) -> dict[str, Any] | None:
        if len(self._received) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._received)
        if length > _LONGEST:
            raise GarbledError(f"a message of {length:,} bytes")
        end = _LENGTH.size + length
        if len(self._received) < end:
            return None
        try:
            message = json.loads(self._received[_LENGTH.size : end])
        except (ValueError, RecursionError) as error:
            raise GarbledError(str(error)) from error
        if not isinstance(message, dict):
            raise GarbledError("a message that is no object")
        del self._received[:end]
        return message


def describe(error: Exception) -> dict[str, Any]:
    """Return an error of this package as a message can hold it."""
    return {"type": type(error).__name__, "arguments": [_plain(one) for one in error.args]}


def revive(message: Mapping[str, Any]) -> InpaintbenchError:
    """Return the error that a message holds."""
    kind: type[InpaintbenchError] = getattr(errors, message["type"], InpaintbenchError)
    return kind(*(tuple(one) if isinstance(one, list) else one for one in message["arguments"]))


def _plain(argument: object) -> object:
    return [str(one) for one in argument] if isinstance(argument, tuple | list) else str(argument)
