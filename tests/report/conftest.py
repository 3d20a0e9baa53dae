"""Hand-made cells, so that tables can be tested without running anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.api import MetricSpec
from inpaintbench.cell_writer import CellWriter
from inpaintbench.execution.chosen import ChosenMetric
from inpaintbench.metrics import register_metrics
from inpaintbench.plugins import PluginSource
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.selectors import Selection
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

MakeMetric = Callable[..., MetricColumn]
MakeCell = Callable[..., StoredCell]
StoreCell = Callable[..., StoredCell]

WEIGHTS = {"lpips": "ab12cd" + 58 * "0"}


def protocol_column(spec: MetricSpec) -> MetricColumn:
    """Return the column that the metric has in a run that leaves its parameters alone."""
    values = tuple((one.name, one.default) for one in spec.parameters if one.default is not None)
    selection = Selection(spec, PluginSource("bundled", "inpaintbench"), values)
    return ChosenMetric(selection, weights=WEIGHTS.get(spec.name, "")).column


METRICS = {column.name: column for column in (protocol_column(spec) for spec in register_metrics() if spec.default)}


@pytest.fixture(scope="session")
def make_metric() -> MakeMetric:
    """Return a function that makes a metric's column: one of the protocol's, changed as asked for."""

    def make(metric: str, **changes: Any) -> MetricColumn:
        return dataclasses.replace(METRICS[metric], **changes)

    return make


@pytest.fixture(scope="session")
def make_cell() -> MakeCell:
    """Return a function that makes a complete cell of 64 images with these means, changed as asked for.

    A `key` of its own stands for other code of the method, unless `identity` says what differs.
    """

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
            "identity": {"method": {"code": changes.get("key", "")}},
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


@pytest.fixture
def store_cell(tmp_path: Path, make_cell: MakeCell) -> StoreCell:
    """Return a function that stores a complete cell with the records of its images, as a run does.

    Its metrics are those of the protocol that its images have numbers of.
    """

    def store(method: str, images: Sequence[Mapping[str, Any]], **changes: Any) -> StoredCell:
        means = {name: None for one in images for name in one if name in METRICS}
        record = make_cell(method, means, **{"expected": len(images), "scored": len(images), **changes}).record
        root = Store(tmp_path)
        folder = root.folder(record.method, record.dataset, record.mask, record.key)
        writer = CellWriter(folder).open()
        try:
            writer.append([{"item": f"{index}.png", "index": index, **one} for index, one in enumerate(images)])
            writer.seal(record)
        finally:
            writer.close()
        stored = root.read(folder)
        assert stored is not None
        return stored

    return store
