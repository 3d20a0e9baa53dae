"""`kill -9` at any moment, an interruption, and two processes at once: what is on the shelf is whole, and made once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from inpaintbench.prepared.shelf import Shelf

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

Log = Callable[[], list[tuple[int, int]]]
Start = Callable[..., subprocess.Popen[str]]


def lives(pid: int) -> bool:
    """Whether a process is there that does something."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def kinds(shelf: Shelf) -> set[str]:
    """Return the endings of what lies on a shelf: `.lock`, `.unfinished`, or none for a split."""
    return {path.suffix for path in shelf.folder.iterdir()} if shelf.folder.is_dir() else set()


MOMENTS: dict[str, Callable[[Shelf, Log], bool]] = {
    "at the lock": lambda shelf, log: ".lock" in kinds(shelf),
    "at the reservation": lambda shelf, log: ".unfinished" in kinds(shelf),
    "when the worker helps": lambda shelf, log: len({pid for pid, _ in log()}) == 2,
    "in the middle": lambda shelf, log: len(log()) > 250,
    "near the end": lambda shelf, log: len(log()) == 400,
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_a_killed_process_leaves_nothing_wrong(
    start: Start, shelf: Shelf, wanted_of: Any, log: Log, until: Any, check: Any, lying: Any, notes: Path, moment: Any
) -> None:
    process = start(workers=1, helpers=1)
    until(lambda: moment(shelf, log) or process.poll() is not None)
    process.kill()
    process.wait()
    helpers = {pid for pid, _ in log()} - {process.pid}

    (notes / "open").touch()
    wanted = wanted_of(helpers=1)
    prepared = shelf.obtain(wanted, workers=0)  # the worker of the killed process may still write
    check(prepared, wanted)
    until(lambda: not any(map(lives, helpers)))
    check(prepared, wanted)
    assert lying() == [wanted.key]


def test_a_worker_ends_with_its_parent_whatever_it_is_at(start: Start, log: Log, until: Any) -> None:
    process = start(workers=1, helpers=1, until=200, fault="hangs")
    until(lambda: 200 in {number for _, number in log()} or process.poll() is not None)
    [worker] = {pid for pid, _ in log()} - {process.pid}
    assert lives(worker)
    process.kill()

    until(lambda: not lives(worker))
    assert process.wait() == -signal.SIGKILL


def test_an_interrupted_process_leaves_nothing(
    start: Start, shelf: Shelf, log: Log, until: Any, lying: Any, notes: Path
) -> None:
    (notes / "closed").touch()
    process = start(workers=1, helpers=1, fault="hangs")
    until(lambda: 200 in {number for _, number in log()} or process.poll() is not None)
    process.send_signal(signal.SIGINT)

    assert process.wait() in (-signal.SIGINT, 1)
    assert lying() == []
    assert not any(lives(pid) for pid, _ in log())


def test_of_two_processes_one_prepares_and_the_other_waits(
    start: Start,
    shelf: Shelf,
    wanted_of: Any,
    log: Log,
    until: Any,
    check: Any,
    notes: Path,
) -> None:
    (notes / "closed").touch()
    process = start()
    until(lambda: log() or process.poll() is not None)  # it holds the lock, and stands at its first item
    arrived = threading.Event()
    found: list[Any] = []
    told: list[int] = []
    wanted = wanted_of()
    other = threading.Thread(target=lambda: found.append(shelf.obtain(wanted, told.append, on_wait=arrived.set)))
    other.start()
    assert arrived.wait(60)  # it has found nothing, and waits
    (notes / "closed").unlink()
    other.join()
    said, _ = process.communicate()

    assert Counter(log()) == Counter((process.pid, number) for number in range(400))
    assert told == []
    assert said.split() == [found[0].pixels]
    check(found[0], wanted)


def test_whoever_waits_prepares_where_the_other_is_killed(
    start: Start, shelf: Shelf, wanted_of: Any, log: Log, until: Any, check: Any, notes: Path
) -> None:
    (notes / "closed").touch()
    process = start()
    until(lambda: log() or process.poll() is not None)
    found: list[Any] = []
    wanted = wanted_of()
    other = threading.Thread(target=lambda: found.append(shelf.obtain(wanted)))
    other.start()
    process.kill()
    process.wait()
    (notes / "closed").unlink()
    other.join()

    assert {pid for pid, _ in log()} == {process.pid, os.getpid()}
    check(found[0], wanted)


def test_many_at_once_get_the_same(start: Start, shelf: Shelf, log: Log) -> None:
    processes = [start() for _ in range(3)]
    said = {process.communicate()[0] for process in processes}

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert Counter(number for _, number in log()) == Counter(range(400))
    assert len(said) == 1
    assert len(shelf.splits()) == 1
