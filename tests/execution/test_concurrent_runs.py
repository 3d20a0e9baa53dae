"""Two runs on one results folder: each cell has one writer, and neither run harms the other."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


@pytest.fixture
def occupied(run: Any, tmp_path: Path) -> Iterator[str]:
    """Have another run stand still in the middle of its first cell; yield that cell's method."""
    gate = tmp_path / "gate"
    gate.mkdir()
    method = f"gated[path={gate}]"
    other = threading.Thread(target=run, kwargs={"methods": [method, "noise"], "batch_size": 1})
    other.start()
    try:
        waiting = threading.Event()
        while other.is_alive() and not (gate / "arrived").exists():
            waiting.wait(0.005)
        yield method
    finally:
        (gate / "open").touch()
        other.join()


def test_a_cell_that_another_run_is_at_is_refused(run: Any, occupied: str, tmp_path: Path) -> None:
    results = run(methods=[occupied, "noise"])

    assert [cell.record.status for cell in results.cells] == ["incomplete", "complete"]
    (sentence,) = results.failures
    assert "is being written by another run; wait for it, or choose another --out" in sentence
    (tmp_path / "gate" / "open").touch()
    finished = next(results for _ in range(500) if (results := run(methods=[occupied, "noise"])).complete)
    assert len(finished.records()) == 12
    pd.testing.assert_frame_equal(
        finished.records().query("method == 'noise'")[["item", "psnr"]].reset_index(drop=True),
        finished.records().query("method != 'noise'")[["item", "psnr"]].reset_index(drop=True),
    )


def test_what_another_run_has_completed_meanwhile_is_taken(run: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.mkdir()
    both = {"methods": [f"gated[path={gate}]", "noise"], "batch_size": 1}
    other = threading.Thread(target=run, kwargs=both)
    other.start()  # it has planned both cells, and stands in the first
    while other.is_alive() and not (gate / "arrived").exists():
        pass
    (cell,) = run(batch_size=1).cells
    (gate / "open").touch()
    other.join()

    results = run(**both)
    assert results.complete
    assert results.cells[1].record.started == cell.record.started
    assert results.cells[1].record.finished == cell.record.finished
