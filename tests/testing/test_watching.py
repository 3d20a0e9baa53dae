from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from inpaintbench.testing.watching import connections_refused, folder_state, opened_files


def _connect() -> object:
    with socket.socket() as one:
        return one.connect(("127.0.0.1", 9))


@pytest.mark.parametrize(
    ("reach", "place"),
    [
        (_connect, "127.0.0.1"),
        (lambda: socket.create_connection(("127.0.0.1", 9), timeout=1), "127.0.0.1"),
        (lambda: urllib.request.urlopen("http://127.0.0.1:9/file"), "http://127.0.0.1:9/file"),
        (lambda: urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:9/")), "http://127.0.0.1:9/"),
    ],
)
def test_a_connection_is_refused_and_told(reach: Callable[[], object], place: str) -> None:
    before = socket.socket.connect, socket.create_connection, urllib.request.urlopen
    with connections_refused() as tried, pytest.raises(OSError, match="may not be reached"):
        reach()

    assert len(tried) == 1
    assert place in tried[0]
    assert (socket.socket.connect, socket.create_connection, urllib.request.urlopen) == before


def test_files_that_are_opened_are_seen_with_what_for(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with opened_files() as seen:
        path.write_text("one")
        path.read_bytes()
        with path.open("r+") as file:
            file.write("two")
        os.close(os.open(path, os.O_RDONLY))
        os.close(os.open(path, os.O_WRONLY))
    path.read_text()

    assert [(Path(one.path), one.writing) for one in seen] == [
        (path, writing) for writing in (True, False, True, False, True)
    ]


def test_a_folder_is_seen_two_levels_deep(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    before = folder_state(tmp_path)
    (tmp_path / "a" / "b" / "deep.txt").write_text("deep")
    (tmp_path / "a" / "near.txt").write_text("near")
    after = folder_state(tmp_path)

    assert set(before) == {str(tmp_path / "a"), str(tmp_path / "a" / "b")}
    assert set(after) - set(before) == {str(tmp_path / "a" / "near.txt")}
    assert folder_state(tmp_path / "nowhere") == {}
