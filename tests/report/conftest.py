"""Hand-made cells, so that tables can be tested without running anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.records import CellRecord, MetricColumn, StoredCell

MakeMetric = Callable[..., MetricColumn]
MakeCell = Callable[..., StoredCell]

METRICS = {
    one.name: one
    for one in (
        MetricColumn(
            name="psnr",
            plugin="psnr",
            label="PSNR",
            unit="dB",
            higher_is_better=True,
            decimals=2,
            ranked=True,
            version=1,
        ),
        MetricColumn(
            name="ssim", plugin="ssim", label="SSIM", unit="", higher_is_better=True, decimals=4, ranked=True, version=1
        ),
        MetricColumn(
            name="lpips[net=squeeze]",
            plugin="lpips",
            label="LPIPS (squeeze)",
            unit="",
            higher_is_better=False,
            decimals=4,
            ranked=True,
            version=1,
            weights="ab12cd" + 58 * "0",
        ),
        MetricColumn(
            name="l1", plugin="l1", label="L1", unit="", higher_is_better=False, decimals=4, ranked=False, version=1
        ),
        MetricColumn(
            name="psnr_hole",
            plugin="psnr_hole",
            label="hole PSNR",
            unit="dB",
            higher_is_better=True,
            decimals=2,
            ranked=False,
            version=1,
        ),
    )
}


@pytest.fixture(scope="session")
def make_metric() -> MakeMetric:
    """Return a function that makes a metric's column: one of the protocol's, changed as asked for."""

    def make(metric: str, **changes: Any) -> MetricColumn:
        return dataclasses.replace(METRICS[metric], **changes)

    return make


@pytest.fixture(scope="session")
def make_cell() -> MakeCell:
    """Return a function that makes a complete cell of 64 images with these means, changed as asked for."""

    def make(method: str, means: Mapping[str, float | None] | None = None, **changes: Any) -> StoredCell:
        means = dict(means or {})
        fields: dict[str, Any] = {
            "status": "complete",
            "method": method,
            "dataset": "photos",
            "mask": "center_square[side=20]",
            "size": 64,
            "seed": 0,
            "limit": None,
            "protocol": 1,
            "identity": {},
            "metrics": tuple(METRICS[name] for name in means if name in METRICS),
            "expected": 64,
            "scored": 64,
            "means": means,
            "timing": {"seconds_per_image": 0.0125},
            "finished": "2026-01-01T00:00:00+00:00",
        }
        fields.update(changes)
        if fields["status"] != "complete":
            fields.update(means={}, scored=changes.get("scored", 0))
        key = "-".join(str(fields[name]) for name in ("method", "dataset", "mask", "size", "seed", "limit"))
        return StoredCell(Path("nowhere"), CellRecord(**{"key": key, **fields}))

    return make
