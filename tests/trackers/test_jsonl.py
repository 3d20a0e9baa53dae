from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.trackers.jsonl import JsonLines, summary


def lines(root: Path) -> list[bytes]:
    return (root / "tracking/cells.jsonl").read_bytes().splitlines()


def test_a_line_says_what_has_become_of_a_cell(cell: Any, tmp_path: Path) -> None:
    record, folder = cell()
    JsonLines(tmp_path).on_cell_finished(record, folder)

    (line,) = lines(tmp_path)
    assert json.loads(line) == {
        "schema": 1,
        "method": "tv",
        "dataset": "photos",
        "mask": "circle[diameter=20]",
        "size": 64,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "status": "complete",
        "ranked": True,
        "expected": 4,
        "scored": 3,
        "unreadable": 1,
        "unconverged": 2,
        "clamped": 1,
        "means": {"psnr": 25.5, "lpips[net=squeeze]": 0.25},
        "seconds_per_image": 0.125,
        "peak_bytes": 2_000_000_000,
        "key": "0123456789abcdef",
        "folder": "cells/tv/photos/circle[diameter=20]/0123456789abcdef",
        "started": "2026-01-01T00:00:00.000+00:00",
        "finished": "2026-01-01T00:00:03.000+00:00",
        "error": None,
    }


def test_a_failed_cell_has_its_error_and_what_is_not_known_is_null(cell: Any) -> None:
    error = {"type": "ValueError", "message": "no luck"}
    record, _ = cell(status="failed", error=error, means={"psnr": float("inf"), "ssim": None}, timing={}, memory={})
    found = summary(record, "f")

    assert (found["status"], found["ranked"], found["error"]) == ("failed", False, error)
    assert found["means"] == {"psnr": None, "ssim": None}
    assert (found["seconds_per_image"], found["peak_bytes"]) == (None, None)


def test_hostile_names_stay_in_their_line_and_obey_nobody(cell: Any, tmp_path: Path) -> None:
    names = {"method": "a\n{}\r\x1b[2J\x9b", "dataset": "<script>\u2028", "mask": "\udc80é"}
    record, folder = cell(**names)
    JsonLines(tmp_path).on_cell_finished(record, folder)

    (line,) = lines(tmp_path)
    assert all(0x20 <= byte < 0x7F for byte in line)
    assert json.loads(line).items() >= names.items()


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"", b""), (b'{"a": 1}\n', b'{"a": 1}\n'), (b'{"a": 1}\n{"b"', b'{"a": 1}\n{"b"\n')],
)
def test_a_torn_line_is_left_and_the_next_begins_on_its_own(
    cell: Any, tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = tmp_path / "tracking/cells.jsonl"
    path.parent.mkdir()
    path.write_bytes(before)
    record, folder = cell()
    for _ in range(2):
        JsonLines(tmp_path).on_cell_finished(record, folder)

    content = path.read_bytes()
    assert content.startswith(after)
    assert [json.loads(line)["key"] for line in content[len(after) :].splitlines()] == 2 * [record.key]
    assert content.endswith(b"\n")


def test_a_line_is_one_write(cell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: (written.append(data), write(descriptor, data))[1])
    record, folder = cell()
    JsonLines(tmp_path).on_cell_finished(record, folder)

    assert written == [lines(tmp_path)[0] + b"\n"]


def test_a_disk_that_takes_a_part_is_an_error(cell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    record, folder = cell()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))
        with pytest.raises(OSError, match=r"cells\.jsonl: only 10 of \d+ bytes could be written"):
            JsonLines(tmp_path).on_cell_finished(record, folder)
    JsonLines(tmp_path).on_cell_finished(record, folder)

    torn, whole = lines(tmp_path)
    assert len(torn) == 10
    assert json.loads(whole)["key"] == record.key


APPENDS = """
import json, sys
from pathlib import Path
from inpaintbench.records import CellRecord
from inpaintbench.trackers.jsonl import JsonLines

root, folder = map(Path, sys.argv[1:])
record = CellRecord.from_json(json.loads((root / "record.json").read_text()))
tracker = JsonLines(root)
for _ in range(100):
    tracker.on_cell_finished(record, folder)
"""


def test_lines_of_several_processes_never_mix(cell: Any, tmp_path: Path) -> None:
    record, folder = cell(means={f"metric{number}": float(number) for number in range(200)})
    (tmp_path / "record.json").write_text(json.dumps(record.to_json()))
    command = [sys.executable, "-c", APPENDS, str(tmp_path), str(folder)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]

    found = [json.loads(line)["means"] for line in lines(tmp_path) if line]
    assert found == 300 * [record.means]
