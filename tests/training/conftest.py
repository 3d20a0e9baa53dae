"""What the tests of training share: a few pictures and holes to learn from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inpaintbench.api import Trainer
from inpaintbench.checkpoints import Card
from inpaintbench.plugins import load_registry
from inpaintbench.training.lessons import Lessons, Material

LEARNERS = Path(__file__).parent.parent / "plugins" / "learners.py"
SIZE = 8


@pytest.fixture
def lessons_of() -> Callable[..., Lessons]:
    """Return a function that makes lessons of seven pictures, each of one grey with a white edge, and ten holes."""

    def lessons_of(batch: int = 4, steps: int = 40, seed: int = 0, count: int = 7, holes: int = 10) -> Lessons:
        pictures = np.zeros((count, SIZE, SIZE, 3), dtype=np.uint8)
        pictures += np.arange(count, dtype=np.uint8)[:, None, None, None] * 10
        pictures[:, :, 0] = 255
        drawn = np.zeros((holes, SIZE, SIZE), dtype=bool)
        for number in range(holes):
            drawn[number].flat[: number + 1] = True
        material = Material(pictures, drawn if holes else None)
        return Lessons(material, batch, steps, seed, torch.device("cpu"))

    return lessons_of


@pytest.fixture
def card() -> Any:
    """Return the card of a training that has not begun."""
    blank: dict[str, Any] = dict.fromkeys(Card.__dataclass_fields__, "")
    given = {"method": "learner", "dataset": "faces", "size": SIZE, "warnings": (), "identity": {}, "environment": {}}
    given |= {"weights": {}}
    return Card(**blank | given)


@pytest.fixture
def learners() -> Any:
    """Return the module with the trainers of tests."""
    [entry] = [one for name, one in load_registry([str(LEARNERS)]).of("method").items() if name == "tiny"]
    return sys.modules[entry.spec.target.partition(":")[0]]


@pytest.fixture
def build(learners: Any) -> Callable[..., Trainer]:
    """Return a function that builds a trainer of `tiny`, its weights drawn from the generator."""

    def build(generator: torch.Generator | None = None, **changes: Any) -> Trainer:
        given = {"width": 3, "dropout": 0.3, "fault": "none", "size": SIZE}
        trainer: Trainer = learners.TinyTrainer(
            **given | changes, generator=generator or torch.Generator().manual_seed(0)
        )
        return trainer

    return build


@pytest.fixture
def quick_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for charts of losses, which take longer than a short training."""
    monkeypatch.setattr("inpaintbench.training.loop.draw_losses", lambda folder, *rest: (folder / "losses.png").touch())
