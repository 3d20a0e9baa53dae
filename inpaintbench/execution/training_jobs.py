"""Having an engine do the trainings that a plan needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from inpaintbench.checkpoints import Card, Checkpoint
from inpaintbench.execution.engines import Engine, Failure, Watch
from inpaintbench.execution.jobs.job import Job, TrainingJob
from inpaintbench.execution.planning.learning import PlannedTraining
from inpaintbench.execution.telling.listener import Listener


def train_with(
    engine: Engine, to_train: Sequence[PlannedTraining], library: Path, listener: Listener, *, fail_fast: bool = False
) -> tuple[dict[str, Checkpoint], dict[str, str]]:
    """Train, whatever happens to one of the trainings.

    Args:
        engine: who trains.
        to_train: what is to be trained; all of it possible.
        library: folder of checkpoints.
        listener: told of everything.
        fail_fast: whether the first failure ends all of it.

    Returns:
        The checkpoints, and why there is none, by the keys of trainings.

    Raises:
        UsageError: what stops everything, such as a test picture among training pictures.
        KeyboardInterrupt: as it came; what was saved last is kept.
    """
    obtained: dict[str, Checkpoint] = {}
    failed: dict[str, str] = {}
    jobs = [TrainingJob.of(number, planned.training, library) for number, planned in enumerate(to_train)]
    with closing(engine.run(jobs, _Report(to_train, listener))) as outcomes:
        for outcome in outcomes:
            training, ended = to_train[outcome.job.number].training, outcome.ended
            if isinstance(ended, Checkpoint):
                obtained[training.wanted.key] = ended
                continue
            why = str(ended.error if isinstance(ended, Failure) else ended)
            failed[training.wanted.key] = why
            listener.training_refused(training, why)
            if fail_fast:
                break
    return obtained, failed


class _Report(Watch):
    """Tells a listener of trainings."""

    def __init__(self, to_train: Sequence[PlannedTraining], listener: Listener) -> None:
        self._to_train, self._listener = to_train, listener

    def preparing(self, job: Job, items: int) -> None:
        if (dataset := self._to_train[job.number].training.dataset) is not None:
            self._listener.preparing(dataset, items)

    def waiting(self, job: Job) -> None:
        if (dataset := self._to_train[job.number].training.dataset) is not None:
            self._listener.waiting(dataset)

    def fell_silent(self, job: Job) -> None:
        self._listener.fell_silent(f"training {self._to_train[job.number].training.title}")

    def spoke_again(self, job: Job) -> None:
        self._listener.spoke_again(f"training {self._to_train[job.number].training.title}")

    def held(self, why: str) -> None:
        self._listener.held(why)

    def ticked(self) -> None:
        self._listener.ticked()

    def told(self, job: Job, message: Mapping[str, Any]) -> None:
        training = self._to_train[job.number].training
        match message["what"]:
            case "started":
                self._listener.training_started(training)
            case "elsewhere":
                self._listener.training_elsewhere(training)
            case "steps":
                self._listener.trained(training, message["steps"])
            case "finished":
                self._listener.training_finished(training, Card.from_json(message["card"]))
