"""What the tests of running share: one small run, of which each test changes what it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import inpaintbench
from inpaintbench.results import Results

Run: TypeAlias = Callable[..., Results]

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"


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
