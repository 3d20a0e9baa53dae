"""Scoring composites by the scoring protocol: for each metric one number an image."""

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from inpaintbench.api import Metric, Movable
from inpaintbench.errors import InpaintbenchError, InvalidOutputError, PluginError
from inpaintbench.execution.chosen import ChosenMetric
from inpaintbench.holes import Shape

_FIXED: Final = ("item", "index", "class", "source", "image_hash", "hole_hash", "seconds", "clamped", "converged")
OWN_COLUMNS: Final = frozenset([*_FIXED, *(field.name for field in fields(Shape))])
"""What an image's record holds besides its scores; no metric may have such a name."""


class Panel:
    """The metrics of a run, built once and on the device. One whose weights are missing has no entry.

    Raises:
        PluginError: if a metric's name is that of a column which every record has.
        InpaintbenchError: what a metric says of itself when it is built. Anything else that its code raises then
            is raised again by `check`, so that it costs cells and not the run.
    """

    def __init__(self, metrics: Sequence[ChosenMetric], device: torch.device) -> None:
        self._metrics: dict[str, Metric] = {}
        self._failure: Exception | None = None
        for metric in metrics:
            name = metric.selection.name
            if name in OWN_COLUMNS:
                raise PluginError(f"No metric can be called {name!r}: every record has a column of that name already.")
            try:
                if not metric.unavailable:
                    self._add(name, metric.selection.build(), device)
            except InpaintbenchError:
                raise
            except Exception as error:
                self._failure = self._failure or error

    def _add(self, name: str, metric: Any, device: torch.device) -> None:
        if isinstance(metric, Movable):
            metric.to(device)
        self._metrics[name] = metric

    def check(self) -> None:
        """Raise what a metric raised when it was built."""
        if self._failure is not None:
            raise self._failure

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> dict[str, list[float]]:
        """Return for each metric one number an image. The composite must be rounded to 8 bits already.

        Raises:
            InvalidOutputError: if a metric returns anything but one number an image, or an infinite one; or if it
                changes what it is given, and so what the other metrics see.
        """
        given = (composite, image, hole)
        kept = tuple(tensor.clone() for tensor in given)
        scores: dict[str, list[float]] = {}
        for name, metric in self._metrics.items():
            with torch.inference_mode():
                returned = metric(*given)
            if not all(map(torch.equal, given, kept)):
                raise InvalidOutputError(f"The metric {name} wrote into its input; it must work on a copy.")
            scores[name] = _numbers(name, returned, len(image))
        return scores


def _numbers(name: str, returned: object, count: int) -> list[float]:
    if not isinstance(returned, Tensor) or returned.shape != (count,) or not returned.is_floating_point():
        found = f"{returned.dtype} {tuple(returned.shape)}" if isinstance(returned, Tensor) else type(returned).__name__
        raise InvalidOutputError(
            f"The metric {name} returned {found}; expected a tensor of floating point, one number an image, ({count},)."
        )
    numbers: list[float] = returned.tolist()
    if any(map(math.isinf, numbers)):
        raise InvalidOutputError(f"The metric {name} returned an infinite number; where it is undefined, return NaN.")
    return numbers
