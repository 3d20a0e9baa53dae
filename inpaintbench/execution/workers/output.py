"""What a worker prints: read as it comes, however much it is, and forgotten but for its end."""

from __future__ import annotations

import os
from typing import Final

KEPT: Final = 16_384
"""Bytes of it that are kept."""

_CHUNK: Final = 1 << 20


class Output:
    """The reading end of a pipe.

    Args:
        descriptor: of the pipe; closed by `close`.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._tail = bytearray()
        self._total = 0
        os.set_blocking(descriptor, False)

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self._descriptor

    def read(self) -> bool:
        """Take what is there; return whether more may come."""
        try:
            content = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return True
        self._total += len(content)
        self._tail = (self._tail + content)[-KEPT:]
        return bool(content)

    def take(self) -> str:
        """Return the end of what was printed since the last call, and how much more there was."""
        text, left_out = bytes(self._tail).decode("utf-8", "replace"), self._total - len(self._tail)
        self._tail.clear()
        self._total = 0
        return f"[{left_out:,} bytes before]\n{text}" if left_out else text

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._descriptor)
