"""`bench status`: what it says of runs that go on, have ended or were killed, and how quickly."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cli import bench as group
from inpaintbench.cli.status import status_command
from inpaintbench.logbook import Logbook, LoggedCell
from inpaintbench.records import CellRecord
from inpaintbench.store import CellWriter, Store


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(group.commands, "status", status_command)


def store(root: Path, name: str, status: Any, message: str = "") -> None:
    error = {"type": "ValueError", "message": message} if message else None
    given: dict[str, Any] = {"key": "00", "method": name, "dataset": "photos", "mask": "circle", "identity": {}}
    given |= {"size": 64, "seed": 0, "limit": None, "protocol": 1, "metrics": (), "expected": 10, "scored": 10}
    writer = CellWriter(Store(root).folder(name, "photos", "circle", "00")).open()
    record = CellRecord(**given, status=status, error=error)
    if status == "complete":
        writer.seal(record)
    else:
        writer.fail(record)
    writer.close()


def cells(*names: str) -> list[LoggedCell]:
    return [LoggedCell(name, "photos", "circle", "00", 10) for name in names]


def test_a_run_that_goes_on_is_shown_with_what_it_has_done(bench: Any, tmp_path: Path) -> None:
    root = tmp_path / "results/embedded"
    with Logbook.open(root, "embedded", cells("a", "b", "c", "d\x1b")) as book:
        book.beat(["c × photos × circle"])
        store(root, "a", "complete")
        store(root, "b", "oom", "It took\n9 GB\x1b[31m of memory.")
        code, out, err = bench("status")
    head, now, blank, *rest = out.splitlines()

    assert (code, err) == (0, "")
    assert head.startswith(f"Run 1 of embedded is running: process {os.getpid()} on {platform.node()}, since 20")
    assert head.endswith(" ago.")
    assert now == "  now: c × photos × circle"
    assert blank == ""
    assert rest[:5] == [
        "       1 complete",
        "       1 running",
        "       1 oom",
        "       1 not started",
        "4 cells; 10 of 40 images (25 %) are done.",
    ]
    assert rest[5].startswith("At this pace it takes about ")
    assert rest[6:] == ["oom  b × photos × circle: It took 9 GB?[31m of memory."]


def test_runs_that_do_not_live_any_more_say_how_they_ended(bench: Any, tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "first", cells("a")):
        pass
    assert "Run 1 of first has ended at 20" in bench("status", tmp_path).out

    Logbook.open(tmp_path, "second", cells("a")).end("interrupted", {})
    out = bench("status", tmp_path).out
    assert "Run 2 of second was interrupted at 20" in out
    assert "Run 1" not in out

    book = Logbook.open(tmp_path, "third", cells("a"))
    book._lock.release()  # as a kill does
    out = bench("status", tmp_path).out
    assert "Run 3 of third was killed: process" in out
    assert "not heard of yet. The same command goes on from there.\n\n       1 not started\n" in out


def test_an_older_run_that_still_lives_is_shown_too(bench: Any, tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "older", cells("a")):
        Logbook.open(tmp_path, "newer", cells("b", "c")).end("ended", {})
        out = bench("status", tmp_path).out

    assert out.startswith("Run 1 of older is running: ")
    assert "Run 2 of newer has ended" in out
    assert "2 cells; 0 of 20 images (0 %) are done." in out


def test_without_any_run_the_stored_cells_are_counted(bench: Any, tmp_path: Path) -> None:
    store(tmp_path, "a", "complete")
    out = bench("status", tmp_path).out

    assert out.startswith(
        "No run has left word here; these are the stored cells.\n\n       1 complete\n1 cell; 10 of 10"
    )


def test_json_tells_all(bench: Any, tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "embedded", cells("a", "b", "c")) as book:
        book.beat(["c × photos × circle"])
        store(tmp_path, "a", "complete")
        store(tmp_path, "b", "timeout", "It took 2 h.")
        document = json.loads(bench("status", tmp_path, "--json").out)

    [run] = document["runs"]
    assert (run["id"], run["state"], run["now"]) == ("000001", "running", ["c × photos × circle"])
    assert run["beaten"] >= run["started"]
    assert run["finished"] is None
    assert document["cells"] == {"complete": 1, "running": 1, "timeout": 1}
    assert document["images"] == {"planned": 30, "done": 10}
    assert document["seconds_left"] > 0
    assert [one["method"] for one in document["running"]] == ["c"]
    assert [(one["method"], one["state"], one["why"]) for one in document["failures"]] == [
        ("b", "timeout", "It took 2 h.")
    ]
    assert Path(document["failures"][0]["folder"]).name == "00"


def test_many_failures_are_counted_after_the_first_ones(bench: Any, tmp_path: Path) -> None:
    for number in range(25):
        store(tmp_path, f"m{number:02d}", "failed", "no")
    lines = bench("status", tmp_path).out.splitlines()

    assert lines[-2:] == ["failed  m19 × photos × circle: no", "… and 5 more that failed; --json names them."]


def test_what_is_damaged_is_said_and_the_rest_is_shown(bench: Any, tmp_path: Path) -> None:
    for name in ("first", "second"):
        Logbook.open(tmp_path, name, cells("a")).end("ended", {})
    (tmp_path / "runs/000001/end.json").write_text("{")
    outcome = bench("status", tmp_path)

    assert outcome.code == 0
    assert "bench: " in outcome.err
    assert "runs/000001/end.json is damaged" in outcome.err
    assert "Run 2 of second has ended" in outcome.out


def test_a_folder_without_results_is_refused(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    for arguments in (["status", "empty"], ["status", "nowhere"], ["status"]):
        outcome = bench(*arguments)
        assert outcome.code == 2
        assert "holds no results: expected a folder with cells/ or runs/ below it." in outcome.err


LOOK = """
import sys, time
from inpaintbench.cli.status import status_command
start = time.process_time()
try:
    status_command([sys.argv[1]], standalone_mode=False)
finally:
    print(time.process_time() - start, *sys.modules, file=sys.stderr)
"""


def test_ten_thousand_cells_are_looked_at_in_a_moment_and_without_torch(tmp_path: Path) -> None:
    store(tmp_path, "m0", "complete")
    first = Store(tmp_path).folder("m0", "photos", "circle", "00")
    document = json.loads((first / "cell.json").read_bytes()) | {"identity": {str(n): "0" * 64 for n in range(50)}}
    text = json.dumps(document, indent=1)
    for number in range(3000):
        folder = Store(tmp_path).folder(f"m{number}", "photos", "circle", "00")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cell.json").write_text(text)
    Logbook.open(tmp_path, "embedded", cells(*(f"m{number}" for number in range(10_000)))).end("ended", {})
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=True
    )
    seconds, *modules = done.stderr.split()

    assert "   3,000 complete\n   7,000 not started\n10,000 cells; " in done.stdout
    assert {"torch", "pandas", "numpy", "pyarrow"}.isdisjoint(modules)
    assert float(seconds) < 2
