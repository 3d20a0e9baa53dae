"""Having an engine run the cells of a plan, and dealing with what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Final

from inpaintbench.errors import StoreError, TrainingError
from inpaintbench.execution.engines import Engine, Failure, Foreseeing, Outcome, Watch
from inpaintbench.execution.evaluating.building import refuse_untaught
from inpaintbench.execution.evaluating.recording import store_failure
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.options import Options
from inpaintbench.execution.planning.forecast import Forecast
from inpaintbench.execution.planning.plan import PlannedCell
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.records import CellRecord

_ALL_IMAGES: Final = 2**63 - 1


def run_cells(
    to_run: Sequence[PlannedCell],
    untrained: Mapping[str, str],
    engine: Engine,
    limit: int | None,
    batch_size: int,
    options: Options,
    listener: Listener,
) -> tuple[str, ...]:
    """Run cells, whatever happens to one of them, and return what went wrong, one sentence a cell.

    Args:
        to_run: the cells.
        untrained: why there is no checkpoint, by the keys of trainings.
        engine: who runs them.
        limit: of the suite: at most so many images of each data set.
        batch_size: images completed at once.
        options: how.
        listener: told of everything.

    Raises:
        UsageError: what ends the run.
        KeyboardInterrupt: as it came; everything scored so far is stored.
    """
    report = _Report(to_run, listener)
    how = {
        "limit": limit,
        "batch_size": batch_size,
        "samples": _ALL_IMAGES if options.samples is None else options.samples,
        "strict": options.strict,
        "anew": options.rerun == "all",
    }
    jobs = []
    for number, planned in enumerate(to_run):
        training = planned.cell.training
        try:
            refuse_untaught(planned.cell, untrained.get(training.wanted.key, "") if training else "")
        except TrainingError as error:
            listener.started(planned)
            report.failed(number, Failure(status="failed", error=error))
            if options.fail_fast:
                return tuple(report.failures)
        else:
            jobs.append(CellJob.of(number, planned.cell, planned.folder, **how))
    if isinstance(engine, Foreseeing):
        engine.expected = Forecast(to_run)
    with closing(engine.run(jobs, report)) as outcomes:
        for outcome in outcomes:
            report.take(outcome)
            if report.failures and options.fail_fast:
                break
    return tuple(report.failures)


class _Report(Watch):
    """Tells a listener what becomes of cells, and stores failures that nobody else could store."""

    def __init__(self, to_run: Sequence[PlannedCell], listener: Listener) -> None:
        self._to_run, self._listener = to_run, listener
        self._folders = [planned.folder.absolute() for planned in to_run]  # while the working directory is there
        self.failures: list[str] = []

    def take(self, outcome: Outcome) -> None:
        """Deal with what has become of a job."""
        planned, ended = self._to_run[outcome.job.number], outcome.ended
        if isinstance(ended, Failure):
            self.failed(outcome.job.number, ended)
        elif isinstance(ended, CellRecord):
            self._stored(planned, ended)
        elif isinstance(ended, Exception):
            self._refused(planned, ended)

    def failed(self, number: int, failure: Failure) -> None:
        """Store the failure of a job."""
        planned, how = self._to_run[number], (failure.status, failure.error, failure.environment, failure.said)
        try:
            record = store_failure(planned.cell, self._folders[number], *how, timing=failure.timing)
        except StoreError as error:
            self._refused(planned, error)
        else:
            self._stored(planned, record)

    def _stored(self, planned: PlannedCell, record: CellRecord) -> None:
        if record.error is not None:
            self.failures.append(f"{planned.cell.title}: {record.status}. {record.error['message']}")
        self._listener.finished(planned, record)

    def _refused(self, planned: PlannedCell, error: Exception) -> None:
        self.failures.append(str(error))
        self._listener.refused(planned, error)

    def started(self, job: Job) -> None:
        self._listener.started(self._to_run[job.number])

    def preparing(self, job: Job, items: int) -> None:
        self._listener.preparing(self._to_run[job.number].cell.dataset, items)

    def waiting(self, job: Job) -> None:
        self._listener.waiting(self._to_run[job.number].cell.dataset)

    def progressed(self, job: Job, images: int) -> None:
        self._listener.progressed(self._to_run[job.number], images)

    def fell_silent(self, job: Job) -> None:
        self._listener.fell_silent(self._to_run[job.number].cell.title)

    def spoke_again(self, job: Job) -> None:
        self._listener.spoke_again(self._to_run[job.number].cell.title)

    def held(self, why: str) -> None:
        self._listener.held(why)

    def ticked(self) -> None:
        self._listener.ticked()

    def retried(self, job: Job, why: str) -> None:
        assert isinstance(job, CellJob)
        self._listener.retried(self._to_run[job.number], job.batch_size, why)
