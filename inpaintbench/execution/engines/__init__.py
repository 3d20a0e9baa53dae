"""Engines: who does the jobs of a run, and where.

An engine is given jobs and yields what has become of each; it places them, and nothing more. `inline` does them in
this process, `local` in supervised workers of this machine; `ray` and `slurm` have local engines of other machines do
them, and hear from these by messages (`remote`, `ledger`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.execution.jobs.job import Job
from inpaintbench.records import CellRecord, Status


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A job that has ended without a record of its own.

    Attributes:
        status: how.
        error: why.
        said: what was printed at the end.
        environment: the machine's, as far as it is known.
        timing: what was measured.
    """

    status: Status
    error: Exception
    said: str = ""
    environment: dict[str, Any] = field(default_factory=dict)
    timing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What has become of a job.

    Attributes:
        job: which; its batch size is the last one that was tried.
        ended: the record as it is stored, or the checkpoint; or a failure, which is not stored yet; or why nothing can
            be stored.
    """

    job: Job
    ended: CellRecord | Checkpoint | Failure | Exception


class Watch:
    """Is told what jobs are at. Says nothing; whoever wants to hear overrides it."""

    def started(self, job: Job) -> None:
        """A job starts."""

    def hear(self, job: Job, message: Mapping[str, Any]) -> None:
        """It says something of its pictures, its progress, or its training; all else is somebody else's business."""
        match message["is"]:
            case "progress":
                self.progressed(job, message["images"])
            case "preparing":
                self.preparing(job, message["items"])
            case "waiting":
                self.waiting(job)
            case "training":
                self.told(job, message)
            case "silent":
                self.fell_silent(job)
            case "speaking":
                self.spoke_again(job)

    def preparing(self, job: Job, items: int) -> None:
        """So many pictures are prepared that it waits for."""

    def waiting(self, job: Job) -> None:
        """Another process prepares pictures; it is waited for."""

    def progressed(self, job: Job, images: int) -> None:
        """So many of its images are done."""

    def told(self, job: Job, message: Mapping[str, Any]) -> None:
        """It says something of its training."""

    def retried(self, job: Job, why: str) -> None:
        """It is tried again, as it is now: such as with half as many images at once."""

    def fell_silent(self, job: Job) -> None:
        """Whoever does it gives no sign of life."""

    def spoke_again(self, job: Job) -> None:
        """Whoever does it has been heard of again."""

    def held(self, why: str) -> None:
        """Something keeps all of them, or some place from doing any: such as that a cluster has no room."""

    def ticked(self) -> None:
        """A moment has passed."""


class Engine(Protocol):
    """Does jobs."""

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        """Do all jobs, in an order of its own, and yield what has become of each.

        Whoever ends the iteration early ends the jobs that are under way; what they have scored is kept.

        Raises:
            UsageError: what ends the run, such as a data set that turns out to be unusable as a whole.
            KeyboardInterrupt: as it came; everything scored so far is stored.
        """
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """An engine that does several jobs at once, and begins with those that take long.

    Attributes:
        expected: seconds that jobs will take, by their numbers, as far as that is known.
    """

    expected: Mapping[int, float]
