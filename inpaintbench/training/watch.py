"""What can go wrong in a training: losses that are no numbers end it, a collapsed discriminator is reported."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from inpaintbench.errors import TrainingError
from inpaintbench.training.history import History

DISCRIMINATOR = "discriminator"
"""The loss that is taken for that of a discriminator, summed over real and generated pictures."""

CHANCE = 2 * math.log(2)
"""That loss where the discriminator answers 1/2 to every picture."""

WINDOW = 0.1
"""Share of the steps, the last ones, over which the discriminator is judged."""

FEWEST = 20
"""Steps in that window below which nothing can be said."""


def refuse_nonsense(history: History, step: int) -> None:
    """End a training whose losses are no numbers any more.

    Args:
        history: settled.
        step: since which it has not been looked at.

    Raises:
        TrainingError: if a loss is infinite or NaN, with the first step in which it was.
    """
    for name in history:
        steps, values = history.steps(name), history.values(name)
        wrong = steps[(steps >= step) & ~np.isfinite(values)]
        if len(wrong):
            value = values[steps == wrong[0]][0]
            raise TrainingError(
                f"The loss {name} is {value} in step {wrong[0]:,}: the training has diverged. Another train_seed, "
                "a larger batch or other parameters may help."
            )


def refuse_broken(networks: Mapping[str, nn.Module], steps: int) -> None:
    """End a training whose weights are no numbers any more, though the last losses were.

    Raises:
        TrainingError: if a weight or a buffer is infinite or NaN.
    """
    for name, network in networks.items():
        tensors = [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
            raise TrainingError(
                f"Weights of the network {name} are no numbers after step {steps:,}: the training has diverged. "
                "Another train_seed, a larger batch or other parameters may help."
            )


def warnings(history: History, steps: int) -> tuple[str, ...]:
    """Say what was wrong with a training that has come to its end.

    A discriminator has collapsed if, over the last tenth of the steps, its loss stays near 0 (it tells every picture
    apart, and what it teaches the generator vanishes), or does not differ from `CHANCE` by more than one percent (it
    tells none apart).
    """
    name = DISCRIMINATOR
    recent = history.values(name)[history.steps(name) >= (1 - WINDOW) * steps]
    if len(recent) < FEWEST:
        return ()
    low, high = np.quantile(recent, [0.1, 0.9])
    if high < 0.02:
        return (f"The discriminator has won: its loss stayed below {high:.2g} to the end.",)
    if abs(low - CHANCE) < 0.01 * CHANCE and abs(high - CHANCE) < 0.01 * CHANCE:
        return (f"The discriminator tells nothing apart: its loss stayed at {np.median(recent):.3f}, which is chance.",)
    return ()
