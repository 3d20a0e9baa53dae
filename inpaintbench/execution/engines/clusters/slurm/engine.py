"""Jobs done as tasks of a Slurm array, one for each method, which submitit submits.

A task does its jobs with the supervision of a local run, on all that its allocation has. Results, and what is said of
jobs, go through the results folder, which all nodes have to see.
"""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import subprocess
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from inpaintbench.errors import UsageError
from inpaintbench.execution.engines import Outcome, Watch
from inpaintbench.execution.engines.clusters.interruption import interrupted_by_signals
from inpaintbench.execution.engines.clusters.ledger import Ledger
from inpaintbench.execution.engines.clusters.remote import UNFIT, Brief
from inpaintbench.execution.engines.clusters.slurm.node import STOPPED, Errand, Heart, do_errand
from inpaintbench.execution.engines.clusters.slurm.queue import LocalQueue, Queue, SlurmQueue, has_result
from inpaintbench.execution.engines.clusters.slurm.settings import device_of, exclude, executor_for
from inpaintbench.execution.engines.clusters.slurm.task import Task
from inpaintbench.execution.jobs.job import Job
from inpaintbench.execution.options import Options

LOOK_SECONDS: Final = 0.5
"""Between two looks at what tasks have written."""

LATE_SECONDS: Final = 5.0
"""So much later than its end a task's result may be seen, on a network's disk."""

STOP_SECONDS: Final = 20.0
"""So long tasks may take to end when the run does."""

WAIT_SECONDS: Final = 2.0
"""Between two looks at the queue while the end of tasks is waited for."""

PLACE_SECONDS: Final = 30.0
"""If Slurm begins none of the tasks for so long, that is told."""

ALIVE: Final = "alive"
"""The file by which tasks know that the run lives."""

REFUSALS: Final = 5
"""So often in a row Slurm may refuse to take tasks again, as it does when it is overloaded."""

PAUSE_SECONDS: Final = 5.0
"""After the first refusal; twice as long after each further one."""


@dataclass
class SlurmEngine:
    """Does jobs as tasks of an array.

    Attributes:
        executor: of submitit, with all parameters set.
        queue: in which tasks stand.
        folder: where submitit keeps its files, and tasks their words: one for this run.
        brief: what tasks are told of the run.
        options: `device` and `workers` say how an allocation is used, `slurm` what it is.
        expected: seconds that jobs will take, by their numbers, as far as that is known.
    """

    executor: Any
    queue: Queue
    folder: Path
    brief: Brief
    options: Options
    expected: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def open(cls, options: Options, brief: Brief, results: Path) -> SlurmEngine:
        """Return an engine that can submit.

        Raises:
            UsageError: if there is no Slurm here, it does not answer, or the parameters are none.
        """
        folder = (results / "runs" / "slurm" / secrets.token_hex(4)).absolute()
        device = device_of(options)
        executor = executor_for(options, folder)
        queue = SlurmQueue() if executor.cluster == "slurm" else LocalQueue()
        return cls(executor, queue, folder, brief, dataclasses.replace(options, device=device))

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        """Do all jobs; see `Engine`."""
        shift = _Shift(self, jobs, watch)
        with Heart(self.folder / ALIVE), interrupted_by_signals():
            try:
                yield from shift.work()
            finally:
                shift.close()


class _Shift:
    """One run of an engine."""

    def __init__(self, engine: SlurmEngine, jobs: Sequence[Job], watch: Watch) -> None:
        self._engine, self._queue, self._watch = engine, engine.queue, watch
        self._jobs = jobs
        self._ledger = Ledger(jobs, watch)
        self._tasks: list[Task] = []
        self._errands = self._refusals = 0
        self._unfit: dict[str, str] = {}
        self._failed = self._complained = False
        self._idle_since = time.monotonic()

    def work(self) -> Iterator[Outcome]:
        """Do all jobs."""
        yield from self._submit(self._jobs)
        while not self._ledger.done:
            self._queue.look()
            for task in tuple(self._tasks):
                yield from self._look_at(task)
            if due := self._ledger.due():
                yield from self._submit(due)
            self._mind()
            self._watch.ticked()
            if not self._ledger.done:
                time.sleep(LOOK_SECONDS)
        self._wait()  # all is said, and the tasks are about to end

    def close(self) -> None:
        """Cancel all tasks, which keep what they have scored, and wait until they have ended."""
        try:
            self._cancel()
            self._wait()
        except KeyboardInterrupt:
            self._cancel(wait=False)  # nobody knows whether it was heard the first time
            raise
        if not self._failed and not self._tasks:  # nobody has to look for what went wrong
            shutil.rmtree(self._engine.folder, ignore_errors=True)

    def _cancel(self, *, wait: bool = True) -> None:
        if self._tasks:
            self._queue.cancel([task.job for task in self._tasks], wait=wait)

    def _wait(self) -> None:
        """Wait until all tasks have ended, but not for long."""
        deadline = time.monotonic() + STOP_SECONDS
        while self._tasks and time.monotonic() < deadline:
            self._queue.look(WAIT_SECONDS)
            self._tasks = [task for task in self._tasks if not self._queue.standing(task.job).ended]
            time.sleep(LOOK_SECONDS if self._tasks else 0)

    def _mind(self) -> None:
        """Tell once why nothing is done, if Slurm has begun none of the tasks."""
        waiting = [
            standing.reason for task in self._tasks if (standing := self._queue.standing(task.job)).state == "PENDING"
        ]
        if not waiting or len(waiting) < len(self._tasks):
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since >= PLACE_SECONDS and not self._complained:
            self._complained = True
            tasks = "its task" if len(waiting) == 1 else f"any of {len(waiting)} tasks"
            self._watch.held(f"Slurm has not begun {tasks} yet, for this reason: {waiting[0] or 'none is given'}.")

    def _submit(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Submit an array: a task for each method, the longest one first. Yield jobs that Slurm takes no more.

        Raises:
            UsageError: if it takes none from the beginning.
        """
        if not jobs:
            return
        groups: dict[str, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job.method, []).append(job)
        seconds = self._engine.expected
        ordered = sorted(groups.values(), key=lambda group: -sum(seconds.get(job.number, 0.0) for job in group))
        errands = [self._errand(group) for group in ordered]
        try:
            self._engine.folder.mkdir(parents=True, exist_ok=True)
            exclude(self._engine.executor, self._engine.options, self._unfit)
            submitted = self._engine.executor.map_array(do_errand, errands)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:  # submitit's own errors are among them
            why = f"Slurm takes no tasks: {' '.join(str(error).split())}"
            if jobs is self._jobs:
                raise UsageError(why) from error
            yield from self._refused(jobs, why)
            return
        self._refusals = 0
        pairs = zip(submitted, errands, strict=True)
        self._tasks += [Task(job, list(errand.jobs), errand.words) for job, errand in pairs]

    def _refused(self, jobs: Sequence[Job], why: str) -> Iterator[Outcome]:
        """Put jobs back that Slurm has not taken, or give them up."""
        self._refusals += 1
        self._unfit.clear()  # perhaps no other nodes are there
        if self._refusals > REFUSALS:
            yield from (self._ledger.end(job, UsageError(why)) for job in jobs)
            return
        pause = PAUSE_SECONDS * 2 ** (self._refusals - 1)
        self._watch.held(f"{why} It is asked again in {pause:g} seconds.")
        for job in jobs:
            self._ledger.put_back(job, pause)

    def _errand(self, jobs: Sequence[Job]) -> Errand:
        self._errands += 1
        folder, options = self._engine.folder, self._engine.options
        return Errand(
            jobs=tuple(jobs),
            brief=self._engine.brief,
            options=Options(device=options.device, workers=options.workers, isolation="process"),
            words=folder / f"{self._errands:04d}.jsonl",
            alive=folder / ALIVE,
        )

    def _look_at(self, task: Task) -> Iterator[Outcome]:
        """Take what a task has said, and its end."""
        standing = self._queue.standing(task.job)  # before the last words are read, so that none is missed
        yield from self._hear(task, task.read())
        if not standing.ended:
            return
        task.ended = task.ended or time.monotonic()
        result = has_result(task.job)
        if not result and time.monotonic() - task.ended < LATE_SECONDS:
            return
        self._tasks.remove(task)
        if result:
            yield from self._hear(task, task.take_result())
        else:
            task.why = task.why or f"Its Slurm task has vanished ({standing.state.lower()}). {task.last_words}".strip()
        left = self._ledger.left(task.jobs)
        self._failed = self._failed or bool(left)
        exhausted = standing.state.startswith("OUT_OF_MEMORY")
        why = task.why or "Its Slurm task ended without a word of it."
        yield from (self._ledger.exhausted if exhausted else self._ledger.lost)(left, why)

    def _hear(self, task: Task, messages: Sequence[Mapping[str, Any]]) -> Iterator[Outcome]:
        for message in messages:
            if message["is"] == STOPPED:
                task.why = message["why"]
            elif message["is"] == UNFIT:
                yield from self._leave_out(task, message)
            elif message["is"] == "outcome":  # whatever becomes of the job, this task has done with it
                before, number = len(task.jobs), message["job"]
                task.jobs = [job for job in task.jobs if job.number != number]
                if len(task.jobs) < before and (outcome := self._ledger.hear(message)):
                    yield outcome
            else:
                self._ledger.hear(message)

    def _leave_out(self, task: Task, message: Mapping[str, Any]) -> Iterator[Outcome]:
        """Have a task's jobs done on another node than that which it has met."""
        self._watch.held(message["message"])
        self._failed = True
        if message["node"]:
            self._unfit[message["node"]] = message["message"]
        jobs, task.jobs = task.jobs, []
        yield from self._ledger.lost(jobs, message["message"])
