"""What code of others reaches for while it is watched: the network, and files.

Functions of Python are replaced for that time. Code in C that opens files or connections by itself is not seen; what it
leaves in a folder is.
"""

from __future__ import annotations

import builtins
import io
import os
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
_MOST_ENTRIES: Final = 20_000
"""Of a folder that are looked at: data sets hold millions."""


@dataclass(frozen=True)
class Opened:
    """A file that was opened.

    Attributes:
        path: as it was given.
        writing: whether it could be written.
    """

    path: str
    writing: bool


@contextmanager
def connections_refused() -> Iterator[list[str]]:
    """Refuse all connections with an `OSError`, and yield a list that tells where they were to lead."""
    tried: list[str] = []

    def refuse(place: object) -> Any:
        tried.append(str(place))
        raise OSError(f"{place} may not be reached while a plugin is built")

    def connect(self: socket.socket, address: object) -> Any:
        return refuse(address)

    def reach(address: object, *rest: object, **options: object) -> Any:
        return refuse(getattr(address, "full_url", address))

    with (
        patch.object(socket.socket, "connect", connect),
        patch.object(socket.socket, "connect_ex", connect),
        patch.object(socket, "create_connection", reach),
        patch.object(urllib.request, "urlopen", reach),
    ):
        yield tried


@contextmanager
def opened_files() -> Iterator[list[Opened]]:
    """Yield a list of the files that are opened from now on, by `open`, `os.open`, or whatever calls them."""
    seen: list[Opened] = []
    really_open, really_open_low = io.open, os.open

    def watched(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if not isinstance(file, int):
            seen.append(Opened(os.fsdecode(file), not set(mode).isdisjoint("wax+")))
        return really_open(file, mode, *rest, **options)

    def watched_low(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        seen.append(Opened(os.fsdecode(path), bool(flags & _WRITING)))
        return really_open_low(path, flags, *rest, **options)

    replaced: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (builtins, "open", watched),
        (io, "open", watched),
        (os, "open", watched_low),
    )
    with ExitStack() as stack:
        for owner, name, function in replaced:
            stack.enter_context(patch.object(owner, name, function))
        yield seen


def folder_state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return time and size of a folder's entries and of theirs, by path: of 20,000 at most; empty if there is none."""
    found: dict[str, tuple[int, int]] = {}
    waiting = [folder]
    for depth in range(2):
        folders, waiting = waiting, []
        for one in folders:
            for entry in _entries(one):
                if len(found) == _MOST_ENTRIES:
                    return found
                try:
                    status = entry.stat(follow_symlinks=False)
                    inside = depth == 0 and entry.is_dir()
                except OSError:  # it has gone meanwhile
                    continue
                found[entry.path] = status.st_mtime_ns, status.st_size
                if inside:
                    waiting.append(Path(entry.path))
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
