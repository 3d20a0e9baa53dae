"""Training what a plan needs: pictures prepared, holes drawn, no test picture among them, weights stored."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from filelock import FileLock, Timeout
from jaxtyping import Bool, UInt8

from inpaintbench import provenance
from inpaintbench.api import Trainer
from inpaintbench.checkpoints import Card, Checkpoint, Library
from inpaintbench.checkpoints.card import CARD
from inpaintbench.checkpoints.library import PROGRESS
from inpaintbench.errors import (
    CheckpointError,
    DatasetError,
    InpaintbenchError,
    NoSplitError,
    TrainingError,
    UsageError,
)
from inpaintbench.execution.chosen import ChosenDataset, ChosenTraining
from inpaintbench.execution.device import describe_device, torch_state_restored
from inpaintbench.execution.learning import PlannedTraining
from inpaintbench.execution.listener import Listener
from inpaintbench.holes import About
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.split import PreparedSplit
from inpaintbench.selectors import resolve_target
from inpaintbench.training.lessons import Lessons, Material
from inpaintbench.training.loop import SAVE_SECONDS, Course, train
from inpaintbench.training.networks import has_quick_bfloat16

Precision = Literal["auto", "float32"]

POOL: Final = 2048
"""Holes that are drawn for a training; each picture of each step takes one of them at random."""


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

        material = self._material(training)
        lessons = Lessons(material, training.batch, training.steps, training.seed, self.device)
        reduced = self.precision == "auto" and has_quick_bfloat16(self.device)
        course = Course(build, lessons, _blank_card(training, self.device, reduced), reduced)
        self.listener.training_started(training)
        with torch_state_restored():
            card = train(course, folder, lambda steps: self.listener.trained(training, steps), self.save_seconds)
        self.listener.training_finished(training, card)
        return card

    def _material(self, training: ChosenTraining) -> Material:
        """Return pictures and holes.

        Raises:
            TrainingError: if there are none, or a data set or mask raises by a fault of its own.
            DatasetError: if a test picture is among the training pictures.
        """
        try:
            return Material(self._pictures(training), _draw_holes(training))
        except InpaintbenchError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise TrainingError(f"The pictures or holes to train with cannot be had: {said}") from error

    def _pictures(self, training: ChosenTraining) -> UInt8[np.ndarray, "n size size 3"]:
        """Return the training pictures that can be decoded.

        Raises:
            DatasetError: if a test picture is among them.
        """
        data = _split(training)
        learned = self._prepared(data, training.size)
        try:
            test = ChosenDataset.open(data.selection, split="test")
        except NoSplitError:
            test = None
        if test is not None and not isinstance(test.built, Exception):
            _refuse_leaks(data, learned, test, self._prepared(test, training.size))
        kept = [position for position in range(len(data.items)) if position not in learned.unreadable]
        if not kept:
            raise TrainingError(f"No training picture of {data.selection.name} can be decoded.")
        return learned.pictures if len(kept) == len(data.items) else learned.pictures[kept]

    def _prepared(self, data: ChosenDataset, size: int) -> PreparedSplit:
        return self.shelf.obtain(
            data.wanted(size),
            on_progress=lambda items: self.listener.preparing(data, items),
            on_wait=lambda: self.listener.waiting(data),
        )


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


def _split(training: ChosenTraining) -> ChosenDataset:
    if training.dataset is None:
        raise TrainingError(training.obstacle)
    return training.dataset


def _refuse_leaks(data: ChosenDataset, learned: PreparedSplit, test: ChosenDataset, tested: PreparedSplit) -> None:
    """Compare the pixels of both splits.

    Raises:
        DatasetError: if a picture is in both.
    """
    seen = {_hash(picture): position for position, picture in enumerate(tested.pictures)}
    for position, picture in enumerate(learned.pictures):
        if position not in learned.unreadable and (found := seen.get(_hash(picture))) is not None:
            if found in tested.unreadable:
                continue
            raise DatasetError(
                f"The training picture {data.items[position]} of {data.selection.name} is the test picture "
                f"{test.items[found]}, pixel by pixel: what is trained on it cannot be tested. Remove one of them."
            )


def _hash(picture: UInt8[np.ndarray, "size size 3"]) -> bytes:
    return hashlib.blake2b(picture.tobytes(), digest_size=16).digest()


def _draw_holes(training: ChosenTraining) -> Bool[np.ndarray, "m size size"] | None:
    """Draw the holes that a training takes its own from, as many of each mask."""
    if not training.masks:
        return None
    count = min(POOL, training.steps * training.batch)
    holes = np.zeros((count, training.size, training.size), dtype=bool)
    for number in range(count):
        mask = training.masks[number % len(training.masks)]
        holes[number] = mask.draw(training.size, About(training.seed, "training", str(number), mask.seed_name))
    return holes


def _blank_card(training: ChosenTraining, device: torch.device, reduced: bool) -> Card:
    """Return what is known of a training before it starts."""
    nothing: dict[str, Any] = {}
    precision = "bfloat16" if reduced or (device.type == "cuda" and has_quick_bfloat16(device)) else "float32"
    return Card(
        key=training.wanted.key,
        status="failed",
        method=training.name,
        dataset=_split(training).selection.name,
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
