"""Jobs done in this process, one after the other: for debuggers, and where no workers can be started."""

from __future__ import annotations

import gc
from collections.abc import Generator, Sequence

import torch

from inpaintbench.errors import StaleError, StoreError
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.execution.device import deterministic
from inpaintbench.execution.engines import Outcome, Watch
from inpaintbench.execution.job import CellJob, Job
from inpaintbench.execution.listener import Listener
from inpaintbench.execution.workplace import Workplace
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
        self._ear = _Ear()
        self._workplace = Workplace(registry, device, self._ear)

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        """Do all jobs in their order; see `Engine`."""
        for job in jobs:
            assert isinstance(job, CellJob)  # a training is done by a school, in this process without more ado
            watch.started(job)
            yield self._do(job, watch)

    def _do(self, job: CellJob, watch: Watch) -> Outcome:
        while True:
            self._ear.job, self._ear.watch = job, watch
            try:
                with deterministic(self._deterministic):
                    record = self._workplace.do(job, lambda images, job=job: watch.progressed(job, images))  # type: ignore[misc]
            except (StoreError, StaleError) as error:
                return Outcome(job, error)
            halved = job.halved() if record.status == "oom" else None
            if halved is None:
                return Outcome(job, record)
            _free_memory()
            watch.retried(halved, _message(record))
            job = halved


class _Ear(Listener):
    """Hears of pictures that are prepared for the job under way."""

    job: Job
    watch: Watch

    def preparing(self, dataset: ChosenDataset, items: int) -> None:
        self.watch.preparing(self.job, items)

    def waiting(self, dataset: ChosenDataset) -> None:
        self.watch.waiting(self.job)


def _message(record: CellRecord) -> str:
    return (record.error or {}).get("message", "")


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
