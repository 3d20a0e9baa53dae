"""The whole state of a training that has not ended, in one file, so that it goes on as if it had never stopped."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.optim import Optimizer

from inpaintbench.api import Trainer
from inpaintbench.atomic import replacing
from inpaintbench.errors import CheckpointError
from inpaintbench.schema import FIELD, why_refused
from inpaintbench.training.history import History

SCHEMA = 1

PLAIN = (bool, int, float, str, tuple, type(None))
"""What settings of an optimizer are kept: JSON can hold them."""


def save_progress(
    path: Path, trainer: Trainer, history: History, step: int, seconds: float, precision: str = ""
) -> None:
    """Write networks, optimizers and losses after `step` steps, which took `seconds` in the precision.

    No random state is among them: what is random in a step is seeded by the step's number.
    """
    tensors = {f"history/{name}": tensor for name, tensor in history.state().items()}
    plain: dict[str, Any] = {}
    for network, module in {**trainer.networks, **trainer.auxiliaries}.items():
        tensors |= {f"network/{network}/{name}": tensor for name, tensor in module.state_dict().items()}
    for name, optimizer in trainer.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for entry, value in state.items():
                place = f"optimizer/{name}/{index}/{entry}"
                (tensors if isinstance(value, Tensor) else plain)[place] = value
        plain[f"groups/{name}"] = [_settings(group) for group in optimizer.param_groups]
    metadata = {FIELD: str(SCHEMA), "step": str(step), "seconds": repr(seconds), "precision": precision}
    metadata["plain"] = json.dumps(plain)
    content = save({place: tensor.detach().cpu().contiguous().clone() for place, tensor in tensors.items()}, metadata)
    with replacing(path) as file:
        file.write(content)


def load_progress(path: Path, trainer: Trainer, history: History, precision: str = "") -> tuple[int, float]:
    """Put a trainer and a history back into the state that was written, and return the steps and seconds behind it.

    Raises:
        CheckpointError: if the file cannot be read, is of other networks, was written in another precision, or comes
            from a newer version of this package.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            if why := why_refused(metadata.get(FIELD), SCHEMA):
                raise CheckpointError(f"{path} {why}. Use that one, or remove the file to begin anew.")
            tensors = {place: file.get_tensor(place) for place in file.keys()}  # noqa: SIM118 - it is no mapping
        if metadata["precision"] != precision:
            raise ValueError(f"it was begun in {metadata['precision']}, and this would go on in {precision}")
        history.restore(_below("history/", tensors))
        for network, module in {**trainer.networks, **trainer.auxiliaries}.items():
            module.load_state_dict(_below(f"network/{network}/", tensors))
        entries = tensors | json.loads(metadata["plain"])
        for name, optimizer in trainer.optimizers.items():
            _restore(optimizer, _below(f"optimizer/{name}/", entries), entries[f"groups/{name}"])
        return int(metadata["step"]), float(metadata["seconds"])
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} holds no state of this training: {error}. Remove it to begin anew.") from error


def _below(prefix: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    return {place.removeprefix(prefix): value for place, value in entries.items() if place.startswith(prefix)}


def _settings(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a group of weights is trained with, such as its rate of learning, which a trainer may change."""
    return {name: value for name, value in group.items() if name != "params" and isinstance(value, PLAIN)}


def _restore(optimizer: Optimizer, entries: Mapping[str, Any], settings: Sequence[Mapping[str, Any]]) -> None:
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for place, value in entries.items():
        index, _, entry = place.partition("/")
        weight = weights[int(index)]
        if isinstance(value, Tensor) and value.shape == weight.shape:  # in the memory order of the weight, as it was
            value = torch.empty_like(weight, dtype=value.dtype, device="cpu").copy_(value)
        state.setdefault(int(index), {})[entry] = value
    groups = optimizer.state_dict()["param_groups"]
    for group, stored in zip(groups, settings, strict=True):
        group |= {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    optimizer.load_state_dict({"state": state, "param_groups": groups})
