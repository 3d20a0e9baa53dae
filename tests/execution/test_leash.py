"""What holds one worker: its clock, its steps towards an end, and what it makes of words and deaths."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest

from inpaintbench.execution.jobs.job import CellJob
from inpaintbench.execution.workers import leash as leash_module
from inpaintbench.execution.workers.channel import CUT_OFF, Channel
from inpaintbench.execution.workers.leash import PREPARING_SECONDS, Leash
from inpaintbench.execution.workers.limits import Limits
from inpaintbench.execution.workers.nursery import Nursery

pytestmark = pytest.mark.workers

PROCESS = 10**8


class Bearing:
    """A nursery whose worker is this test."""

    def __init__(self) -> None:
        self.near, far = socket.socketpair()
        self.worker = Channel(far)

    def spawn(self) -> tuple[int, Channel, int]:
        output, printed = os.pipe()
        os.close(printed)
        return PROCESS, Channel(self.near), output


class Clock:
    """The clock on the wall, in seconds."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Held:
    """A leash with a job, the end that its worker has, and the signals that it has sent."""

    def __init__(self, clock: Clock, signals: list[signal.Signals]) -> None:
        bearing = Bearing()
        self.clock, self.signals, self.worker = clock, signals, bearing.worker
        self.leash = Leash(cast(Nursery, bearing), {}, Limits(seconds=10, grace=5))
        self.leash.give(job())

    def at(self, seconds: float, **message: Any) -> None:
        """Let the clock stand at so many seconds after the job was given, the worker say something, and look at it."""
        self.clock.now = Clock.now + seconds
        if message:
            self.worker.send(message)
        self.leash.hear()
        self.leash.tick()


def job() -> CellJob:
    given: dict[str, Any] = {"method": "m", "dataset": "d", "mask": "k", "metrics": (), "size": 8, "seed": 0}
    given |= {"limit": None, "key": "k", "folder": "/nowhere", "checkpoint": "", "shipped": False, "batch_size": 4}
    return CellJob(number=0, exhausted=(), samples=0, strict=False, anew=False, **given)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    clock, signals = Clock(), list[signal.Signals]()
    monkeypatch.setattr(leash_module, "time", clock)
    for name in ("kill", "killpg"):
        monkeypatch.setattr(leash_module.os, name, lambda process, number: signals.append(number))
    held = Held(clock, signals)
    yield held
    held.leash.close()
    held.worker.close()


def test_what_takes_longer_than_it_may_is_ended_step_by_step_until_it_is_dead(held: Held) -> None:
    held.at(9.9)
    assert held.signals == []
    for seconds in (10.1, 15.0, 15.2, 20.3, 25.4, 30.5):
        held.at(seconds)
    assert held.signals == [signal.SIGINT, signal.SIGTERM, *[signal.SIGKILL] * 3]
    verdict = held.leash.died_of(-signal.SIGKILL)
    assert verdict is not None
    assert (verdict.status, str(verdict.error)) == (
        "timeout",
        "It took longer than 10 seconds (--timeout), and was stopped.",
    )


def test_preparing_pictures_takes_none_of_the_time_of_a_cell(held: Held) -> None:
    held.at(9, **{"is": "obtaining"})
    held.at(30, **{"is": "waiting"})
    held.at(100_000)
    held.at(100_001, **{"is": "preparing", "items": 3})
    held.at(100_500)
    held.at(100_501, **{"is": "preparing", "items": 6})
    held.at(101_000)
    held.at(101_001, **{"is": "obtained"})
    held.at(101_010)
    assert held.signals == []
    held.at(101_012)
    assert held.signals == [signal.SIGINT]


def test_pictures_of_which_nothing_is_heard_for_long_are_not_waited_for(held: Held) -> None:
    held.at(1, **{"is": "obtaining"})
    held.at(PREPARING_SECONDS)
    assert held.signals == []
    held.at(PREPARING_SECONDS + 2)
    assert held.signals == [signal.SIGINT]
    verdict = held.leash.died_of(-signal.SIGINT)
    assert verdict is not None
    assert verdict.status == "timeout"
    assert "Nothing was heard for 600 seconds of the pictures" in str(verdict.error)


def test_a_worker_that_leads_no_group_yet_is_killed_as_soon_as_it_does(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_group(process: int, number: signal.Signals) -> None:
        raise ProcessLookupError

    with monkeypatch.context() as patch:
        patch.setattr(leash_module.os, "killpg", no_group)
        held.leash.end(at_once=True)
        held.at(0.1)
    assert held.signals == []
    held.at(0.2)
    assert held.signals == [signal.SIGKILL]


def test_a_worker_that_says_what_nobody_understands_is_killed_and_has_failed(held: Held) -> None:
    held.worker.send({"is": "progress", "images": 3})
    held.worker.end.sendall(b"\0\0\0\1x")
    assert held.leash.hear() == [{"is": "progress", "images": 3}]
    held.at(1, **{"is": "alive"})
    assert held.signals == [signal.SIGKILL]
    verdict = held.leash.died_of(-signal.SIGKILL)
    assert verdict is not None
    assert verdict.status == "failed"
    assert "has written into its connection" in str(verdict.error)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"])
def test_who_is_killed_by_somebody_else_is_not_to_blame(held: Held, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leash_module, "kills_for_memory", lambda: 0)
    held.leash.give(job())
    assert held.leash.died_of(-signal.Signals[name]) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "ended by itself, with the exit code 3."),
        (-signal.SIGSEGV, "the signal SIGSEGV: the process has crashed."),
        (CUT_OFF, "has lost its connection"),
    ],
)
def test_who_ends_by_itself_has_failed(held: Held, code: int, words: str) -> None:
    verdict = held.leash.died_of(code)
    assert verdict is not None
    assert verdict.status == "failed"
    assert words in str(verdict.error)


def test_the_reason_of_an_end_is_part_of_the_verdict(held: Held) -> None:
    held.at(1, **{"is": "broken", "why": "KeyError: 'device'"})
    verdict = held.leash.died_of(1)
    assert verdict is not None
    assert str(verdict.error) == "The worker ended by itself, with the exit code 1. KeyError: 'device'"


def test_a_job_has_begun_once_images_are_told_of(held: Held) -> None:
    assert not held.leash.begun
    held.at(1, **{"is": "progress", "images": 0})
    assert held.leash.begun
    held.leash.give(job())
    assert not held.leash.begun
