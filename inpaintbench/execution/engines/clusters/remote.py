"""What an engine says to other machines, and what they say back while they do its jobs.

There, as here, jobs are done by supervised workers: a `LocalEngine` with the desks that the machine offers. It tells of
everything in messages, which JSON can hold.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.errors import DeviceError, InpaintbenchError, PluginError, StaleError, UsageError
from inpaintbench.execution.devices.leases import Lease, processors
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.engines.local import LocalEngine
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.channel import describe
from inpaintbench.execution.workers.limits import Limits
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.plugins import Registry
from inpaintbench.records import CellRecord

UNFIT: Final = "unfit"
"""What a message is that says that a machine lacks the device that it was chosen for."""

PROGRESS_SECONDS: Final = 0.25
"""A job's progress is told no more often."""

_AGAIN: Final = "Run the same command again."

_OWN: Final = ("INPAINTBENCH_", "TORCH_HOME", "HF_HOME")
"""What the variables are called that say where data and caches lie."""

Say = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What whoever does the jobs of a run is told besides them, on this machine or another.

    Attributes:
        plugins: files and modules with further plugins.
        path: where Python looks for modules.
        folder: the working directory.
        variables: that say where data and caches lie; the machine's own ones win.
        threads: what OMP_NUM_THREADS says, which decides the last bits of some sums; empty if nothing.
        limits: for each job.
        deterministic: whether only algorithms are taken that give the same numbers each time.
    """

    plugins: tuple[str, ...]
    path: tuple[str, ...]
    folder: str
    variables: Mapping[str, str]
    threads: str
    limits: Limits
    deterministic: bool

    @classmethod
    def of(cls, registry: Registry, options: Options) -> Self:
        """Return what is to be told of this process's run."""
        return cls(
            plugins=registry.given,
            path=tuple(sys.path),
            folder=str(Path.cwd()),
            variables={name: value for name, value in os.environ.items() if name.startswith(_OWN)},
            threads=os.environ.get("OMP_NUM_THREADS", ""),
            limits=Limits(seconds=options.timeout, bytes=options.memory),
            deterministic=options.deterministic,
        )

    def settle(self) -> None:
        """Let this process count threads as the one that has sent the brief: before anything starts such."""
        if self.threads:
            os.environ["OMP_NUM_THREADS"] = self.threads
        else:
            os.environ.pop("OMP_NUM_THREADS", None)  # Ray sets it, to another number than torch would take

    def sized(self, lease: Lease) -> Lease:
        """Return a lease of this machine with as many threads as it has processors, where torch would take more."""
        allowed = self.threads.partition(",")[0].strip()
        most = int(allowed) if allowed.isdecimal() else processors()
        return dataclasses.replace(lease, threads=lease.threads if 0 < lease.threads < most else 0)

    def hello(self, lease: Lease) -> dict[str, Any]:
        """Return what a worker is told first, on whichever machine this is called.

        Raises:
            PluginError: if a file with plugins is not here.
        """
        for plugin in self.plugins:
            if Path(plugin).is_absolute() and not Path(plugin).is_file():
                raise PluginError(
                    f"The file of plugins {plugin} is not there. Put it into the same place on every node, or install "
                    "it as a package."
                )
        own = {name: os.environ[name] for name in self.variables if name in os.environ}
        return {
            "device": lease.device,
            "threads": lease.threads,
            "environment": {**self.variables, **own, **lease.environment},
            "plugins": list(self.plugins),
            "deterministic": self.deterministic,
            "path": [*sys.path, *(one for one in self.path if one not in sys.path and Path(one).exists())],
            "folder": self.folder,
        }


def work(
    jobs: Sequence[Job],
    brief: Brief,
    leases: Sequence[Lease],
    nursery: Nursery,
    say: Say,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Do jobs on this machine, and tell of everything.

    Args:
        jobs: what is to be done.
        brief: what else is known of the run.
        leases: one for each worker.
        nursery: that brings them up.
        say: takes messages.
        tick: called now and then; what it raises ends the work, with all that is scored kept.

    Raises:
        WorkerError: if the process that starts workers has died.
        BaseException: what `tick` raises.
    """
    try:
        engine = LocalEngine(nursery, [brief.hello(lease) for lease in leases], brief.limits)
        with closing(engine.run(jobs, _Speaking(say, tick))) as outcomes:
            for outcome in outcomes:
                say(describe_outcome(_explained(outcome)))
    except UsageError as error:
        say(describe_fatal(error))


def describe_fatal(error: InpaintbenchError) -> dict[str, Any]:
    """Return the message that something ends the run."""
    return {"is": "fatal", "message": f"{error} (On {platform.node()}.)"}


def describe_unfit(error: DeviceError) -> dict[str, Any]:
    """Return the message that this machine lacks the device that it was chosen for, with Slurm's name of it."""
    return {
        "is": UNFIT,
        "message": f"{error} (On {platform.node()}.)",
        "node": os.environ.get("SLURMD_NODENAME", ""),
    }


def describe_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return what has become of a job as a message."""
    ended = outcome.ended
    match ended:
        case CellRecord():
            what: dict[str, Any] = {"record": ended.to_json()}
        case Checkpoint():
            what = {"checkpoint": str(ended.folder)}
        case Failure():
            what = {"failure": asdict(ended) | {"error": describe(ended.error)}}
        case _:
            what = {"refused": describe(ended)}
    return {"is": "outcome", **_named(outcome.job), **what}


def _explained(outcome: Outcome) -> Outcome:
    """Say of what differs from the plan that it may do so on this machine alone."""
    if not isinstance(outcome.ended, StaleError):
        return outcome
    said = str(outcome.ended).removesuffix(_AGAIN).rstrip()
    why = (
        f"{said} That was on {platform.node()}: unless something has been changed meanwhile, that machine has another "
        f"version, other plugins or other data than this one. Make them equal, and run the same command again."
    )
    return dataclasses.replace(outcome, ended=StaleError(why))


class _Speaking(Watch):
    """Tells in messages what jobs are at; `Ledger.hear` tells it on."""

    def __init__(self, say: Say, tick: Callable[[], None]) -> None:
        self._say, self._tick = say, tick
        self._told: dict[int, float] = {}

    def started(self, job: Job) -> None:
        self._say({"is": "started", **_named(job)})

    def preparing(self, job: Job, items: int) -> None:
        self._say({"is": "preparing", **_named(job), "items": items})

    def waiting(self, job: Job) -> None:
        self._say({"is": "waiting", **_named(job)})

    def progressed(self, job: Job, images: int) -> None:
        now = time.monotonic()
        if now - self._told.get(job.number, -PROGRESS_SECONDS) >= PROGRESS_SECONDS:
            self._told[job.number] = now
            self._say({"is": "progress", **_named(job), "images": images})

    def told(self, job: Job, message: Mapping[str, Any]) -> None:
        self._say({"is": "training", **_named(job), "message": dict(message)})

    def retried(self, job: Job, why: str) -> None:
        self._say({"is": "retried", **_named(job), "why": why})

    def fell_silent(self, job: Job) -> None:
        self._say({"is": "silent", **_named(job)})

    def spoke_again(self, job: Job) -> None:
        self._say({"is": "speaking", **_named(job)})

    def ticked(self) -> None:
        self._tick()


def _named(job: Job) -> dict[str, Any]:
    """Return what a message says of a job: its number, and what may have changed of it."""
    if isinstance(job, CellJob):
        return {"job": job.number, "batch_size": job.batch_size, "exhausted": list(job.exhausted)}
    return {"job": job.number}
