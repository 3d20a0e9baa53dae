"""The supervisor of workers, with workers that are this test: what becomes of jobs, and when a worker is replaced."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from inpaintbench.errors import StoreError, UsageError
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.engines.local import LocalEngine
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.workers import leash as leash_module
from inpaintbench.execution.workers import worker as worker_module
from inpaintbench.execution.workers.channel import Channel, ClosedError, describe
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.execution.workers.worker import Worker
from inpaintbench.records import CellRecord

pytestmark = pytest.mark.workers

Saying = list[dict[str, Any] | int]
"""Messages, or the exit code of which a worker dies."""

Script = Callable[[int], list[Saying]]


class Cradle:
    """A nursery whose workers say what a script has, job by job, and die of an exit code.

    Args:
        script: given the number of a worker, returns what it says to each of its jobs.
    """

    def __init__(self, script: Script) -> None:
        near, self._far = socket.socketpair()
        self.orders = Channel(near)
        self._script = script
        self._dead: list[tuple[int, int]] = []
        self._living: dict[int, tuple[Channel, list[Saying]]] = {}
        self.jobs: list[tuple[int, dict[str, Any]]] = []
        self.born = self._turns = 0

    def spawn(self) -> tuple[int, Channel, int]:
        ours, theirs = socket.socketpair()
        output, printed = os.pipe()
        os.close(printed)
        process = 10**8 + self.born
        self._living[process] = Channel(theirs), self._script(self.born)
        self.born += 1
        return process, Channel(ours), output

    def deaths(self, *, wait: bool = False) -> list[tuple[int, int]]:
        """Let every worker do what it can, and return those that have died of it."""
        self._turns += 1
        assert self._turns < 200, "the engine waits for what never comes"
        for process in [*self._living]:
            self._do(process)
        dead, self._dead = self._dead, []
        return dead

    def _do(self, process: int) -> None:
        channel, says = self._living[process]
        channel.end.setblocking(False)
        try:
            for message in channel.waiting():
                if message["is"] == "job":
                    self.jobs.append((process - 10**8, message["job"]))
                    for one in says.pop(0):
                        if isinstance(one, int):
                            self._die(process, one)
                            return
                        channel.send(one)
        except ClosedError as error:
            if not isinstance(error.__cause__, BlockingIOError):
                self._die(process, 0)

    def _die(self, process: int, code: int) -> None:
        self._living.pop(process)[0].close()
        self._dead.append((process, code))

    def kill(self, process: int, number: int) -> None:
        """Let a worker die of a signal, which it gets from the engine."""
        if process in self._living:
            self._die(process, -number)

    def close(self) -> None:
        """Let all die."""
        for process in [*self._living]:
            self._die(process, 0)
        self.orders.close()
        self._far.close()


class Heard(Watch):
    def __init__(self) -> None:
        self.retries: list[tuple[CellJob, str]] = []

    def retried(self, job: Job, why: str) -> None:
        assert isinstance(job, CellJob)
        self.retries.append((job, why))


def cell_job(number: int, **changes: Any) -> CellJob:
    given: dict[str, Any] = {"method": "m", "dataset": "d", "mask": "k", "metrics": (), "size": 8, "seed": 0}
    given |= {"limit": None, "key": "k", "folder": "/nowhere", "checkpoint": "", "shipped": False, "batch_size": 4}
    given |= {"exhausted": (), "samples": 0, "strict": False, "anew": False}
    return CellJob(number=number, **given | changes)


def done(status: str = "complete", *, changed: bool = False) -> dict[str, Any]:
    error = None if status == "complete" else {"type": "ValueError", "message": "It is broken."}
    what: dict[str, Any] = {"key": "k", "method": "m", "dataset": "d", "mask": "k", "size": 8, "seed": 0, "limit": None}
    what |= {"protocol": 1, "identity": {}, "metrics": (), "expected": 1, "scored": 1}
    record = CellRecord(status=cast(Any, status), error=error, **what)
    return {"is": "done", "record": record.to_json(), "changed": changed}


@pytest.fixture
def bear(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Script], Cradle]]:
    """Return a function that makes a cradle of a script."""
    cradles: list[Cradle] = []

    def bear(script: Script) -> Cradle:
        cradles.append(Cradle(script))
        for name in ("kill", "killpg"):
            monkeypatch.setattr(leash_module.os, name, cradles[-1].kill)
        return cradles[-1]

    yield bear
    for cradle in cradles:
        cradle.close()


def run(cradle: Cradle, *jobs: Job, desks: int = 1, watch: Watch | None = None) -> Iterator[Outcome]:
    return LocalEngine(cast(Nursery, cradle), [{}] * desks).run(jobs, watch or Watch())


@pytest.mark.parametrize(
    ("first", "workers"),
    [
        (done(), [0, 0]),
        (done(changed=True), [0, 1]),
        (done("failed"), [0, 1]),
        ({"is": "refused", **describe(StoreError("It is full."))}, [0, 1]),
    ],
    ids=["complete", "changed", "failed", "refused"],
)
def test_a_worker_is_kept_only_if_its_next_cell_meets_what_the_first_one_met(
    bear: Callable[[Script], Cradle], first: dict[str, Any], workers: list[int]
) -> None:
    cradle = bear(lambda number: [[first], [done()]] if number == 0 else [[done()]])
    outcomes = [*run(cradle, cell_job(0), cell_job(1))]
    assert len(outcomes) == 2
    assert [worker for worker, _ in cradle.jobs] == workers


def test_deaths_that_are_not_told_of_yet_are_not_forgotten_when_the_run_ends_at_the_first(
    bear: Callable[[Script], Cradle],
) -> None:
    cradle = bear(lambda number: [[3]])
    outcomes = run(cradle, cell_job(0), cell_job(1), cell_job(2), desks=3)
    first = next(outcomes)
    assert isinstance(first.ended, Failure)
    cast(Any, outcomes).close()  # it waits for all three
    assert cradle.born == 3


def test_what_ends_the_run_is_raised(bear: Callable[[Script], Cradle]) -> None:
    cradle = bear(lambda number: [[{"is": "fatal", **describe(UsageError("It is broken."))}]])
    with pytest.raises(UsageError, match=r"It is broken\."):
        list(run(cradle, cell_job(0)))


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("code", [-9, -15])
def test_who_is_killed_from_outside_is_tried_once_more_and_keeps_what_is_scored(
    bear: Callable[[Script], Cradle], begun: bool, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inpaintbench.execution.workers.leash.kills_for_memory", lambda: 0)
    progress: Saying = [{"is": "progress", "images": 0}] if begun else []
    cradle = bear(lambda number: [[*progress, code]] if number == 0 else [[done()]])
    heard = Heard()
    (outcome,) = run(cradle, cell_job(0, anew=True), watch=heard)
    assert isinstance(outcome.ended, CellRecord)
    assert heard.retries == [(cell_job(0, anew=True, begun=begun), "Its worker was killed from outside.")]


def test_smaller_batches_go_on_with_what_is_scored(bear: Callable[[Script], Cradle]) -> None:
    cradle = bear(lambda number: [[done("oom")]] if number == 0 else [[done()]])
    heard = Heard()
    assert len([*run(cradle, cell_job(0, anew=True), watch=heard)]) == 1
    assert heard.retries == [
        (cell_job(0, anew=True, begun=True, batch_size=2, exhausted=(4,)), "It is broken."),
    ]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Worker, Channel]]:
    """Return a worker in this process, and the other end of its channel."""
    monkeypatch.setattr(worker_module.signal, "signal", lambda *_: None)
    near, far = map(Channel, socket.socketpair())
    yield Worker(near), far
    near.close()
    far.close()


def test_a_plugin_that_has_been_broken_meanwhile_ends_the_run(ends: tuple[Worker, Channel], tmp_path: Path) -> None:
    worker, far = ends
    plugin = tmp_path / "broken.py"
    plugin.write_text("def (\n")
    place = {"environment": {}, "path": [*sys.path], "folder": str(Path.cwd()), "device": "cpu", "threads": 0}
    far.send({"is": "hello", "deterministic": False, "plugins": [str(plugin)], **place})
    assert worker.run() == 1
    message = far.receive()
    assert (message["is"], message["type"]) == ("fatal", "PluginError")


def test_what_breaks_a_worker_between_jobs_is_told(
    ends: tuple[Worker, Channel], capsys: pytest.CaptureFixture[str]
) -> None:
    worker, far = ends
    far.send({"is": "hello"})
    assert worker.run() == 1
    assert far.receive() == {"is": "broken", "why": "KeyError: 'deterministic'"}
    assert "Traceback" in capsys.readouterr().err
