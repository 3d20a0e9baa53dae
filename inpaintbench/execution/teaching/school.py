"""Training what a plan needs, one training after the other, and storing what each has learned."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from filelock import FileLock, Timeout

from inpaintbench import provenance
from inpaintbench.api import Trainer
from inpaintbench.checkpoints import Card, Checkpoint, Library
from inpaintbench.checkpoints.card import CARD
from inpaintbench.checkpoints.library import PROGRESS
from inpaintbench.errors import CheckpointError, InpaintbenchError, TrainingError, UsageError
from inpaintbench.execution.chosen import ChosenTraining
from inpaintbench.execution.devices.device import describe_device, torch_state_restored
from inpaintbench.execution.planning.learning import PlannedTraining
from inpaintbench.execution.teaching.material import gather
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.selectors import resolve_target
from inpaintbench.training.lessons import Lessons
from inpaintbench.training.loop import SAVE_SECONDS, Course, sweep, train
from inpaintbench.training.networks import has_quick_bfloat16

Precision = Literal["auto", "float32"]


@dataclass(frozen=True)
class School:
    """What the trainings of one run share.

    Attributes:
        device: on which they happen.
        library: where their checkpoints lie.
        listener: told of what happens.
        shelf: of prepared pictures.
        save_seconds: between two saves of a training's state.
        precision: `float32`, or `auto`: networks compute in bfloat16 where a CPU does that faster. CUDA does always.
    """

    device: torch.device
    library: Library
    listener: Listener = field(default_factory=Listener)
    shelf: Shelf = field(default_factory=Shelf)
    save_seconds: float = SAVE_SECONDS
    precision: Precision = "auto"

    def obtain(self, training: ChosenTraining, *, anew: bool = False) -> Checkpoint:
        """Return the checkpoint of a training, after training to its end if need be.

        Where another process trains the same, it is waited for.

        Args:
            training: which.
            anew: whether to forget what is stored of it.

        Raises:
            TrainingError: if it is not possible, or fails; the message says why.
            DatasetError: if a test picture is among the training pictures.
            CheckpointError: if what is stored of it cannot be read.
            CacheError: if the pictures cannot be prepared for want of room.
            KeyboardInterrupt: as it came; what was done is kept.
        """
        if training.obstacle:
            raise TrainingError(training.obstacle)
        folder = self.library.place(training.wanted)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = self._lock(training, folder)
        except OSError as error:
            raise CheckpointError(f"{folder} cannot be written: {error.strerror or error}.") from error
        try:
            found = None if anew else self.library.find(training.wanted)
            if anew:
                for name in (CARD, PROGRESS):  # the card, too: an interrupted attempt could leave another's weights
                    (folder / name).unlink(missing_ok=True)
            if found is None or found.card.status != "complete":
                card = self._train(training, folder)
                if card.status != "complete":
                    raise TrainingError(card.error)
                found = Checkpoint(folder, card)
            elif not found.shipped:
                sweep(folder)
            return found
        finally:
            lock.release()

    def _lock(self, training: ChosenTraining, folder: Path) -> FileLock:
        """Return the lock of a training's folder once this process holds it."""
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self.listener.training_elsewhere(training)
            lock.acquire()
        return lock

    def _train(self, training: ChosenTraining, folder: Path) -> Card:
        def build(generator: torch.Generator) -> Trainer:
            made: Trainer = resolve_target(training.spec.target)(
                **training.shape, size=training.size, generator=generator
            )
            return made

        material = gather(training, self.shelf, self.listener)
        lessons = Lessons(material, training.batch, training.steps, training.seed, self.device)
        reduced = self.precision == "auto" and has_quick_bfloat16(self.device)
        course = Course(build, lessons, _blank_card(training, self.device, reduced), reduced)
        self.listener.training_started(training)
        with torch_state_restored():
            card = train(course, folder, lambda steps: self.listener.trained(training, steps), self.save_seconds)
        self.listener.training_finished(training, card)
        return card


def train_all(
    trainings: Iterable[PlannedTraining], school: School, *, anew: bool = False, fail_fast: bool = False
) -> tuple[dict[str, Checkpoint], dict[str, str]]:
    """Train one after the other, whatever happens to one of them.

    Returns:
        The checkpoints, and why there is none, by the keys of trainings.

    Raises:
        UsageError: what stops everything, such as a test picture among training pictures.
    """
    obtained: dict[str, Checkpoint] = {}
    failed: dict[str, str] = {}
    for planned in trainings:
        key = planned.training.wanted.key
        try:
            obtained[key] = school.obtain(planned.training, anew=anew)
        except UsageError:
            raise
        except (InpaintbenchError, OSError) as error:
            failed[key] = str(error)
            school.listener.training_refused(planned.training, str(error))
            if fail_fast:
                break
    return obtained, failed


def _blank_card(training: ChosenTraining, device: torch.device, reduced: bool) -> Card:
    """Return what is known of a training before it starts."""
    nothing: dict[str, Any] = {}
    precision = "bfloat16" if reduced or (device.type == "cuda" and has_quick_bfloat16(device)) else "float32"
    return Card(
        key=training.wanted.key,
        status="failed",
        method=training.name,
        dataset=training.dataset.selection.name if training.dataset else "",
        mask=training.for_mask,
        size=training.size,
        identity=training.identity,
        steps=0,
        epochs=0.0,
        images=0,
        parameters=nothing,
        losses=nothing,
        warnings=(),
        error="",
        seconds=0.0,
        environment=provenance.environment(describe_device(device)) | {"precision": precision},
        weights=nothing,
        finished="",
    )
