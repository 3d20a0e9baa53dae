"""The losses of a training, step by step: kept on the device until somebody looks, thinned for the card."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

POINTS = 200
"""Of each loss, at most so many means go onto the card."""


class History:
    """Every loss of every step so far."""

    def __init__(self) -> None:
        self._steps: dict[str, list[int]] = {}
        self._values: dict[str, list[float]] = {}
        self._pending: list[tuple[int, Mapping[str, Tensor]]] = []

    def add(self, step: int, losses: Mapping[str, Tensor]) -> None:
        """Take the losses of a step, without waiting for the device to have computed them."""
        self._pending.append((step, {name: value.detach() for name, value in losses.items()}))

    def settle(self) -> None:
        """Fetch what is pending from the device."""
        tensors = [value.float().reshape(()) for _, losses in self._pending for value in losses.values()]
        values = iter(torch.stack(tensors).tolist() if tensors else [])
        for step, losses in self._pending:
            for name in losses:
                self._steps.setdefault(name, []).append(step)
                self._values.setdefault(name, []).append(next(values))
        self._pending.clear()

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the losses."""
        return iter(self._values)

    def steps(self, name: str) -> Int64[np.ndarray, " k"]:
        """Return the steps in which a loss was computed."""
        return np.asarray(self._steps.get(name, []), dtype=np.int64)

    def values(self, name: str) -> Float32[np.ndarray, " k"]:
        """Return a loss in each of them."""
        return np.asarray(self._values.get(name, []), dtype=np.float32)

    def thinned(self) -> dict[str, dict[str, list[float | None]]]:
        """Return `steps` and `means` of each loss: at most `POINTS` means over stretches of equal length.

        Where a mean is no finite number, it is None, which JSON can hold.
        """
        thin: dict[str, dict[str, list[float | None]]] = {}
        for name in self._values:
            steps, values = self.steps(name), self.values(name)
            parts = min(POINTS, len(values))
            ends = [int(part[-1]) for part in np.array_split(steps, parts)]
            means = [round(float(part.mean(dtype=np.float64)), 6) for part in np.array_split(values, parts)]
            finite = [mean if math.isfinite(mean) else None for mean in means]
            thin[name] = {"steps": [float(end) for end in ends], "means": finite}
        return thin

    def state(self) -> dict[str, Tensor]:
        """Return everything, as tensors: `<loss>/steps` and `<loss>/values`."""
        self.settle()
        found: dict[str, Tensor] = {}
        for name in self._values:
            found[f"{name}/steps"] = torch.from_numpy(self.steps(name))
            found[f"{name}/values"] = torch.from_numpy(self.values(name))
        return found

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state` returned."""
        self._pending.clear()
        self._steps = {key.removesuffix("/steps"): v.tolist() for key, v in state.items() if key.endswith("/steps")}
        self._values = {key.removesuffix("/values"): v.tolist() for key, v in state.items() if key.endswith("/values")}
