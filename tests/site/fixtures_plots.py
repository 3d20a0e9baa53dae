"""Hand-made results for the plots: four methods, two masks, sixteen images each, and one training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inpaintbench.cell_writer import CellWriter
from inpaintbench.checkpoints import Card
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.site.contents import Contents
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"><b>bold</b> %{x} $a$ </a>'
IMAGES = 16
SHA = "ab" * 32

PSNR = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)
LPIPS = MetricColumn(
    name="lpips", plugin="lpips", label="LPIPS", unit="", higher_is_better=False, decimals=4, ranked=True, version=1
)

RATIOS = {"circle": [0.05] * 4 + [0.15] * 4 + [0.25] * 8, "square": [0.09] * IMAGES}
"""Of the images under each mask: three bands, and one. Their means are 0.175 and 0.09."""

SHIFTS = {"alpha": 3.0, "beta": 2.0, "gamma": 2.0, HOSTILE: 0.0}
"""Of each method's PSNR on every image, in dB; beta and gamma are equal."""

SECONDS = {"alpha": 0.1, "beta": 0.01, "gamma": 0.5, HOSTILE: 0.001}


def psnr(method: str, mask: str) -> list[float]:
    """Return a method's PSNR: on the circle 20, 21, … and its shift, on the square 4 dB more."""
    return [20.0 + image + SHIFTS[method] + (4.0 if mask == "square" else 0.0) for image in range(IMAGES)]


def store_cell(
    folder: Path, method: str, mask: str, scores: Mapping[str, Sequence[float | None]], **changes: Any
) -> StoredCell:
    """Store a cell of these numbers as a run does, and read it back."""
    metrics = tuple(one for one in (PSNR, LPIPS) if one.name in scores)
    given: dict[str, Any] = {
        "key": f"0{mask}",
        "status": "complete",
        "method": method,
        "dataset": "photos",
        "mask": mask,
        "size": 64,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "identity": {"method": {"code": method}},
        "metrics": metrics,
        "expected": IMAGES,
        "scored": IMAGES,
        "timing": {"seconds_per_image": SECONDS.get(method, 0.01)},
        "finished": "2026-01-01T00:00:00+00:00",
    }
    record = CellRecord(**(given | changes))
    store = Store(folder)
    writer = CellWriter(store.folder(method, record.dataset, record.mask, record.key)).open()
    try:
        writer.append(
            [
                {"item": f"{image}.png", "index": image, "image_hash": f"i{image}", "hole_hash": f"h{image}"}
                | {"hole_ratio": RATIOS[mask][image]}
                | {name: values[image] for name, values in scores.items()}
                for image in range(IMAGES)
            ]
        )
        writer.seal(record)
    finally:
        writer.close()
    stored = store.read(writer.folder)
    assert stored is not None
    return stored


def store_results(folder: Path, **changes: Any) -> list[StoredCell]:
    """Store the results of all methods under both masks; alpha has learned something. LPIPS is a tenth of the PSNR."""
    cells = []
    for number, method in enumerate(SHIFTS):
        learned = {"checkpoint": {"title": "alpha × photos", "sha256": SHA, "size": 64}} if method == "alpha" else {}
        for mask in RATIOS:
            scores = {"psnr": psnr(method, mask), "lpips": [0.1 * one for one in psnr(method, mask)]}
            key = f"{number}{mask}"
            cells.append(store_cell(folder, method, mask, scores, **{"key": key, "environment": learned} | changes))
    return cells


def contents_of(cells: Sequence[StoredCell]) -> Contents:
    """Return what a report of these cells shows."""
    return Contents.of("A report", cells)


def write_training(folder: Path) -> Card:
    """Write the card and the weights of alpha's training, as they lie in a library."""
    card = Card(
        key="k",
        status="complete",
        method="alpha",
        dataset="photos",
        mask="",
        size=64,
        identity={"method": "alpha", "parameters": {}, "dataset": {}, "masks": []},
        steps=300,
        epochs=3.0,
        images=100,
        parameters={"network": 7},
        losses={
            "l2": {"steps": [100.0, 200.0, 300.0], "means": [9.0, 0.5, 0.25]},
            "<b>adversarial</b>": {"steps": [200.0, 300.0], "means": [None, 0.7]},
        },
        warnings=("The discriminator has collapsed.",),
        error="",
        seconds=12.0,
        environment={},
        weights={"sha256": SHA, "bytes": 0, "dtype": "float32"},
        finished="2026-01-01T00:00:00+00:00",
    )
    folder.mkdir(parents=True)
    card.write(folder)
    (folder / "weights.safetensors").touch()
    return card
