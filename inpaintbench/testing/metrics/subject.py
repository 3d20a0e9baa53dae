"""A metric under examination: built anew as often as a check likes, and given toy pictures with noise in the holes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from inpaintbench.api import Metric, MetricSpec, Movable
from inpaintbench.execution.devices.device import choose_device
from inpaintbench.ops import round_to_8_bits
from inpaintbench.plugins import Registry
from inpaintbench.seeding import RandomStream, derive_seed
from inpaintbench.selectors import Selection
from inpaintbench.testing import toys
from inpaintbench.testing.checks import NotApplicable

SIDES: Final = (64, 128, 192, 256, 512)
"""Of square pictures, in pixels: the first of which the metric gives numbers is that of most checks."""

STRENGTHS: Final = (4, 16, 48, 112)
"""Of the noise: what it adds or takes away at most, in levels of 255."""

PICTURES: Final = 4


@dataclass(frozen=True)
class Scored:
    """What a metric is given: three tensors on its device, which hold 8-bit levels divided by 255."""

    composite: Float[Tensor, "b 3 h w"]
    image: Float[Tensor, "b 3 h w"]
    hole: Bool[Tensor, "b 1 h w"]

    def part(self, position: int) -> Scored:
        """Return one picture of the batch, as a batch of its own."""
        here = slice(position, position + 1)
        return Scored(self.composite[here].clone(), self.image[here].clone(), self.hole[here].clone())

    def copy(self) -> Scored:
        """Return the same in tensors of their own."""
        return Scored(self.composite.clone(), self.image.clone(), self.hole.clone())

    @property
    def swapped(self) -> Scored:
        """The same with composite and truth in each other's place."""
        return Scored(self.image, self.composite, self.hole)


class MetricSubject:
    """What the checks of a metric ask of it.

    Args:
        selection: the metric and its parameters.
        registry: of all plugins; not used.
        device: on which it is tried: `cpu`, `cuda`, …, or `auto`.
        folder: not used.
    """

    def __init__(self, selection: Selection[MetricSpec], registry: Registry, device: str, folder: Path) -> None:
        self.selection = selection
        self.device = choose_device(device)

    @property
    def spec(self) -> MetricSpec:
        """The metric's."""
        return self.selection.spec

    @cached_property
    def side(self) -> int:
        """Of the pictures that most checks use: the smallest of `SIDES` at which all scores are finite numbers.

        It is the first of them if there is none: the checks then find out what is wrong.
        """
        for side in SIDES:
            scored = self.noisy(STRENGTHS[1], side)
            try:
                returned = self.returned(scored)
            except (NotApplicable, KeyboardInterrupt):
                raise
            except Exception:  # a refusal of this size, or a fault that `scores` meets, too
                continue
            if isinstance(returned, Tensor) and len(returned.flatten()) and bool(returned.isfinite().all()):
                return side
        return SIDES[0]

    def build(self) -> Metric:
        """Return the metric as the harness would: built, and moved to the device.

        Raises:
            NotApplicable: if weights that it requires are not here; nothing is fetched.
        """
        if lacking := [weights.filename for weights in self.selection.requirements() if not weights.found()]:
            raise NotApplicable(f"the weights {', '.join(lacking)} are not here")
        metric: Metric = self.selection.build()
        if isinstance(metric, Movable):
            metric.to(self.device)
        return metric

    def noisy(self, strength: int, side: int | None = None) -> Scored:
        """Return toy pictures with uniform noise inside their holes, the same for all strengths but for its size.

        Args:
            strength: in levels of 255; 0 for composites that are the truth itself.
            side: of the pictures, in pixels; that of most checks if None.
        """
        side = side or self.side
        images, holes, noises = [], [], []
        for number in range(PICTURES):
            stream = RandomStream(derive_seed("toy hole to score", number))
            images.append(toys.picture(side, 100 + number))
            holes.append(toys.hole(side, stream))
            noises.append(2 * stream.fractions(side * side * 3).reshape(side, side, 3) - 1)
        image, missing, noise = (torch.from_numpy(np.stack(arrays)) for arrays in (images, holes, noises))
        image, noise = (tensor.permute(0, 3, 1, 2).float() / 255 for tensor in (image, 255 * noise))
        hole = missing[:, None]
        composite = round_to_8_bits((image + strength / 255 * noise * hole).clamp(0, 1))
        return Scored(*(tensor.contiguous().to(self.device) for tensor in (composite, image, hole)))

    def returned(self, scored: Scored, metric: Metric | None = None) -> Any:
        """Return what a metric says of pictures, whatever it is; by one that is built anew if None is given."""
        metric = metric or self.build()
        with torch.inference_mode():
            return metric(scored.composite, scored.image, scored.hole)

    def numbers(self, scored: Scored, metric: Metric | None = None) -> Float64[Tensor, " b"]:
        """Return the same on the CPU, from a copy of the pictures, for checks that come after those of its type."""
        returned: Tensor = self.returned(scored.copy(), metric)
        return returned.detach().cpu().double().clone()
