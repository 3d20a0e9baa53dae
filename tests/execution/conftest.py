"""What the tests of running share: one small run, of which each test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import inpaintbench
from inpaintbench.execution.plan import Plan, make_plan
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.results import Results
from inpaintbench.store import Store
from inpaintbench.suite import Suite

Run: TypeAlias = Callable[..., Results]

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"
FAKES = SPECIMENS.with_name("fakes.py")


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
