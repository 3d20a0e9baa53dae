"""Records of cells that nobody has run, and the folders that they would lie in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from inpaintbench.records import CellRecord
from inpaintbench.store import Store

Cell: TypeAlias = Callable[..., tuple[CellRecord, Path]]


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    """Return a function that makes a record with changes, and the cell's folder below `tmp_path`, with two samples.

    The pictures are flat and of the record's size: image 10, corrupted 20, composite 30; those of the second, 100 more.
    """

    def cell(samples: int = 2, **changes: Any) -> tuple[CellRecord, Path]:
        names = {"method": "tv", "dataset": "photos", "mask": "circle[diameter=20]", "key": "0123456789abcdef"}
        counts = {"size": 64, "seed": 0, "limit": None, "protocol": 1, "expected": 4, "scored": 3}
        given: dict[str, Any] = {
            **names,
            **counts,
            "status": "complete",
            "identity": {},
            "metrics": (),
            "unreadable": ({"item": "a", "reason": "damaged"},),
            "unconverged": 2,
            "clamped": 1,
            "means": {"psnr": 25.5, "lpips[net=squeeze]": 0.25},
            "timing": {"seconds_per_image": 0.125, "wall_seconds": 3.0},
            "memory": {"peak_bytes": 2_000_000_000, "counts": "all"},
            "started": "2026-01-01T00:00:00.000+00:00",
            "finished": "2026-01-01T00:00:03.000+00:00",
        }
        record = CellRecord(**given | changes)
        folder = Store(tmp_path).folder(record.method, record.dataset, record.mask, record.key)
        (folder / "samples").mkdir(parents=True, exist_ok=True)
        for index in range(samples):
            for level, name in ((10, "image"), (20, "corrupted"), (30, "composite")):
                picture = np.full((record.size, record.size, 3), level + 100 * (index % 2), np.uint8)
                Image.fromarray(picture).save(folder / "samples" / f"{index:05d}-{name}.png")
        return record, folder

    return cell
