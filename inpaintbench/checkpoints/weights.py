"""Weights in a file: safetensors, in which nothing can be executed, checked by its hash before it is used."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from inpaintbench.api import Trained
from inpaintbench.atomic import replacing
from inpaintbench.checkpoints.library import Checkpoint
from inpaintbench.errors import CheckpointError
from inpaintbench.schema import FIELD, why_refused

SCHEMA = 1
SEPARATOR = "/"
"""Between the name of a network and that of a tensor in it."""


def write_weights(path: Path, networks: Mapping[str, Mapping[str, Tensor]], *, half: bool = False) -> dict[str, Any]:
    """Write the weights of networks, and return what a card says of the file.

    Args:
        path: of the file.
        networks: names of networks, and their weights and buffers by name.
        half: whether to round weights to float16. Buffers of one dimension or less, such as the statistics of batch
            normalisation, keep their precision: they are few, and their range is large.
    """
    tensors = {
        f"{network}{SEPARATOR}{name}": _stored(tensor, half)
        for network, state in networks.items()
        for name, tensor in state.items()
    }
    content = save(tensors, {FIELD: str(SCHEMA)})  # one entry: safetensors keeps no order among several
    with replacing(path) as file:
        file.write(content)
    dtype = "float16" if half else "float32"
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "dtype": dtype}


def read_weights(checkpoint: Checkpoint) -> Trained:
    """Return the networks of a checkpoint.

    Raises:
        CheckpointError: if the file is not the one that the card describes, cannot be read, or comes from a newer
            version of this package.
    """
    try:
        content = checkpoint.weights.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{checkpoint.weights} cannot be read: {error.strerror or error}.") from error
    if hashlib.sha256(content).hexdigest() != checkpoint.sha256:
        raise CheckpointError(f"{checkpoint.weights} is not the file that its card describes: its SHA-256 is another.")
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise CheckpointError(f"{checkpoint.weights} holds no safetensors: {error}.") from error
    if why := why_refused(_metadata(content).get(FIELD), SCHEMA):
        raise CheckpointError(f"{checkpoint.weights} {why}.")
    networks: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        network, _, rest = name.partition(SEPARATOR)
        networks.setdefault(network, {})[rest] = tensor.float() if tensor.is_floating_point() else tensor
    return Trained(checkpoint.card.size, networks)


def _metadata(content: bytes) -> Mapping[str, str]:
    """Return what safetensors hold beside tensors: their library returns it of files alone, not of bytes."""
    length = int.from_bytes(content[:8], "little")
    metadata: Mapping[str, str] = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return metadata


def _stored(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous().clone()  # weights that two layers share are stored for each
    return tensor.to(torch.float16) if half and tensor.is_floating_point() and tensor.ndim > 1 else tensor
