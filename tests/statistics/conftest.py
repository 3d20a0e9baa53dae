"""Cells with the numbers of single images, stored as a run stores them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

PSNR = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)
LPIPS = MetricColumn(
    name="lpips", plugin="lpips", label="LPIPS", unit="", higher_is_better=False, decimals=4, ranked=True, version=1
)
METRICS = {metric.name: metric for metric in (PSNR, LPIPS)}

StoreCell = Callable[..., StoredCell]


def mean_of(values: Sequence[float | None]) -> float | None:
    kept = [one for one in values if one is not None and math.isfinite(one)]
    return math.fsum(kept) / len(kept) if kept else None


@pytest.fixture
def store_cell(tmp_path: Path) -> StoreCell:
    """Return a function that stores a cell of these numbers as a run does, and reads it back.

    A picture is the same under every mask, and another one in every data set.
    """
    store = Store(tmp_path)

    def make(
        method: str,
        scores: Mapping[str, Sequence[float | None]],
        hole_ratios: Sequence[float] | None = None,
        source: Sequence[str] | None = None,
        **changes: Any,
    ) -> StoredCell:
        count = len(next(iter(scores.values())))
        given: dict[str, Any] = {"key": f"{method}-0", "status": "complete", "method": method, "dataset": "photos"}
        given |= {"mask": "circle", "size": 64, "seed": 0, "limit": None, "protocol": 1, "identity": {}}
        given |= {"metrics": tuple(METRICS[name] for name in scores), "finished": "2026-01-01"}
        given |= {"expected": count, "scored": count}
        given |= {"means": {name: mean_of(values) for name, values in scores.items()}}
        record = CellRecord(**(given | changes))
        writer = CellWriter(store.folder(method, record.dataset, record.mask, record.key)).open()
        rows = [
            {"item": f"{index}.png", "index": index, "image_hash": f"i{index}", "hole_hash": f"{record.mask}-{index}"}
            | ({} if hole_ratios is None else {"hole_ratio": hole_ratios[index]})
            | ({} if source is None else {"source": source[index]})
            | {name: values[index] for name, values in scores.items()}
            for index in range(count)
        ]
        writer.append(rows[::-1])  # in another order than the data set's
        writer.seal(record)
        writer.close()
        stored = store.read(writer.folder)
        assert stored is not None
        return stored

    return make
