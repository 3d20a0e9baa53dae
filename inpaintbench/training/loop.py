"""The loop that drives a trainer: step by step, saved at intervals, watched, and ended with a checkpoint."""

import dataclasses
import datetime
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inpaintbench.api import Trainer
from inpaintbench.checkpoints.card import Card
from inpaintbench.checkpoints.library import PROGRESS, WEIGHTS
from inpaintbench.checkpoints.weights import write_weights
from inpaintbench.errors import CheckpointError, TrainingError
from inpaintbench.seeding import derive_seed
from inpaintbench.training.charts import draw_losses, draw_samples
from inpaintbench.training.history import History
from inpaintbench.training.lessons import Lessons
from inpaintbench.training.networks import reduced_precision
from inpaintbench.training.progress import load_progress, save_progress
from inpaintbench.training.watch import refuse_broken, refuse_nonsense, warnings

LOOK_EVERY = 50
"""Steps between two looks at the losses: each makes the device finish what it was given."""

LOG = "log.txt"
"""The traceback of each failure."""

SAVE_SECONDS = 60.0
"""Between two saves of the whole state."""


@dataclass(frozen=True)
class Course:
    """One training.

    Attributes:
        build: returns the trainer, its first weights drawn from the generator that it is given.
        lessons: what the trainer is shown.
        card: what is known before it starts; the rest is filled in.
        reduced: whether networks may compute in bfloat16 on a CPU; CUDA does in any case.
    """

    build: Callable[[torch.Generator], Trainer]
    lessons: Lessons
    card: Card
    reduced: bool = False


def train(
    course: Course,
    folder: Path,
    on_progress: Callable[[int], None] = lambda steps: None,
    save_seconds: float = SAVE_SECONDS,
) -> Card:
    """Train to the end, going on where an earlier attempt has stopped, and store weights, card and pictures.

    On the CPU a training that was killed and taken up ends with the same weights as one that was not, provided the same
    number of threads.

    Args:
        course: the training.
        folder: where it is stored; nobody else may write there now.
        on_progress: told how many steps are behind, now and then.
        save_seconds: between two saves of the whole state.

    Returns:
        The card as stored: complete, or failed because of a loss that is no number or of what the trainer raised.

    Raises:
        CheckpointError: if the folder holds the state of another training.
        KeyboardInterrupt: as it came; the next attempt goes on from the last save.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # What a trainer draws from torch's own generator reaches nobody else.
    with torch.random.fork_rng(), reduced_precision(course.reduced):
        attempt = _Attempt(course, folder)
        try:
            attempt.begin()
            attempt.run(on_progress, save_seconds)
            return attempt.finish()
        except CheckpointError as error:
            if not isinstance(error, TrainingError):
                raise
            return attempt.fail(error)
        except (Exception, SystemExit) as error:  # whatever a trainer raises costs its own training, and nothing else
            return attempt.fail(error)


def sweep(folder: Path) -> None:
    """Remove what is of no use once a training is complete: its state, the log of failures, half-written files.

    A kill may come between the card and this, so whoever finds a complete training sweeps, too.
    """
    for name in (PROGRESS, LOG):
        (folder / name).unlink(missing_ok=True)
    for rest in folder.glob(".*.partial"):
        rest.unlink(missing_ok=True)


class _Attempt:
    """The state of one attempt at a course."""

    def __init__(self, course: Course, folder: Path) -> None:
        self._course, self._folder = course, folder
        self._lessons, self._history = course.lessons, History()
        self._networks: dict[str, nn.Module] = {}
        self._step, self._before = 0, 0.0
        self._clock = time.perf_counter()

    def begin(self) -> None:
        """Build the trainer, and put it into the state that an earlier attempt has left, if any."""
        first = _seed(self._lessons, "weights")
        torch.manual_seed(_seed(self._lessons, "ambient weights"))
        self._trainer = self._course.build(torch.Generator().manual_seed(first))
        for part in ("networks", "auxiliaries", "optimizers", "step", "show"):
            if not hasattr(self._trainer, part):
                raise TrainingError(f"{type(self._trainer).__name__} has no {part}, which a trainer must have.")
        self._networks = {**self._trainer.networks, **self._trainer.auxiliaries}
        for network in self._networks.values():
            network.to(self._lessons.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            network.train()
        if (self._folder / PROGRESS).is_file():
            self._step, self._before = load_progress(
                self._folder / PROGRESS, self._trainer, self._history, self._precision
            )
        self._clock = time.perf_counter()

    @property
    def _precision(self) -> str:
        return str(self._course.card.environment.get("precision", ""))

    @property
    def _seconds(self) -> float:
        return self._before + time.perf_counter() - self._clock

    def run(self, on_progress: Callable[[int], None], save_seconds: float) -> None:
        """Take all steps that are left."""
        on_progress(self._step)
        saved, looked = time.perf_counter(), self._step
        while self._step < self._lessons.steps:
            torch.manual_seed(_seed(self._lessons, "ambient", self._step))  # another stream than the lesson's
            lesson = self._lessons[self._step]
            self._history.add(self._step, self._trainer.step(lesson))
            self._step += 1
            due = time.perf_counter() - saved >= save_seconds
            if due or self._step - looked >= LOOK_EVERY or self._step == self._lessons.steps:
                self._history.settle()
                refuse_nonsense(self._history, looked)
                looked = self._step
                on_progress(self._step)
            if due:
                self.save()
                saved = time.perf_counter()

    def save(self) -> None:
        """Keep the whole state, unless it is of no use."""
        refuse_broken(self._networks, self._step)
        state = self._trainer, self._history, self._step, self._seconds, self._precision
        save_progress(self._folder / PROGRESS, *state)

    def finish(self) -> Card:
        """Store the weights, the pictures, and last the card; the state is not needed any more."""
        refuse_broken(self._networks, self._step)
        states = {name: network.state_dict() for name, network in self._trainer.networks.items()}
        weights = write_weights(self._folder / WEIGHTS, states)
        card = dataclasses.replace(self.card(), weights=weights)
        try:
            draw_losses(self._folder, self._history, card.title)
            draw_samples(self._folder, self._trainer.show(self._lessons[0]))
        except Exception as error:  # what was learned counts for more than a picture of it
            said = f"The pictures of this training could not be drawn: {type(error).__name__}: {error}"
            card = dataclasses.replace(card, warnings=(*card.warnings, said))
        card.write(self._folder)
        sweep(self._folder)
        return card

    def fail(self, error: Exception | SystemExit) -> Card:
        """Store that it has failed, and why."""
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write("".join(traceback.format_exception(error)))
        card = self.card(error)
        card.write(self._folder)
        return card

    def card(self, error: Exception | SystemExit | None = None) -> Card:
        """Return what is known now."""
        lessons = self._lessons
        images = len(lessons.material.pictures)
        said = str(error) if isinstance(error, TrainingError) else f"{type(error).__name__}: {error}"
        return dataclasses.replace(
            self._course.card,
            status="complete" if error is None else "failed",
            steps=self._step,
            epochs=round(self._step * lessons.batch / images, 2),
            images=images,
            parameters={name: sum(w.numel() for w in net.parameters()) for name, net in self._networks.items()},
            losses=self._history.thinned(),
            warnings=warnings(self._history, lessons.steps) if error is None else (),
            error="" if error is None else said,
            seconds=round(self._seconds, 3),
            finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )


def _seed(lessons: Lessons, *what: Any) -> int:
    return derive_seed("training", lessons.seed, *what)
