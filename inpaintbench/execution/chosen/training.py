"""A chosen training: which method learns from which pictures and holes, and all that its weights depend on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from inpaintbench.api import MaskSpec, MethodSpec, TrainingSpec, Value
from inpaintbench.checkpoints import Wanted
from inpaintbench.errors import UsageError
from inpaintbench.execution.chosen.holes import ChosenMask
from inpaintbench.execution.chosen.part import Part
from inpaintbench.execution.chosen.pictures import ChosenDataset
from inpaintbench.plugins import Registry
from inpaintbench.provenance import code_digest, core_digest, source_digest
from inpaintbench.selectors import Selection, select

_ENGINE: Final = (
    "inpaintbench.execution.teaching.material",
    "inpaintbench.execution.teaching.school",
    "inpaintbench.training.adversarial",
    "inpaintbench.training.lessons",
    "inpaintbench.training.loop",
    "inpaintbench.training.networks",
    "inpaintbench.training.schedule",
)
"""Modules of the harness on which every training's weights depend."""

_BUDGET: Final = ("steps", "epochs", "batch", "train_seed")


@dataclass(frozen=True)
class ChosenTraining(Part):
    """One training of a method.

    Attributes:
        method: what is trained.
        spec: how.
        dataset: the training split; None if there is none.
        masks: that draw the holes; empty if the training draws its own, or needs none.
        for_mask: name of the mask that it is trained for; empty if for any.
        size: of the square pictures, in pixels.
        obstacle: why it is not possible; empty if it is.
    """

    method: Selection[MethodSpec]
    spec: TrainingSpec
    dataset: ChosenDataset | None
    masks: tuple[ChosenMask, ...]
    for_mask: str
    size: int
    obstacle: str = ""

    @classmethod
    def look_up(
        cls,
        method: Selection[MethodSpec],
        pictures: ChosenDataset | str,
        spec: TrainingSpec,
        for_mask: ChosenMask | None,
        size: int,
        registry: Registry,
    ) -> ChosenTraining:
        """Return the training of a method.

        Args:
            method: what is trained.
            pictures: the training split of a data set, or a sentence that says why there is none.
            spec: of the training: the method's.
            for_mask: the mask that it is trained for; None for any.
            size: of the pictures.
            registry: of the masks that the training's spec names.
        """
        masks: tuple[ChosenMask, ...] = () if for_mask is None else (for_mask,)
        obstacle = pictures if isinstance(pictures, str) else ""
        if refusal := method.spec.refusal(size):
            obstacle = refusal
        elif for_mask is None:
            try:
                masks = tuple(ChosenMask.open(one, size) for one in select(spec.masks, MaskSpec, registry))
            except UsageError as error:
                masks, obstacle = (), f"The holes to train with cannot be drawn: {error}"
        dataset = None if isinstance(pictures, str) else pictures
        return cls(method, spec, dataset, masks, for_mask.selection.name if for_mask else "", size, obstacle)

    @property
    def values(self) -> Mapping[str, Value]:
        """The method's parameters."""
        return dict(self.method.values)

    @property
    def shape(self) -> dict[str, Value]:
        """Those of them that the trainer is built with."""
        return {name: self.values[name] for name in self.spec.shaped_by}

    @property
    def name(self) -> str:
        """Selector of what is trained, without the parameters that make no difference to that."""
        per_mask = dict(self.spec.per_mask) if self.for_mask else ()
        unused = "steps" if self.values["epochs"] else "epochs"
        return self.method.name_with({*self.spec.shaped_by, *per_mask, *_BUDGET} - {unused})

    @property
    def seed(self) -> int:
        """Of the training."""
        return int(self.values["train_seed"])

    @property
    def batch(self) -> int:
        """Images a step."""
        return int(self.values["batch"])

    @property
    def steps(self) -> int:
        """How many there are to take."""
        epochs = float(self.values["epochs"])
        count = len(self.dataset.items) if self.dataset else 0
        return max(1, math.ceil(epochs * count / self.batch)) if epochs else int(self.values["steps"])

    @property
    def title(self) -> str:
        """What messages call it."""
        dataset = self.dataset.selection.name if self.dataset else "no pictures"
        return " × ".join(filter(None, (self.name, dataset, self.for_mask)))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that the weights depend on, the machine excepted."""
        return {
            "method": self.method.spec.name,
            "version": self.spec.version,
            "parameters": self.shape,
            "dataset": self.dataset.identity if self.dataset else {},
            "masks": [mask.identity for mask in self.masks],
            "size": self.size,
            "steps": self.steps,
            "batch": self.batch,
            "seed": self.seed,
            "code": {
                "trainer": code_digest(self.spec.target),
                "engine": source_digest(_ENGINE),
                "core": core_digest(),
            },
        }

    @cached_property
    def wanted(self) -> Wanted:
        """Where its checkpoint is looked for."""
        return Wanted(self.method.spec.name, self.identity, self.spec.shipped)

    @property
    def command(self) -> str:
        """What to type to train it."""
        dataset = self.dataset.selection.name if self.dataset else ""
        mask = f" -k '{self.for_mask}'" if self.for_mask else ""
        return f"bench train '{self.name}' -d '{dataset}'{mask} --size {self.size}"
