"""Scoring composites by the scoring protocol: one record an image."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from inpaintbench.api import Metric, Movable
from inpaintbench.execution.cells import Score


class Panel:
    """The metrics of a run, built once and on the device. One whose weights are missing has no entry."""

    def __init__(self, scores: Sequence[Score], device: torch.device) -> None:
        self._metrics: dict[str, Metric] = {}
        for score in scores:
            if not score.unavailable:
                metric = score.selection.build()
                if isinstance(metric, Movable):
                    metric.to(device)
                self._metrics[score.selection.name] = metric

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> dict[str, list[float]]:
        """Return for each metric one number an image. The composite must be rounded to 8 bits already."""
        with torch.inference_mode():
            return {name: metric(composite, image, hole).tolist() for name, metric in self._metrics.items()}
