"""What a run leaves to be read: its plan, its beats, its end; and what others make of it when it lives or is dead."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inpaintbench.errors import StoreError
from inpaintbench.logbook import Logbook, LoggedCell, RunSeen, files, read_runs, writing

CELLS = [
    LoggedCell("tv", "photos", "circle", "00", 12, stored="2026-01-01T00:00:00.000+00:00", failed=""),
    LoggedCell("mean[gr\udcfcn]", "Ü", "dots", "01", 8),
]


def only(root: Path) -> RunSeen:
    [run] = read_runs(root)
    return run


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_run_tells_what_it_is_to_do_and_how_it_ended(tmp_path: Path) -> None:
    book = Logbook.open(tmp_path, "embedded", iter(CELLS))
    run = only(tmp_path)
    assert (run.suite, run.pid, run.state, run.alive) == ("embedded", os.getpid(), "running", True)
    assert (run.beaten, run.finished, run.now, run.counts) == (None, None, (), {})
    assert run.cells == tuple(CELLS)
    assert run.cells[0].title == "tv × photos × circle"

    book.beat(["tv × photos × circle"])
    assert only(tmp_path).now == ("tv × photos × circle",)
    beaten = only(tmp_path).beaten
    assert beaten is not None
    assert beaten >= run.started
    book.end("interrupted", {"complete": 1, "oom": 2})
    run = only(tmp_path)
    assert (run.state, run.alive, run.now, run.counts) == ("interrupted", False, (), {"complete": 1, "oom": 2})
    assert run.finished is not None
    assert run.finished >= beaten


def test_the_plan_is_json_that_anyone_can_read(tmp_path: Path) -> None:
    for cells in (CELLS, []):
        with Logbook.open(tmp_path / str(len(cells)), "embedded", cells) as book:
            document = json.loads((book.folder / "plan.json").read_bytes())
        assert (document["schema"], document["id"], len(document["cells"])) == (1, "000001", len(cells))
        assert only(tmp_path / str(len(cells))).cells == tuple(cells)


def test_a_plan_that_says_nothing_of_what_was_stored_is_read(tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "embedded", CELLS) as book:
        path = book.folder / "plan.json"
        document = json.loads(path.read_bytes())
        for row in document["cells"]:
            del row["stored"], row["failed"]
        head = json.dumps({name: value for name, value in document.items() if name != "cells"})
        path.write_text(head[:-1] + ', "cells": [\n' + json.dumps(document["cells"])[1:] + "}")
        found = only(tmp_path).cells

    assert [(one.title, one.stored, one.failed) for one in found] == [(one.title, None, None) for one in CELLS]


def test_leaving_says_how_the_run_ended(tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "a", []):
        pass
    with pytest.raises(KeyboardInterrupt), Logbook.open(tmp_path, "b", []):
        raise KeyboardInterrupt
    with Logbook.open(tmp_path, "c", []) as book:
        book.end("interrupted", {"failed": 1})

    assert [run.state for run in read_runs(tmp_path)] == ["ended", "interrupted", "interrupted"]
    assert read_runs(tmp_path)[2].counts == {"failed": 1}


def test_beats_are_written_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    seen = []
    with Logbook.open(tmp_path, "embedded", CELLS) as book:
        for clock in (0.0, 1.9, 2.0, 3.9, 4.1):
            book.beat([f"at {clock}"])
            seen.append(only(tmp_path).now[0])

    assert seen == ["at 0.0", "at 0.0", "at 2.0", "at 2.0", "at 4.1"]


RUN = """
import sys
from pathlib import Path
from inpaintbench.logbook import Logbook, LoggedCell
book = Logbook.open(Path(sys.argv[1]), "embedded", [LoggedCell("tv", "photos", "circle", "00", 12)])
book.beat(["tv × photos × circle"])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_run_of_another_process_is_seen_alive_and_then_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        run = only(tmp_path)
        assert (run.state, run.alive, run.pid, run.now) == ("running", True, other.pid, ("tv × photos × circle",))
        other.kill()
    run = only(tmp_path)
    assert (run.state, run.alive, run.now, run.finished) == ("killed", False, (), None)


@pytest.mark.parametrize(("age", "alive"), [(0, True), (50, True), (70, None), (-70, None)])
def test_a_run_elsewhere_lives_as_long_as_it_beats(tmp_path: Path, age: int, alive: bool | None) -> None:
    book = Logbook.open(tmp_path, "embedded", CELLS)
    book.beat(["tv", "mean"], ["mean"])
    book._lock.release()  # as if its lock could not be seen from here
    run = only(tmp_path)
    assert (run.alive, run.state, run.now, run.silent) == (False, "killed", (), ())

    change(book.folder / "plan.json", json.dumps(platform.node()), '"elsewhere"')
    then = time.time() - age
    for name in ("plan.json", "beat.json"):
        os.utime(book.folder / name, (then, then))
    run = only(tmp_path)
    assert (run.host, run.alive, run.state) == ("elsewhere", alive, "running" if alive else "silent")
    assert (run.now, run.silent) == (("tv", "mean"), ("mean",))
    assert run.cells == tuple(CELLS)


def test_a_run_elsewhere_whose_lock_is_seen_lives_however_long_it_is_silent(tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "embedded", CELLS) as book:
        change(book.folder / "plan.json", json.dumps(platform.node()), '"elsewhere"')
        os.utime(book.folder / "plan.json", (0, 0))
        assert only(tmp_path).state == "running"


def test_where_no_lock_can_be_tried_the_beat_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Logbook.open(tmp_path, "embedded", CELLS)

    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(files, "_is_held", refuse)
    assert only(tmp_path).alive
    os.utime(book.folder / "plan.json", (0, 0))
    assert only(tmp_path).state == "silent"


@pytest.mark.skipif(sys.platform == "win32", reason="has no locks that are shared")
def test_several_may_look_at_once_and_make_nothing(tmp_path: Path) -> None:
    import fcntl

    dead = Logbook.open(tmp_path, "dead", CELLS)
    dead._lock.release()  # as a kill does
    with Logbook.open(tmp_path, "alive", CELLS), (dead.folder / ".lock").open("rb") as another:
        fcntl.flock(another, fcntl.LOCK_SH | fcntl.LOCK_NB)  # somebody else is looking
        assert [run.state for run in read_runs(tmp_path)] == ["killed", "running"]

    (dead.folder / ".lock").unlink()
    assert read_runs(tmp_path)[0].state == "killed"
    assert sorted(path.name for path in dead.folder.iterdir()) == ["plan.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="has no locks that are shared")
def test_a_run_begins_although_its_lock_is_being_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    folder = tmp_path / "runs/000001"
    folder.mkdir(parents=True)
    lock = folder / ".lock"
    lock.touch()
    looking = lock.open("rb")
    fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    monkeypatch.setattr(writing, "_next_folder", lambda _: folder)
    tried = []

    def give_way(seconds: float) -> None:
        tried.append(seconds)
        looking.close()

    monkeypatch.setattr("filelock._api.time.sleep", give_way)
    with Logbook.open(tmp_path, "embedded", CELLS):
        assert only(tmp_path).alive
    assert len(tried) == 1


def test_runs_are_numbered_whatever_the_clock_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, started in (("first", "2030-01-01T00:00:00+00:00"), ("second", "2020-01-01T00:00:00+00:00")):
        monkeypatch.setattr(writing, "_now", lambda started=started: started)
        Logbook.open(tmp_path, name, []).end("ended", {})
    (tmp_path / "runs/stray").mkdir()
    (tmp_path / "runs/000009").touch()
    (tmp_path / "runs/1000000").mkdir()
    with Logbook.open(tmp_path, "third", []) as book:
        assert book.folder.name == "1000001"
    assert [run.suite for run in read_runs(tmp_path)] == ["first", "second", "third"]


def test_the_newest_runs_stay_and_those_that_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "KEPT", 3)
    alive = Logbook.open(tmp_path, "alive", [])
    newer = Logbook.open(tmp_path, "newer", [])
    change(newer.folder / "plan.json", '"schema": 1', '"schema": 2')
    newer.end("ended", {})
    (tmp_path / "runs/000003").mkdir()  # killed before it had a plan
    for name in "abcde":
        Logbook.open(tmp_path, name, []).end("ended", {})
    alive.end("ended", {})

    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [f"{n:06d}" for n in (1, 2, 6, 7, 8)]


@pytest.mark.parametrize("name", ["plan.json", "beat.json", "end.json"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"{}", b"[]", b"[" * 100_000, b'{"schema": 1}', b'{"schema": 2}', b"\xff", None]
)
def test_what_cannot_be_read_is_named_and_costs_its_run_alone(tmp_path: Path, name: str, content: bytes | None) -> None:
    for suite in ("spoilt", "whole"):
        book = Logbook.open(tmp_path, suite, CELLS)
        book.beat([])
        book.end("ended", {})
    path = tmp_path / "runs/000001" / name
    if content is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            content.replace(b"}", b',"cells":[\n]}') if name == "plan.json" and content[-1:] == b"}" else content
        )
    problems: dict[Path, StoreError] = {}

    assert [run.suite for run in read_runs(tmp_path, problems)] == ["whole"]
    expected = (
        "newer inpaintbench" if content == b'{"schema": 2}' else "damaged" if content is not None else "cannot be read"
    )
    [(folder, problem)] = problems.items()
    assert folder == path.parent
    assert str(folder) in str(problem)
    assert expected in str(problem)
    with pytest.raises(StoreError, match=expected):
        read_runs(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("end.json", '"ended"', '"running"'), ("end.json", '"ended"', '"silent"'), ("plan.json", '"pid": ', '"pid": 1e')],
)
def test_what_a_run_cannot_have_said_is_damaged(tmp_path: Path, name: str, old: str, new: str) -> None:
    with Logbook.open(tmp_path, "embedded", CELLS) as book:
        change(book.folder / "plan.json", f'"pid": {os.getpid()}', '"pid": 999')
    change(book.folder / name, old, new)

    with pytest.raises(StoreError, match="is damaged"):
        read_runs(tmp_path)


def test_a_folder_of_runs_that_cannot_be_looked_into_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    problems: dict[Path, StoreError] = {}

    assert read_runs(tmp_path, problems) == []
    assert list(problems) == [tmp_path / "runs"]
    with pytest.raises(StoreError, match="Permission denied"):
        read_runs(tmp_path)


def test_a_run_that_has_no_plan_yet_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "runs/000001").mkdir(parents=True)

    assert read_runs(tmp_path) == []
    assert list((tmp_path / "runs/000001").iterdir()) == []  # nor is its lock touched, which it is about to take
    assert read_runs(tmp_path / "nowhere") == []


def test_a_damaged_list_of_cells_is_found_when_it_is_read(tmp_path: Path) -> None:
    with Logbook.open(tmp_path, "embedded", CELLS) as book:
        pass
    change(book.folder / "plan.json", '"images": 12', '"images": "dozen"')

    with pytest.raises(StoreError, match=r"plan\.json is damaged: .*dozen"):
        _ = only(tmp_path).cells


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()

    with pytest.raises(StoreError, match=r"runs cannot be written: "):
        Logbook.open(tmp_path, "embedded", CELLS)


def test_a_disk_that_fills_up_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Logbook.open(tmp_path, "embedded", CELLS)

    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_json", refuse)
    book.beat(["tv"])
    assert only(tmp_path).beaten is None
    book.end("ended", {})
    assert only(tmp_path).state == "killed"
    monkeypatch.setattr(writing, "replacing", refuse)
    with pytest.raises(StoreError, match="No space left"):
        Logbook.open(tmp_path, "embedded", CELLS)
    assert not read_runs(tmp_path)[1:]


def test_ten_thousand_cells_are_written_and_read_at_once(tmp_path: Path) -> None:
    cells = [LoggedCell(f"method[width={i}]", "photos", f"dots[side={i}]", f"{i:016x}", 100) for i in range(10_000)]
    start = time.process_time()
    with Logbook.open(tmp_path, "embedded", cells):
        written = time.process_time()
        found = only(tmp_path).cells
    read = time.process_time()

    assert found == tuple(cells)
    assert written - start < 0.3
    assert read - written < 0.5
