"""What the tests of running share: one small run, of which each test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import torch

import inpaintbench
from inpaintbench.checkpoints import Library
from inpaintbench.execution.chosen import ChosenTraining
from inpaintbench.execution.planning.plan import Plan, make_plan
from inpaintbench.execution.teaching.school import School
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.results import Results
from inpaintbench.store import Store
from inpaintbench.suite import Suite

Run: TypeAlias = Callable[..., Results]

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"
FAKES = SPECIMENS.with_name("fakes.py")
LEARNERS = SPECIMENS.with_name("learners.py")


@pytest.fixture
def small() -> dict[str, Any]:
    """Return arguments of `inpaintbench.run`: one method on six pictures of 16 pixels, in two batches."""
    return {
        "methods": ["noise"],
        "datasets": ["drawn"],
        "masks": ["dots"],
        "metrics": ["psnr", "ssim"],
        "size": 16,
        "plugins": [str(SPECIMENS)],
        "device": "cpu",
        "batch_size": 4,
    }


@pytest.fixture
def run(small: dict[str, Any], tmp_path: Path) -> Run:
    """Return `inpaintbench.run` with these arguments, which the caller's own override."""

    def run(**changes: Any) -> Results:
        return inpaintbench.run(**{"out": tmp_path / "out", **small, **changes})

    return run


@pytest.fixture
def suite() -> Suite:
    """Return a suite of one cell of plugins that are planned and never run."""
    return Suite(name="s", methods=("fill1",), datasets=("drawn",), masks=("full1",), metrics=("psnr",), size=16)


@pytest.fixture
def registry() -> Registry:
    """Return the plugins that there are, with those of the suite."""
    return load_registry([str(FAKES)])


@pytest.fixture
def look(registry: Registry, suite: Suite, tmp_path: Path) -> Callable[..., Plan]:
    """Return a function that plans the suite with changes."""

    def look(**changes: Any) -> Plan:
        return make_plan(suite.replace(**changes), registry, Store(tmp_path / "results"))

    return look


@pytest.fixture
def look_at_learners(tmp_path: Path) -> Callable[..., Plan]:
    """Return a function that plans with changes: `tiny` on six pictures of 16 pixels, trained by 30 steps of four."""
    registry = load_registry([str(LEARNERS)])
    parts = {"datasets": ("pictures",), "masks": ("center_square[side=6]",), "metrics": ("psnr",)}
    suite = Suite(name="s", methods=("tiny",), size=16, **parts)

    def look_at_learners(**changes: Any) -> Plan:
        return make_plan(suite.replace(**changes), registry, Store(tmp_path / "results"))

    return look_at_learners


@pytest.fixture
def training_of(look_at_learners: Callable[..., Plan]) -> Callable[..., ChosenTraining]:
    """Return a function that returns the only training of that plan, with changes."""

    def training_of(**changes: Any) -> ChosenTraining:
        [planned] = look_at_learners(**changes).trainings
        return planned.training

    return training_of


@pytest.fixture
def school() -> School:
    """Return where trainings happen, with this test's folder of checkpoints."""
    return School(torch.device("cpu"), Library())


@pytest.fixture
def learn(tmp_path: Path) -> Run:
    """Return `inpaintbench.run` of the same, which the caller's arguments override."""
    given: dict[str, Any] = {
        "methods": ["tiny"],
        "datasets": ["pictures"],
        "masks": ["center_square[side=6]"],
        "metrics": ["psnr"],
        "size": 16,
        "plugins": [str(LEARNERS)],
        "device": "cpu",
        "out": tmp_path / "out",
    }

    def learn(**changes: Any) -> Results:
        return inpaintbench.run(**given | changes)

    return learn
