"""Training a method on toy pictures, by the harness's own school, in a folder that is thrown away."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Final

import torch

from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, Value
from inpaintbench.checkpoints import Checkpoint, Library
from inpaintbench.errors import UsageError
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask, ChosenTraining
from inpaintbench.execution.teaching.school import School
from inpaintbench.plugins import Registry
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.selectors import Selection, select
from inpaintbench.testing import toys

STEPS: Final = 2
"""That a method is trained for most checks: what it has learned does not matter to them, only that it is the same."""

BATCH: Final = 4
PICTURES: Final = 4
"""Of the training split."""


class Schooling:
    """Trains a method on toy pictures.

    Args:
        selection: the method and its parameters; those of its budget are replaced.
        registry: of the masks on whose holes it trains.
        device: on which it trains.
        folder: for pictures and checkpoints.
    """

    def __init__(
        self, selection: Selection[MethodSpec], registry: Registry, device: torch.device, folder: Path
    ) -> None:
        self._selection, self._registry, self._device, self._folder = selection, registry, device, folder

    def training(self, side: int, steps: int = STEPS) -> ChosenTraining:
        """Return the training of so many steps at a side.

        Raises:
            TrainingError: from whoever trains it, if the spec does not allow it.
        """
        spec, values = self._selection.spec.training, dict(self._selection.values)
        assert spec is not None
        for_mask = self._mask(side) if spec.trains_per_mask(values) else None
        pictures = ChosenDataset.open(self.pictures(side), split="train")
        return ChosenTraining.look_up(self._with(steps), pictures, spec, for_mask, side, self._registry)

    def learn(self, side: int) -> Checkpoint:
        """Return a short training's checkpoint.

        Raises:
            TrainingError: if it fails.
        """
        return self.school("short").obtain(self.training(side))

    def school(self, name: str, save_seconds: float = 3600.0) -> School:
        """Return a school with a library of its own."""
        return School(
            self._device,
            Library(self._folder / "checkpoints" / name),
            shelf=Shelf(self._folder / "prepared"),
            save_seconds=save_seconds,
            precision="float32",
        )

    def pictures(self, side: int) -> Selection[DatasetSpec]:
        """Return a data set of toy pictures of this side, with a split each for training, validation and test."""
        folder = self._folder / f"pictures-{side}"
        if not folder.exists():
            toys.store_pictures(folder, side, {"train": PICTURES, "val": 4, "test": 4})
        return Selection(toys.TOY_PICTURES, toys.SOURCE, (("path", str(folder)),))

    def _with(self, steps: int) -> Selection[MethodSpec]:
        budget: dict[str, Value] = {"steps": steps, "epochs": 0.0, "batch": BATCH, "checkpoint": "none"}
        values = tuple((name, budget.get(name, value)) for name, value in self._selection.values)
        return dataclasses.replace(self._selection, values=values)

    def _mask(self, side: int) -> ChosenMask:
        """Return any mask that needs no parameter and can be drawn at this size."""
        for name, entry in self._registry.of("mask").items():
            if not any(parameter.required for parameter in entry.spec.parameters):
                with contextlib.suppress(UsageError):  # one of files that are not here, or too large for this side
                    mask = ChosenMask.open(select([name], MaskSpec, self._registry)[0], side)
                    if not isinstance(mask.built, Exception):
                        return mask
        raise LookupError("no mask is registered that needs no parameter")
