"""What the tests of checkpoints share: cards, and checkpoints with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inpaintbench.checkpoints import Card, Checkpoint
from inpaintbench.checkpoints.library import WEIGHTS
from inpaintbench.checkpoints.weights import write_weights

IDENTITY: dict[str, Any] = {
    "method": "learner",
    "dataset": {"name": "faces", "code": "1"},
    "masks": [{"name": "circle", "parameters": {"diameter": 8}, "code": "2"}],
    "size": 64,
    "code": {"trainer": "3"},
}


@pytest.fixture
def identity() -> dict[str, Any]:
    """Return everything that the weights of the cards below depend on."""
    return IDENTITY


@pytest.fixture
def card() -> Callable[..., Card]:
    """Return a function that returns a card of a training that is complete, with changes."""

    def card(**changes: Any) -> Card:
        given: dict[str, Any] = {
            "key": "0123456789abcdef",
            "status": "complete",
            "method": "learner[steps=10]",
            "dataset": "faces",
            "mask": "",
            "size": 64,
            "identity": IDENTITY,
            "steps": 10,
            "epochs": 2.5,
            "images": 16,
            "parameters": {"net": 112},
            "losses": {"mse": {"steps": [4.0, 9.0], "means": [0.5, None]}},
            "warnings": ("It went wrong, a little.",),
            "error": "",
            "seconds": 1.5,
            "environment": {"device": "cpu"},
            "weights": {"sha256": "ab", "bytes": 3, "dtype": "float32"},
            "finished": "2026-01-01T00:00:00+00:00",
        }
        return Card(**given | changes)

    return card


@pytest.fixture
def put(card: Callable[..., Card]) -> Callable[..., Checkpoint]:
    """Return a function that writes a checkpoint with these networks into a folder, and returns it."""

    def put(folder: Path, networks: Mapping[str, Mapping[str, Tensor]] | None = None, **changes: Any) -> Checkpoint:
        folder.mkdir(parents=True, exist_ok=True)
        weights = write_weights(folder / WEIGHTS, networks or {"net": {"scale": torch.ones(2)}})
        card(**{"weights": weights} | changes).write(folder)
        found = Checkpoint.at(folder)
        assert found is not None
        return found

    return put
