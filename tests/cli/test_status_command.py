"""`bench status`: what it says of runs that go on, have ended or were killed, and how quickly."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.cli import bench as group
from inpaintbench.cli.status import status_command
from inpaintbench.logbook import Logbook, LoggedCell
from inpaintbench.records import CellRecord
from inpaintbench.store import Store


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(group.commands, "status", status_command)


RECORD: dict[str, Any] = {"index": 0, "seconds": 0.1, "clamped": False, "converged": None}


def store(root: Path, name: str, status: Any, message: str = "") -> None:
    error = {"type": "ValueError", "message": message} if message else None
    given: dict[str, Any] = {"key": "00", "method": name, "dataset": "photos", "mask": "circle", "identity": {}}
    given |= {"size": 64, "seed": 0, "limit": None, "protocol": 1, "metrics": (), "expected": 10, "scored": 10}
    writer = CellWriter(Store(root).folder(name, "photos", "circle", "00")).open()
    record = CellRecord(**given, status=status, error=error)
    if status == "complete":
        writer.append([RECORD | {"item": f"{number}.png"} for number in range(10)])
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

    store(tmp_path, "a", "complete")  # by a run that found nothing else to do, and left no word
    out = bench("status", tmp_path).out
    assert "not heard of yet. All its cells are stored; nothing is left to do.\n\n       1 complete\n" in out


def test_a_run_elsewhere_that_is_silent_may_have_been_killed(bench: Any, tmp_path: Path) -> None:
    book = Logbook.open(tmp_path, "embedded", cells("a"))
    book.beat(["a × photos × circle"])
    book._lock.release()  # as if it could not be seen from here
    path = book.folder / "plan.json"
    path.write_text(path.read_text().replace(json.dumps(platform.node()), '"elsewhere"'))
    for name in ("plan.json", "beat.json"):
        os.utime(book.folder / name, (0, 0))
    head, now, *_ = bench("status", tmp_path).out.splitlines()

    assert head.startswith(f"Run 1 of embedded may have been killed: process {os.getpid()} on elsewhere, begun 20")
    assert head.endswith(" ago. If it was, the same command goes on from there.")
    assert now == "  at that time: a × photos × circle"
    assert json.loads(bench("status", tmp_path, "--json").out)["runs"][0]["state"] == "silent"

    with Logbook.open(tmp_path, "newer", cells("a")):
        pass
    assert "Run 1 of embedded may have been killed" in bench("status", tmp_path).out
    for name in ("plan.json", "beat.json"):
        path = book.folder / name
        path.write_text(path.read_text().replace('"20', '"19'))  # a hundred years ago
        os.utime(path, (0, 0))
    assert "Run 1" not in bench("status", tmp_path).out


def test_a_run_that_leaves_cells_undone_at_the_first_failure_is_interrupted(
    bench: Any, small: list[str], tmp_path: Path
) -> None:
    first = [*small, "-m", "broken[how=raises]"]  # after `noise`, which is among `small`
    assert bench("run", *first, "--fail-fast").code == 1
    out = bench("status").out
    assert "Run 1 of embedded has ended" in out  # with its last cell
    assert "       1 complete\n       1 failed\n" in out

    shutil.rmtree(tmp_path / "results")
    assert bench("run", *first, "-m", "slow", "--fail-fast").code == 1
    out = bench("status").out
    assert "Run 1 of embedded was interrupted" in out
    assert "       1 complete\n       1 failed\n       1 not started\n" in out
    assert json.loads(bench("status", "--json").out)["runs"][0]["counts"] == {"complete": 1, "failed": 1}


def test_a_clock_that_was_set_back_makes_nothing_undone(
    bench: Any, small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "results/embedded/runs"
    assert bench("run", *small).code == 0
    with monkeypatch.context() as patch:
        patch.setattr("inpaintbench.execution.evaluating.recording.now", lambda: "2001-01-01T00:00:00.000+00:00")
        assert bench("run", *small, "--rerun", "all").code == 0
    (run / "000002/end.json").unlink()  # as if it had been killed
    assert "nothing is left to do.\n\n       1 complete\n" in bench("status").out

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("inpaintbench.cell_writer.CellWriter.append", interrupt)
        assert bench("run", *small, "--rerun", "all").code == 130
    assert "goes on from there.\n\n       1 not started\n" in bench("status").out


def test_a_failure_beside_a_result_counts_for_the_run_that_failed(
    bench: Any, small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("it is tired")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    assert bench("run", *small).code == 0
    with monkeypatch.context() as patch:
        patch.setattr("inpaintbench.cell_writer.CellWriter.append", fail)
        assert bench("run", *small, "--rerun", "all").code == 1
    out = bench("status").out
    assert "       1 failed\n" in out
    assert "it is tired" in out

    with monkeypatch.context() as patch:
        patch.setattr("inpaintbench.cell_writer.CellWriter.append", interrupt)
        assert bench("run", *small, "--rerun", "all").code == 130
    assert "       1 not started\n" in bench("status").out


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
        "No run has left word here; these are all the stored cells.\n\n       1 complete\n1 cell; 10 of 10"
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

    assert outcome.code == 1
    assert "bench: " in outcome.err
    assert "runs/000001/end.json is damaged" in outcome.err
    assert "Run 2 of second has ended" in outcome.out
    assert "are all the stored cells" not in outcome.out

    outcome = bench("status", tmp_path, "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, len(document["problems"]), document["cells_of"]) == (1, 1, "000002")
    assert "runs/000001/end.json is damaged" in document["problems"][0]


def test_a_plan_cut_short_leaves_the_stored_cells(bench: Any, tmp_path: Path) -> None:
    for name in ("first", "second"):
        Logbook.open(tmp_path, name, cells("a", "b")).end("ended", {})
    store(tmp_path, "a", "complete")
    path = tmp_path / "runs/000002/plan.json"
    whole = path.read_text()
    path.write_text(whole[:-10])
    outcome = bench("status", tmp_path)

    assert outcome.code == 1
    assert "runs/000002/plan.json is damaged" in outcome.err
    assert "Run 2 of second has ended" in outcome.out
    assert (
        "What run 2 is to do cannot be read; these are all the stored cells.\n\n       1 complete\n1 cell;"
        in outcome.out
    )
    document = json.loads(bench("status", tmp_path, "--json").out)
    assert (document["cells_of"], len(document["problems"])) == (None, 1)

    path.write_text(whole.replace('"schema": 1', '"schema": 99'))
    outcome = bench("status", tmp_path)
    assert outcome.code == 1
    assert "newer inpaintbench" in outcome.err
    assert outcome.out.startswith("Run 2, the newest, cannot be read; these are all the stored cells.\n\n")
    assert "Run 1" not in outcome.out

    shutil.rmtree(tmp_path / "runs")
    (tmp_path / "runs").mkdir()
    outcome = bench("status", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("No run has left word here; these are all the stored cells.")


def test_a_cell_that_cannot_be_read_makes_the_exit_code_one(bench: Any, tmp_path: Path) -> None:
    store(tmp_path, "a", "complete")
    assert bench("status", tmp_path).code == 0
    Store(tmp_path).folder("a", "photos", "circle", "00").joinpath("cell.json").write_text("[" * 100_000)
    outcome = bench("status", tmp_path)

    assert (outcome.code, outcome.err) == (1, "")  # it is named among the cells
    assert "       1 unknown\n" in outcome.out
    assert "cell.json is damaged" in outcome.out
    [problem] = json.loads(bench("status", tmp_path, "--json").out)["problems"]
    assert "cell.json is damaged" in problem


def test_json_holds_names_that_are_no_text(bench: Any, tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "gr\udcfcn", cells("a")) as book:
        book.beat(["training gr\udcfcn"])
        [run] = json.loads(bench("status", tmp_path, "--json").out)["runs"]
    assert (run["suite"], run["now"]) == ("gr\udcfcn", ["training gr\udcfcn"])


def test_a_cell_whose_name_is_no_unicode_is_looked_for(bench: Any, tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "embedded", cells("gr\udcfcn")):
        outcome = bench("status", tmp_path)
    assert outcome.code == 0
    assert "       1 not started" in outcome.out.splitlines()


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
    record = CellRecord.from_json(json.loads((first / "cell.json").read_bytes()))
    record = dataclasses.replace(record, identity={str(n): "0" * 64 for n in range(50)})
    text, table = json.dumps(record.to_json(), indent=1), (first / "images.parquet").read_bytes()
    for number in range(3000):
        folder = Store(tmp_path).folder(f"m{number}", "photos", "circle", "00")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cell.json").write_text(text)
        (folder / "images.parquet").write_bytes(table)
    Logbook.open(tmp_path, "embedded", cells(*(f"m{number}" for number in range(10_000)))).end("ended", {})
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", check=True
    )
    seconds, *modules = done.stderr.split()

    assert "   3,000 complete\n   7,000 not started\n10,000 cells; " in done.stdout
    assert {"torch", "pandas", "numpy", "pyarrow"}.isdisjoint(modules)
    assert float(seconds) < 2
