"""The ledger of an engine whose jobs are done elsewhere: what has been said of each, and what a loss means for it."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.errors import BusyError, InpaintbenchError, StaleError, UsageError, WorkerError
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.workers.channel import revive
from inpaintbench.records import CellRecord

LOSSES: Final = 3
"""So often a job may be lost with the machine that does it; then it has failed."""

DYING_SECONDS: Final = 60.0
"""So long after a loss somebody may still hold a cell's lock who was given up for dead."""

_PAUSE_SECONDS: Final = 1.0


class Ledger:
    """Keeps the jobs of a run that have not ended.

    Args:
        jobs: all of them.
        watch: told of what is heard.
    """

    def __init__(self, jobs: Sequence[Job], watch: Watch) -> None:
        self._watch = watch
        self._open = {job.number: job for job in jobs}
        self._announced: set[int] = set()
        self._under_way: set[int] = set()
        self._losses: Counter[int] = Counter()
        self._lost_at: dict[int, float] = {}
        self._again: list[tuple[float, Job]] = []

    @property
    def done(self) -> bool:
        """Whether all jobs have ended."""
        return not self._open

    def due(self) -> list[Job]:
        """Return the jobs that are to be done again now, each once."""
        now = time.monotonic()
        due = [job for when, job in self._again if when <= now]
        self._again = [(when, job) for when, job in self._again if when > now]
        return due

    def left(self, jobs: Iterable[Job]) -> list[Job]:
        """Return those that have not ended and do not wait to be done again, as they are now."""
        waiting = {job.number for _, job in self._again}
        return [self._open[job.number] for job in jobs if job.number in self._open and job.number not in waiting]

    def hear(self, message: Mapping[str, Any]) -> Outcome | None:
        """Take note of a message, and return what it says has become of a job.

        Raises:
            UsageError: what ends the run.
        """
        if message["is"] == "fatal":
            raise UsageError(message["message"])
        job = self._open.get(message["job"])
        if job is None:  # it was given up, and has ended in another way
            return None
        if isinstance(job, CellJob):
            how = {"batch_size": message["batch_size"], "exhausted": tuple(message["exhausted"])}
            self._open[job.number] = job = dataclasses.replace(job, **how)
        match message["is"]:
            case "started":
                self._under_way.add(job.number)
                if job.number not in self._announced:
                    self._announced.add(job.number)
                    self._watch.started(job)
            case "training":
                self._watch.told(job, message["message"])
            case "retried":
                self._watch.retried(job, message["why"])
            case "outcome":
                return self._ended(job, _read(job, message))
            case kind:
                if kind == "progress":
                    self._open[job.number] = job = job.carried_on()
                self._watch.hear(job, message)
        return None

    def lost(self, jobs: Iterable[Job], why: str) -> Iterator[Outcome]:
        """Have jobs done again that were given to a machine which has gone; yield those that this happens to once more.

        It is held against those that were under way alone, or against all if none was.
        """
        left = self.left(jobs)
        blamed = [job for job in left if job.number in self._under_way] or left
        for job in left:
            self._under_way.discard(job.number)
            self._losses[job.number] += job in blamed
            if self._losses[job.number] >= LOSSES:
                yield self.end(job, Failure(status="failed", error=WorkerError(f"{why} That was {LOSSES} times.")))
                continue
            if job in blamed:
                self._lost_at[job.number] = time.monotonic()
                if job.number in self._announced:
                    self._watch.retried(job, why)
            self.put_back(job)

    def exhausted(self, jobs: Iterable[Job], why: str) -> Iterator[Outcome]:
        """Have jobs done again that were ended for want of memory, those that were under way with smaller batches.

        If none was, it is a loss like any other: smaller batches would not help.
        """
        left = self.left(jobs)
        if not any(job.number in self._under_way for job in left):
            yield from self.lost(left, why)
            return
        for job in left:
            if job.number not in self._under_way:
                self.put_back(job)
                continue
            self._under_way.discard(job.number)
            halved = job.halved()
            if halved is None:
                yield self.end(job, Failure(status="oom", error=WorkerError(why)))
            else:
                self._open[job.number] = halved
                self._watch.retried(halved, why)
                self.put_back(halved)

    def _ended(self, job: Job, ended: CellRecord | Checkpoint | Failure | InpaintbenchError) -> Outcome | None:
        since = time.monotonic() - self._lost_at.get(job.number, -DYING_SECONDS)
        if isinstance(ended, BusyError) and since < DYING_SECONDS:
            self._under_way.discard(job.number)
            self.put_back(job, _PAUSE_SECONDS)
            return None
        return self.end(job, ended)

    def end(self, job: Job, ended: CellRecord | Checkpoint | Failure | InpaintbenchError) -> Outcome:
        """Strike a job out: this has become of it."""
        del self._open[job.number]
        self._under_way.discard(job.number)
        if job.number not in self._announced:  # whoever hears of an end has heard of a beginning
            self._watch.started(job)
        return Outcome(job, ended)

    def put_back(self, job: Job, seconds: float = 0.0) -> None:
        """Have a job done again, in so many seconds at the earliest."""
        self._again.append((time.monotonic() + seconds, job))


def _read(job: Job, message: Mapping[str, Any]) -> CellRecord | Checkpoint | Failure | InpaintbenchError:
    """Return what has become of a job, as a message has it."""
    if "record" in message:
        return CellRecord.from_json(message["record"])
    if "checkpoint" in message:
        found = Checkpoint.at(Path(message["checkpoint"]))
        return found or StaleError(f"The checkpoint of {job.title} has gone.")
    if "failure" in message:
        return Failure(**message["failure"] | {"error": revive(message["failure"]["error"])})
    return revive(message["refused"])
