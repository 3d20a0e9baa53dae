"""Jobs done as tasks of a Slurm array, one for each method: submitit submits them, and says when one has vanished.

A task does its jobs with the supervision of a local run, on all that its allocation has. Results, and what is said of
jobs, go through the results folder, which all nodes have to see.
"""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import submitit

from inpaintbench.errors import DeviceError, UsageError
from inpaintbench.execution.devices.leases import Lease
from inpaintbench.execution.engines import Outcome, Watch
from inpaintbench.execution.engines.clusters.ledger import Ledger
from inpaintbench.execution.engines.clusters.remote import Brief, describe_fatal, work
from inpaintbench.execution.jobs.job import Job
from inpaintbench.execution.options import Options, Setting
from inpaintbench.execution.workers.nursery import Nursery

LOOK_SECONDS: Final = 0.5
"""Between two looks at what tasks have written."""

LATE_SECONDS: Final = 5.0
"""So much later than its end a task's result may be seen, on a network's disk."""

STOP_SECONDS: Final = 20.0
"""So long tasks may take to end when the run does."""

DEFAULTS: Final[Mapping[str, Setting]] = {"name": "inpaintbench", "timeout_min": 24 * 60}
"""Where nothing else is said: submitit's own five minutes are over before a benchmark has begun."""

_COMMON: Final = (
    "name", "timeout_min", "mem_gb", "nodes", "cpus_per_task", "gpus_per_node", "tasks_per_node", "stderr_to_stdout",
)  # fmt: skip
"""Parameters that submitit translates itself; others belong to one kind of cluster, and their names begin with it."""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a task is to do.

    Attributes:
        jobs: of one method.
        brief: what else is known of the run.
        options: `device` and `workers` say how the allocation is used.
        words: the file for what is said of the jobs.
    """

    jobs: tuple[Job, ...]
    brief: Brief
    options: Options
    words: Path


@dataclass
class _Task:
    """A task that was submitted.

    Attributes:
        job: as submitit has it.
        errand: what it is to do.
        read: bytes of its words that have been read.
        ended: when it was first seen to have ended; 0 if it has not.
    """

    job: Any
    errand: Errand
    read: int = 0
    ended: float = 0.0


@dataclass
class SlurmEngine:
    """Does jobs as tasks of an array.

    Attributes:
        executor: of submitit, with all parameters set.
        folder: where it keeps its files, and tasks their words: one for this run.
        brief: what tasks are told of the run.
        options: `device` and `workers` say how an allocation is used.
        expected: seconds that jobs will take, by their numbers, as far as that is known.
    """

    executor: Any
    folder: Path
    brief: Brief
    options: Options
    expected: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def open(cls, options: Options, brief: Brief, results: Path) -> SlurmEngine:
        """Return an engine that can submit.

        Raises:
            UsageError: if there is no Slurm here, or submitit knows no such parameter.
        """
        given = {**DEFAULTS, **options.slurm}
        cluster = str(given.pop("cluster", "slurm"))
        folder = (results / "runs" / "slurm" / secrets.token_hex(4)).absolute()
        named = {
            name if name in _COMMON or name.startswith("slurm_") else f"slurm_{name}": given[name] for name in given
        }
        try:
            executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
            executor.update_parameters(**named)
        except (RuntimeError, ValueError, NameError, TypeError, AssertionError, OSError) as error:
            raise UsageError(f"Slurm cannot be used so: {' '.join(str(error).split())}") from error
        options = Options(device=device_of(options), workers=options.workers, isolation="process")
        return cls(executor, folder, brief, options)

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        """Do all jobs; see `Engine`."""
        shift = _Shift(self, jobs, watch)
        try:
            yield from shift.work()
        finally:
            shift.close()


def device_of(options: Options) -> str:
    """Return the type of device that tasks use: that of GPUs if such are asked for.

    Raises:
        UsageError: if a single device is chosen.
    """
    if options.device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {options.device} is not possible with Slurm, which chooses: auto, cpu or cuda.")
    asked = any("gpu" in f"{name}={value}" for name, value in options.slurm.items() if name != "partition")
    return ("cuda" if asked else "cpu") if options.device == "auto" else options.device


def do_errand(errand: Errand) -> list[dict[str, Any]]:
    """Do a task's jobs on the node where it runs, and return what has become of them.

    All that is said goes to a file at once, so that whoever waits hears of it before the end.
    """
    from inpaintbench.execution.workers.probing import find_leases

    signal.signal(signal.SIGTERM, _interrupt)  # Slurm's way to end a task; submitit would pass over it
    ends: list[dict[str, Any]] = []
    with errand.words.open("a", encoding="utf-8") as file, Nursery() as nursery:

        def say(message: Mapping[str, Any]) -> None:
            file.write(json.dumps(message) + "\n")
            file.flush()
            if message["is"] in ("outcome", "fatal"):
                ends.append(dict(message))

        try:
            leases: Sequence[Lease] = find_leases(errand.options, nursery)
        except DeviceError as error:
            say(describe_fatal(error))
        else:
            work(errand.jobs, errand.brief, leases, nursery, say)
    return ends


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


class _Shift:
    """One run of an engine."""

    def __init__(self, engine: SlurmEngine, jobs: Sequence[Job], watch: Watch) -> None:
        self._engine, self._watch = engine, watch
        self._ledger = Ledger(jobs, watch)
        self._tasks: list[_Task] = []
        self._errands = 0
        self._failed = False
        self._submit(jobs)

    def work(self) -> Iterator[Outcome]:
        """Do all jobs."""
        while not self._ledger.done:
            for task in tuple(self._tasks):
                yield from self._look_at(task)
            if due := self._ledger.due():
                self._submit(due)
            self._watch.ticked()
            if not self._ledger.done:
                time.sleep(LOOK_SECONDS)
        self._wait()  # all is said, and the tasks are about to end

    def close(self) -> None:
        """Cancel all tasks, which keep what they have scored, and wait until they have ended."""
        for task in self._tasks:
            task.job.cancel(check=False)
        self._wait()
        if not self._failed and not self._tasks:  # nobody has to look for what went wrong
            shutil.rmtree(self._engine.folder, ignore_errors=True)

    def _wait(self) -> None:
        """Wait until all tasks have ended, but not for long."""
        deadline = time.monotonic() + STOP_SECONDS
        while self._tasks and time.monotonic() < deadline:
            self._tasks = [task for task in self._tasks if not task.job.done()]
            time.sleep(LOOK_SECONDS if self._tasks else 0)

    def _submit(self, jobs: Sequence[Job]) -> None:
        """Submit an array: a task for each method, the longest one first."""
        groups: dict[str, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job.method, []).append(job)
        seconds = self._engine.expected
        ordered = sorted(groups.values(), key=lambda group: -sum(seconds.get(job.number, 0.0) for job in group))
        errands = [self._errand(group) for group in ordered]
        try:
            submitted = self._engine.executor.map_array(do_errand, errands)
        except (RuntimeError, OSError) as error:  # submitit's own errors are among them
            raise UsageError(f"Slurm takes no jobs: {error}") from error
        self._tasks += [_Task(job, errand) for job, errand in zip(submitted, errands, strict=True)]

    def _errand(self, jobs: Sequence[Job]) -> Errand:
        self._errands += 1
        words = self._engine.folder / f"{self._errands:04d}.jsonl"
        return Errand(jobs=tuple(jobs), brief=self._engine.brief, options=self._engine.options, words=words)

    def _look_at(self, task: _Task) -> Iterator[Outcome]:
        """Take what a task has said, and its end."""
        ended = task.job.done()  # before the last words are read, so that none is missed
        yield from self._hear(_read(task))
        if not ended:
            return
        task.ended = task.ended or time.monotonic()
        result = task.job.paths.result_pickle.exists()
        if not result and time.monotonic() - task.ended < LATE_SECONDS:
            return
        self._tasks.remove(task)
        state = str(task.job.state)
        why = f"Its Slurm task has vanished ({state.lower()})."
        try:
            if result:
                why = "Its Slurm task ended without a word of it."
                yield from self._hear(task.job.result())
        except (submitit.core.utils.FailedJobError, submitit.core.utils.UncompletedJobError) as error:
            why = f"Its Slurm task has failed: {str(error).strip().splitlines()[-1]}"
        left = list(self._ledger.left(task.errand.jobs))
        self._failed = self._failed or bool(left)
        yield from (self._ledger.exhausted if state == "OUT_OF_MEMORY" else self._ledger.lost)(left, why)

    def _hear(self, messages: Sequence[Mapping[str, Any]]) -> Iterator[Outcome]:
        for message in messages:
            if outcome := self._ledger.hear(message):
                yield outcome


def _read(task: _Task) -> list[dict[str, Any]]:
    """Return what a task has written since the last look."""
    try:
        with task.errand.words.open("rb") as file:
            file.seek(task.read)
            content = file.read()
    except FileNotFoundError:
        return []
    whole = content[: content.rfind(b"\n") + 1]
    task.read += len(whole)
    return [json.loads(line) for line in whole.splitlines()]
