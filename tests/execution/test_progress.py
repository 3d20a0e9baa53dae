"""What an evaluation tells of its progress."""

import json
import sys
from pathlib import Path
from typing import Any

import torch

from inpaintbench.cell_writer import CellWriter
from inpaintbench.execution.evaluating.evaluate import Setup, evaluate
from inpaintbench.execution.evaluating.scoring import Panel
from inpaintbench.execution.planning.plan import make_plan
from inpaintbench.plugins import load_registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite


class Progress:
    """A cell's evaluation, with what it tells of its progress."""

    def __init__(self, small: dict[str, Any], folder: Path, **changes: Any) -> None:
        chosen = small | changes
        lists: dict[str, Any] = {name: tuple(chosen[name]) for name in ("methods", "datasets", "masks", "metrics")}
        suite = Suite(name="test", size=chosen["size"], **lists)
        (self.planned,) = make_plan(suite, load_registry(chosen["plugins"]), Store(folder))
        panel = Panel(self.planned.cell.metrics, torch.device("cpu"))
        self.setup = Setup(device=torch.device("cpu"), batch_size=4, panel=panel, samples=0, strict=False)

    def __call__(self) -> list[int]:
        counts: list[int] = []
        writer = CellWriter(self.planned.folder).open()
        try:
            evaluate(self.planned.cell, writer, self.setup, counts.append)
        finally:
            writer.close()
        return counts


def test_progress_counts_what_is_done(small: dict[str, Any], tmp_path: Path) -> None:
    assert Progress(small, tmp_path)() == [0, 4, 6]
    assert Progress(small, tmp_path / "b", datasets=["drawn[fault=unreadable]"])() == [0, 4, 6]


def test_progress_begins_with_what_an_earlier_run_has_left(small: dict[str, Any], tmp_path: Path) -> None:
    attempt = Progress(small, tmp_path, methods=["broken[how=raises,calls=2]"])

    assert attempt() == [0, 4]  # two calls: one to warm up, one for the first batch
    sys.modules[attempt.planned.cell.method.selection.spec.target.partition(":")[0]].Broken.complete = (
        lambda self, batch: torch.zeros_like(batch.corrupted)
    )
    assert attempt() == [4, 6]
    document = json.loads((attempt.planned.folder / "cell.json").read_text(encoding="utf-8"))
    assert (document["status"], document["scored"]) == ("complete", 6)
