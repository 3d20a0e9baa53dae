"""Stored cells with numbers of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.comparing.differences import Differences, find_columns, find_differences
from inpaintbench.comparing.pairs import pair_methods, pair_runs
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

StoreCell = Callable[..., StoredCell]
Compare = Callable[..., Differences]

METRICS = {
    name: MetricColumn(
        name=name, plugin=name, label=label, unit=unit, higher_is_better=up, decimals=2, ranked=ranked, version=1
    )
    for name, label, unit, up, ranked in (
        ("psnr", "PSNR", "dB", True, True),
        ("lpips", "LPIPS", "", False, True),
        ("psnr_hole", "PSNR (hole)", "dB", True, False),
        ("l1", "L1", "%", False, False),
    )
}


@pytest.fixture
def store_cell(tmp_path: Path) -> StoreCell:
    """Return a function that stores a cell with these numbers of each image, and reads it back.

    `run` is the results folder; `holes` and `items` tell apart what is another hole, or another picture. `source` tells
    of what photograph each image is.
    """

    def make(
        method: str,
        scores: Mapping[str, Sequence[float | None]],
        *,
        run: str = "run",
        dataset: str = "photos",
        mask: str = "circle",
        holes: Sequence[str] | None = None,
        items: Sequence[str] | None = None,
        source: Sequence[str] | None = None,
        hole_ratio: float = 0.25,
        **changes: Any,
    ) -> StoredCell:
        count = len(next(iter(scores.values())))
        known = {name: [one for one in own if one is not None] for name, own in scores.items()}
        given: dict[str, Any] = {"status": "complete", "size": 64, "seed": 0, "limit": None, "protocol": 1}
        given |= {"identity": {}, "metrics": tuple(METRICS[name] for name in scores), "expected": count}
        given |= {"scored": count, "finished": "2026-01-01", "key": f"{len(list(tmp_path.rglob('cell.json'))):04d}"}
        given |= {"means": {name: math.fsum(own) / len(own) if own else None for name, own in known.items()}}
        record = CellRecord(method=method, dataset=dataset, mask=mask, **(given | changes))
        store = Store(tmp_path / run)
        writer = CellWriter(store.folder(method, dataset, mask, record.key)).open()
        names = items or [f"{index}.png" for index in range(count)]
        under = holes or [f"{mask}-{name}" for name in names]
        rows = [
            {"item": names[index], "index": index, "image_hash": f"{dataset}-{names[index]}", "hole_ratio": hole_ratio}
            | {"hole_hash": under[index]}
            | ({} if source is None else {"source": source[index]})
            | {name: values[index] for name, values in scores.items()}
            for index in range(count)
        ]
        if record.status == "complete":
            writer.append(rows)
        writer.seal(record)
        writer.close()
        stored = store.read(writer.folder)
        assert stored is not None
        return stored

    return make


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Return a function that compares two methods of one run, or the runs `a` and `b`."""

    def compare(*methods: str, metrics: Sequence[str] | None = None, **options: Any) -> Differences:
        def board(run: str) -> Leaderboard:
            return Leaderboard.from_cells(Store(tmp_path / run).scan())

        pairing = pair_methods(board("run"), *methods) if methods else pair_runs(("a", board("a")), ("b", board("b")))
        return find_differences(pairing, find_columns(pairing, metrics), **options)

    return compare
