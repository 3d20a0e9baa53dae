"""What the methods of a plan must have learned, and what of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inpaintbench.api import DatasetSpec, MethodSpec
from inpaintbench.checkpoints import Checkpoint, Library
from inpaintbench.errors import CheckpointError, DatasetError, UsageError
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask, ChosenTraining
from inpaintbench.plugins import Registry
from inpaintbench.selectors import Selection

TrainingState = Literal["trained", "shipped", "missing", "interrupted", "failed", "impossible"]


@dataclass(frozen=True)
class PlannedTraining:
    """A training, and what is stored of it.

    Attributes:
        training: the training.
        state: `trained` here, `shipped` with the method's plugin, `missing`, `interrupted` (a later run goes on with
            it), `failed`, or `impossible`.
        why: one sentence for the states that need one.
        checkpoint: what it has made; None if it has not ended.
        folder: where it is stored, or would be.
    """

    training: ChosenTraining
    state: TrainingState
    why: str
    checkpoint: Checkpoint | None
    folder: Path


class Learning:
    """Looks up what each cell's method must have learned; each training is looked up once.

    Args:
        registry: of the masks on whose holes methods train.
        size: of the square pictures, in pixels.
        library: of checkpoints.
    """

    def __init__(self, registry: Registry, size: int, library: Library) -> None:
        self._registry, self._size, self._library = registry, size, library
        self._pictures: dict[str, ChosenDataset | str] = {}
        self._planned: dict[tuple[str, str, str], PlannedTraining] = {}

    @property
    def trainings(self) -> tuple[PlannedTraining, ...]:
        """Every training that was looked up, those that are equal once."""
        return tuple({planned.training.wanted.key: planned for planned in self._planned.values()}.values())

    def look_up(
        self, method: Selection[MethodSpec], dataset: Selection[DatasetSpec], mask: ChosenMask
    ) -> tuple[ChosenTraining | None, Checkpoint | None]:
        """Return the training that a cell's method needs, and its checkpoint; None for what is not needed or not there.

        Raises:
            UsageError: if the selector names a checkpoint that is none.
            CheckpointError: if what is stored of the training cannot be read.
        """
        if method.spec.training is None:
            return None, None
        values = dict(method.values)
        if values["checkpoint"] != "none":
            return None, _given(Path(str(values["checkpoint"])))
        for_mask = mask.selection.name if method.spec.training.trains_per_mask(values) else ""
        place = (method.name, dataset.name, for_mask)
        if place not in self._planned:
            pictures = self._training_pictures(dataset)
            training = ChosenTraining.look_up(method, pictures, mask, self._size, self._registry)
            if training is None:
                return None, None
            self._planned[place] = self._plan(training)
        planned = self._planned[place]
        return planned.training, planned.checkpoint

    def _training_pictures(self, dataset: Selection[DatasetSpec]) -> ChosenDataset | str:
        if dataset.name not in self._pictures:
            try:
                found: ChosenDataset | str = ChosenDataset.open(dataset, split="train")
            except DatasetError as error:
                found = str(error)
            if isinstance(found, ChosenDataset) and isinstance(found.built, Exception):
                found = f"{type(found.built).__name__}: {found.built}"
            self._pictures[dataset.name] = found
        return self._pictures[dataset.name]

    def _plan(self, training: ChosenTraining) -> PlannedTraining:
        folder = self._library.place(training.wanted)
        if training.obstacle:
            return PlannedTraining(training, "impossible", training.obstacle, None, folder)
        found = self._library.find(training.wanted)
        if found is None:
            part = self._library.interrupted(training.wanted)
            return PlannedTraining(training, "interrupted" if part else "missing", "", None, folder)
        if found.card.status == "failed":
            return PlannedTraining(training, "failed", found.card.error, None, folder)
        return PlannedTraining(training, "shipped" if found.shipped else "trained", "", found, found.folder)


def _given(folder: Path) -> Checkpoint:
    """Return the checkpoint that a selector names.

    Raises:
        UsageError: if there is none.
    """
    try:
        found = Checkpoint.at(folder.expanduser())
    except CheckpointError as error:
        raise UsageError(str(error)) from error
    if found is None or found.card.status != "complete":
        raise UsageError(f"{folder} holds no finished checkpoint; expected a folder with card.json and its weights.")
    return found
