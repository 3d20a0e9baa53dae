"""What a method that learns says of its training, so that it can be planned without an import of its code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inpaintbench.errors import PluginError
from inpaintbench.parameters import Parameter, Value

_TARGET: Final = re.compile(r"[\w.]+:[\w.]+")


def budget(*, steps: int, batch: int = 64) -> tuple[Parameter, ...]:
    """Return the parameters by which every method that learns says how long, and from which seed, it is trained.

    They are the harness's: neither the method nor its trainer is called with them.

    Args:
        steps: how many steps, where a selector is silent.
        batch: images a step, where a selector is silent.
    """
    return (
        Parameter(name="steps", kind="integer", help="Training steps.", default=steps, minimum=1),
        Parameter(
            name="epochs",
            kind="number",
            help="Passes over the training pictures, in place of steps; 0: as many as steps makes.",
            default=0.0,
            minimum=0,
        ),
        Parameter(name="batch", kind="integer", help="Images a training step.", default=batch, minimum=1),
        Parameter(
            name="train_seed",
            kind="integer",
            help="Decides the first weights, the order of the pictures, and all else that is random in training.",
            default=0,
            minimum=0,
        ),
        Parameter(
            name="checkpoint",
            kind="path",
            help="A folder with weights that were trained before, such as `bench train` writes; none: those that "
            "belong to these parameters and this data set.",
            default="none",
        ),
    )


BUDGET: Final = frozenset(parameter.name for parameter in budget(steps=1))
"""Names of the parameters of `budget`."""


@dataclass(frozen=True, kw_only=True)
class TrainingSpec:
    """Says how a method is trained: once for each data set and size, or for each mask, too.

    Attributes:
        target: `package.module:Class`, which satisfies `Trainer`, imported only when something is trained. It is
            called with the parameters in `shaped_by`, `size` (of the square pictures) and `generator` (from which all
            first weights are drawn) as keywords.
        shaped_by: names of those of the method's parameters that change what is trained.
        masks: selectors of the masks that draw holes for training, each picture's from one of them at random; empty if
            the training needs no holes, or draws its own.
        per_mask: names and values of parameters with which it is trained anew for each mask, on that mask's holes.
        sizes: at which it can be trained; empty for any.
        shipped: `package:folder` of checkpoints that come with the plugin; empty if none do.
        version: raise it when the same training gives other weights; all checkpoints become stale, shipped ones too.
    """

    target: str
    shaped_by: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    per_mask: tuple[tuple[str, Value], ...] = ()
    sizes: tuple[int, ...] = ()
    shipped: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse what could not be trained.

        Raises:
            PluginError: if the target or the version is malformed.
        """
        if not _TARGET.fullmatch(self.target):
            raise PluginError(f"{self.target!r} is no target of a training; expected 'package.module:Class'.")
        if not isinstance(self.version, int) or isinstance(self.version, bool) or self.version < 1:
            raise PluginError(f"{self.version!r} cannot be a training's version; expected a whole number from 1.")
        for name in ("shaped_by", "masks"):
            if isinstance(getattr(self, name), str):
                raise PluginError(
                    f"{self.target}: {name}={getattr(self, name)!r} is one text; expected a tuple of them."
                )

    def trains_per_mask(self, values: Mapping[str, Value]) -> bool:
        """Whether it is trained for each mask anew with these values of the method's parameters."""
        return bool(self.per_mask) and all(values.get(name) == value for name, value in self.per_mask)
