"""The processes that help: whatever happens to one of them, or in it, costs time at most."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.prepared.crew import MOST, Crew, spare_processors
from inpaintbench.prepared.parts import Done, Part
from inpaintbench.prepared.shelf import Shelf

Log = Callable[[], list[tuple[int, int]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """Return a list that the workers are added to."""
    processes: list[subprocess.Popen[str]] = []
    start = Crew._start

    def noting(self: Crew) -> subprocess.Popen[str]:
        processes.append(start(self))
        return processes[-1]

    monkeypatch.setattr(Crew, "_start", noting)
    return processes


def test_a_plugin_may_print_and_read_what_it_likes(
    wanted_of: Any, shelf: Shelf, check: Any, log: Log, started: list[subprocess.Popen[str]]
) -> None:
    wanted = wanted_of(fault="talks", helpers=1)
    prepared = shelf.obtain(wanted, workers=1)

    assert {pid for pid, _ in log()} == {os.getpid(), started[0].pid}
    assert Counter(number for _, number in log()) == Counter(range(400))
    check(prepared, wanted)


def test_a_worker_that_dies_costs_nothing(
    wanted_of: Any, shelf: Shelf, check: Any, log: Log, started: list[subprocess.Popen[str]]
) -> None:
    wanted = wanted_of(fault="dies", helpers=1, until=200)
    prepared = shelf.obtain(wanted, workers=1)

    assert (started[0].pid, 200) in log()
    assert started[0].returncode == 3
    check(prepared, wanted)


def test_workers_that_all_die_cost_nothing(wanted_of: Any, shelf: Shelf, check: Any, log: Log) -> None:
    wanted = wanted_of(fault="dies", helpers=2, until=200)
    prepared = shelf.obtain(wanted, workers=2)

    check(prepared, wanted)


def test_a_worker_that_is_killed_costs_nothing(
    wanted_of: Any, shelf: Shelf, check: Any, started: list[subprocess.Popen[str]]
) -> None:
    wanted = wanted_of(helpers=2)
    prepared = shelf.obtain(wanted, lambda items: started[0].kill(), workers=2)

    check(prepared, wanted)


def test_workers_that_find_no_such_data_set_cost_nothing(
    generated: Any, shelf: Shelf, check: Any, started: list[subprocess.Popen[str]]
) -> None:
    wanted = generated([str(number) for number in range(1200)], name="unknown to any other process")
    prepared = shelf.obtain(wanted, workers=2)

    assert [process.returncode for process in started] == [1, 1]
    check(prepared, wanted)


@pytest.mark.parametrize("count", [100, 20_000])  # the names of so many are less than a buffer holds, and more
def test_an_interpreter_that_ends_at_once_costs_nothing(
    generated: Any, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    program = shutil.which("false")
    if program is None:
        pytest.skip("there is no program that only fails")
    start = Crew._start
    codes: list[int] = []

    def start_and_wait(self: Crew) -> subprocess.Popen[str]:
        process = start(self)
        codes.append(process.wait())
        return process

    monkeypatch.setattr(sys, "executable", program)
    monkeypatch.setattr(Crew, "_start", start_and_wait)
    wanted = generated([f"item number {number:08}" for number in range(count)])
    prepared = shelf.obtain(wanted, workers=2)

    assert codes == [1, 1]
    assert (prepared.pictures == len("item number 00000000")).all()


def test_where_no_process_can_be_started_there_is_none(
    wanted_of: Any, shelf: Shelf, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **options: Any) -> Any:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    wanted = wanted_of()

    check(shelf.obtain(wanted, workers=3), wanted)


def test_a_worker_that_would_never_end_is_ended(
    wanted_of: Any, shelf: Shelf, check: Any, log: Log, started: list[subprocess.Popen[str]]
) -> None:
    wanted = wanted_of(fault="lingers", helpers=1)
    prepared = shelf.obtain(wanted, workers=1)

    assert started[0].pid in {pid for pid, _ in log()}
    assert started[0].returncode is not None
    check(prepared, wanted)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interruption_ends_the_workers(
    wanted_of: Any,
    shelf: Shelf,
    lying: Callable[[], list[str]],
    started: list[subprocess.Popen[str]],
    interruption: type[BaseException],
) -> None:
    def interrupt(items: int) -> None:
        raise interruption

    wanted = wanted_of(fault="hangs", helpers=2, until=200)
    with pytest.raises(interruption):
        shelf.obtain(wanted, interrupt, workers=2)

    assert [process.returncode is None for process in started] == [False, False]
    assert lying() == []
    assert not [thread for thread in threading.enumerate() if "_serve" in thread.name]


def test_after_an_interruption_preparing_begins_anew(wanted_of: Any, shelf: Shelf, check: Any) -> None:
    def interrupt(items: int) -> None:
        raise KeyboardInterrupt

    wanted = wanted_of()
    with pytest.raises(KeyboardInterrupt):
        shelf.obtain(wanted, interrupt)

    check(shelf.obtain(wanted), wanted)


def test_a_module_is_found_where_this_process_found_it(
    wanted_of: Any, shelf: Shelf, log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    source = Path(__file__).with_name("plugin.py").read_text()
    (tmp_path / "elsewhere" / "numbered_pictures.py").write_text(source)
    monkeypatch.setattr(sys, "path", [*sys.path, "", str(tmp_path / "elsewhere")])
    wanted = wanted_of(plugin="numbered_pictures", helpers=1)
    shelf.obtain(wanted, workers=1)
    monkeypatch.delitem(sys.modules, "numbered_pictures")

    assert wanted.plugin == "numbered_pictures"
    assert len({pid for pid, _ in log()}) == 2


def test_every_part_comes_back_once_done_or_left(wanted_of: Any, tmp_path: Path) -> None:
    from collections import deque

    wanted = wanted_of(fault="dies")
    path = tmp_path / "pictures.npy"
    path.touch()
    parts = deque(Part(start, start + 50) for start in range(0, 400, 50))
    with Crew(wanted, path, parts, 2) as crew:
        answers = list(crew.answers(wait=True))

    done = [answer.part for answer in answers if isinstance(answer, Done)]
    left = [answer for answer in answers if isinstance(answer, Part)]
    assert left == [Part(200, 250)]
    assert sorted(part.start for part in done) == [start for start in range(0, 400, 50) if start != 200]


@pytest.mark.parametrize(("processors", "spare"), [(1, 0), (2, 1), (200, MOST)])
def test_one_processor_is_kept(monkeypatch: pytest.MonkeyPatch, processors: int, spare: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(processors)), raising=False)
    assert spare_processors() == spare

    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert spare_processors() == spare
