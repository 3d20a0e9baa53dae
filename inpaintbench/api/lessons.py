"""What training hands to a trainer, what it expects back, and what a trained method is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch
    from jaxtyping import Bool, Float
    from torch import Tensor, nn
    from torch.optim import Optimizer


@dataclass(frozen=True)
class Lesson:
    """What a trainer is given for one step.

    Attributes:
        image: training pictures in [0, 1], each flipped left to right with a chance of one half; on the device that
            the networks are on, in the memory format `channels_last`.
        hole: True = missing; None unless the training's spec names masks, or it is trained for one mask.
        step: number of this step, from 0.
        steps: how many there are in all.
        generator: on the CPU. All that is random in the step is drawn from it: it is seeded by the training's seed and
            the number of the step, so that a training that was interrupted goes on as if it had not been.
    """

    image: Float[Tensor, "b 3 h w"]
    hole: Bool[Tensor, "b 1 h w"] | None
    step: int
    steps: int
    generator: torch.Generator


class Trainer(Protocol):
    """Trains networks. Built with the parameters of `TrainingSpec.shaped_by`, `size` and `generator` as keywords.

    Attributes:
        networks: those that the finished method needs, by name; their weights and buffers become the checkpoint.
        auxiliaries: those that are needed while it is trained and not afterwards, such as discriminators.
        optimizers: by name; all their state is kept when a training is interrupted.
    """

    networks: Mapping[str, nn.Module]
    auxiliaries: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        """Take one step, and return the losses: one number each, without gradients, on any device.

        A loss called `discriminator` is taken for that of a discriminator, summed over real and generated pictures
        (2 log 2 where it cannot tell them apart), and watched for collapse.
        """
        ...

    def show(self, lesson: Lesson) -> Float[Tensor, "n 3 h w"]:
        """Return pictures in [0, 1] by which a person can judge how far the training is. Changes nothing."""
        ...


@dataclass(frozen=True)
class Trained:
    """What a training has made.

    Attributes:
        size: of the square pictures on which the networks were trained.
        networks: names of networks, and their weights and buffers by name: float32, on the CPU.
    """

    size: int
    networks: Mapping[str, Mapping[str, Tensor]]


@runtime_checkable
class Learned(Protocol):
    """A method that has learned: built with its parameters, but for those of `budget`, then given its networks."""

    def load(self, trained: Trained) -> None:
        """Take the weights. Called once, before `to` and before the first batch."""
        ...
