"""What the methods of a plan must have learned, and what of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, TrainingSpec
from inpaintbench.checkpoints import Checkpoint, Library
from inpaintbench.errors import CheckpointError, DatasetError, PluginError, UsageError
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask, ChosenTraining
from inpaintbench.plugins import Registry
from inpaintbench.selectors import Selection, select
from inpaintbench.suite import Suite

TrainingState = Literal["trained", "shipped", "missing", "interrupted", "failed", "damaged", "impossible"]


@dataclass(frozen=True)
class PlannedTraining:
    """A training, and what is stored of it.

    Attributes:
        training: the training.
        state: `trained` here, `shipped` with the method's plugin, `missing`, `interrupted` (a later run goes on with
            it), `failed`, `damaged` (what is stored cannot be read), or `impossible`.
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
        self, method: Selection[MethodSpec], dataset: Selection[DatasetSpec], mask: ChosenMask | None
    ) -> tuple[ChosenTraining | None, Checkpoint | None]:
        """Return the training that a cell's method needs, and its checkpoint; None for what is not needed or not there.

        The mask matters only if the method is trained for each.

        Raises:
            UsageError: if the selector names a checkpoint that is none, or is another method's.
        """
        spec, values = method.spec.training, dict(method.values)
        if spec is None:
            return None, None
        if values["checkpoint"] != "none":
            return None, _given(Path(str(values["checkpoint"])), method, spec)
        for_mask = mask if spec.trains_per_mask(values) else None
        place = (method.name, dataset.name, for_mask.selection.name if for_mask else "")
        if place not in self._planned:
            pictures = self._training_pictures(dataset)
            training = ChosenTraining.look_up(method, pictures, spec, for_mask, self._size, self._registry)
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
        try:
            found = self._library.find(training.wanted)
        except PluginError as error:
            return PlannedTraining(training, "impossible", str(error), None, folder)
        except CheckpointError as error:
            return PlannedTraining(training, "damaged", str(error), None, folder)
        if found is None:
            part = self._library.interrupted(training.wanted)
            return PlannedTraining(training, "interrupted" if part else "missing", "", None, folder)
        if found.card.status == "failed":
            return PlannedTraining(training, "failed", found.card.error, None, folder)
        return PlannedTraining(training, "shipped" if found.shipped else "trained", "", found, found.folder)


def plan_trainings(suite: Suite, registry: Registry, library: Library) -> tuple[PlannedTraining, ...]:
    """Return what the methods of a suite must have learned from its data sets, each training once.

    Masks are looked at only for methods that are trained for each.

    Raises:
        UsageError: if a selector, or a mask that counts, is not possible.
    """
    learning = Learning(registry, suite.size, library)
    methods = [one for one in select(suite.methods, MethodSpec, registry) if one.spec.training]
    per_mask = [
        one.spec.training is not None and one.spec.training.trains_per_mask(dict(one.values)) for one in methods
    ]
    masks = (
        [ChosenMask.open(one, suite.size) for one in select(suite.masks, MaskSpec, registry)] if any(per_mask) else []
    )
    for dataset in select(suite.datasets, DatasetSpec, registry):
        for method, counts in zip(methods, per_mask, strict=True):
            for mask in masks if counts else [None]:
                learning.look_up(method, dataset, mask)
    return learning.trainings


def _given(folder: Path, method: Selection[MethodSpec], spec: TrainingSpec) -> Checkpoint:
    """Return the checkpoint that a selector names.

    Raises:
        UsageError: if there is none, or it is not of this method with these parameters.
    """
    try:
        found = Checkpoint.at(folder.expanduser())
    except CheckpointError as error:
        raise UsageError(str(error)) from error
    if found is None or found.card.status != "complete":
        raise UsageError(f"{folder} holds no finished checkpoint; expected a folder with card.json and its weights.")
    values, made = dict(method.values), found.card.identity
    shape = {name: values[name] for name in spec.shaped_by}
    if (made.get("method"), made.get("parameters")) != (method.spec.name, shape):
        raise UsageError(
            f"{folder} holds what {found.card.method} has learned, which {method.name} cannot use; write "
            f"{found.card.method} with checkpoint=… beside its parameters."
        )
    return found
