"""Jobs done in this process, one after the other: for debuggers, and where no workers can be started."""

from __future__ import annotations

import gc
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import torch

from inpaintbench.errors import CheckpointError, StaleError, StoreError
from inpaintbench.execution.devices.device import deterministic
from inpaintbench.execution.engines import Outcome, Watch
from inpaintbench.execution.jobs.job import Job, TrainingJob
from inpaintbench.execution.jobs.workplace import Workplace
from inpaintbench.execution.telling.listener import Telling
from inpaintbench.plugins import Registry
from inpaintbench.records import CellRecord


class InlineEngine:
    """Does jobs in this process. What kills it ends the run.

    Args:
        registry: the plugins.
        device: on which everything happens.
        deterministic: whether only algorithms are taken that give the same numbers each time.
    """

    def __init__(self, registry: Registry, device: torch.device, *, deterministic: bool = False) -> None:
        self._deterministic = deterministic
        self._workplace = Workplace(registry, device, Telling(self._hear))
        self._watch = Watch()
        self._job: Job | None = None

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        """Do all jobs in their order; see `Engine`."""
        self._watch = watch
        for job in jobs:
            watch.started(job)
            yield self._do(job)

    def _do(self, job: Job) -> Outcome:
        while True:
            self._job = job
            try:
                with deterministic(self._deterministic):
                    if isinstance(job, TrainingJob):
                        return Outcome(job, self._workplace.train(job))
                    record = self._workplace.do(job, lambda images: self._hear({"is": "progress", "images": images}))
            except (StoreError, StaleError, CheckpointError) as error:
                return Outcome(job, error)
            halved = job.halved() if record.status == "oom" else None
            if halved is None:
                return Outcome(job, record)
            _free_memory()
            self._watch.retried(halved, _message(record))
            job = halved.carried_on()

    def _hear(self, message: Mapping[str, Any]) -> None:
        if self._job is not None:
            self._watch.hear(self._job, message)


def _message(record: CellRecord) -> str:
    return (record.error or {}).get("message", "")


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
