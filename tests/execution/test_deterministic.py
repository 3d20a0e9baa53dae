"""`--deterministic`: what torch is told while a cell runs, in this process and in a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import inpaintbench

PLUGIN = """
import torch
from inpaintbench import hookimpl
from inpaintbench.api import Completion, MethodSpec

class Asking:
    def complete(self, batch):
        told = torch.are_deterministic_algorithms_enabled() and torch.backends.cudnn.deterministic
        return Completion(batch.corrupted.clone(), diagnostics={"told": torch.full((len(batch.seeds),), float(told))})

class Scattering:
    def complete(self, batch):
        torch.nn.functional.max_unpool2d(*torch.nn.functional.max_pool2d(batch.corrupted, 2, return_indices=True), 2)
        return batch.corrupted.clone()

@hookimpl
def register_methods():
    return [MethodSpec(name=n, target=f"{__name__}:{n.title()}", summary="Odd.") for n in ("asking", "scattering")]
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Return a function that runs both methods on a photograph."""
    plugin = tmp_path / "asking.py"
    plugin.write_text(PLUGIN)

    def run(isolation: str, **changes: Any) -> dict[str, Any]:
        results = inpaintbench.run(
            methods=["asking", "scattering"],
            datasets=["photos"],
            masks=["circle"],
            metrics=["psnr"],
            limit=1,
            device="cpu",
            plugins=[str(plugin)],
            out=tmp_path / "out",
            isolation=isolation,
            rerun="all",
            **changes,
        )
        return {cell.record.method: cell for cell in results.cells}

    return run


@pytest.mark.parametrize("isolation", ["none", pytest.param("process", marks=pytest.mark.workers)])
def test_methods_meet_deterministic_algorithms_where_they_are_asked_for(run: Any, isolation: str) -> None:
    before = torch.are_deterministic_algorithms_enabled()
    cells = run(isolation, deterministic=True)
    record = cells["scattering"].record

    assert cells["asking"].images()["method.told"].tolist() == [1.0]
    assert cells["asking"].record.environment["deterministic"] is True
    assert record.status == "failed"
    assert "does not have a deterministic implementation" in record.error["message"]
    assert torch.are_deterministic_algorithms_enabled() == before


def test_nobody_is_told_unasked(run: Any) -> None:
    cells = run("none")

    assert cells["asking"].images()["method.told"].tolist() == [0.0]
    assert "deterministic" not in cells["asking"].record.environment
    assert cells["scattering"].record.status == "complete"
