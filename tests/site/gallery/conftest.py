"""Cells with pictures that were made by hand, and a gallery of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib import resources
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inpaintbench.cell_writer import CellWriter
from inpaintbench.holes import hash_of
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.site.contents import Contents
from inpaintbench.site.gallery import pages
from inpaintbench.site.pages import Printer
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

Scores = Mapping[str, Sequence[float | None]]
Hang = Callable[..., StoredCell]

HOSTILE = '"><img src=x onerror=alert(1)>'

METRICS = {
    "psnr": MetricColumn(
        name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
    ),
    "l1": MetricColumn(
        name="l1", plugin="l1", label="L1", unit="%", higher_is_better=False, decimals=1, ranked=True, version=1
    ),
}

# Means over methods in PSNR: 22, 30, 17.5, 21, none; ranges: 4, 0, 15, 13, none.
# In L1: 2, 6, 1, 4.33, 5; 2, 3, 0, 1, 7.
SCORES: dict[str, Scores] = {
    "alpha": {"psnr": [20, 30, 10, 28, None], "l1": [1, 5, 1, 4, 9]},
    "beta": {"psnr": [22, 30, 25, 20, None], "l1": [2, 5, 1, 4, 2]},
    HOSTILE: {"psnr": [24, 30, None, 15, None], "l1": [3, 8, 1, 5, 4]},
}


def noise(seed: int, size: int) -> np.ndarray:
    """Return a picture that no encoder can make small."""
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def ramp(seed: int, size: int) -> np.ndarray:
    """Return a smooth picture, unlike that of any other seed."""
    steps = np.linspace(0, 200, size)
    return np.stack([np.add.outer(steps, steps) / 2 + 7 * seed, *2 * [np.tile(steps, (size, 1))]], axis=-1).astype("u1")


def centre(size: int) -> np.ndarray:
    """Return a hole of a quarter of the pixels, in the middle."""
    hole = np.zeros((size, size), dtype=bool)
    hole[size // 4 : 3 * size // 4, size // 4 : 3 * size // 4] = True
    return hole


class Studio:
    """Stores cells with pictures below a folder."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)

    def hang(
        self,
        method: str,
        scores: Scores,
        *,
        picture: Callable[[int, int], np.ndarray] = ramp,
        saved: int | None = None,
        off: int = 10,
        images: Sequence[Mapping[str, Any]] = (),
        **changes: Any,
    ) -> StoredCell:
        """Store a complete cell.

        Args:
            method: its selector.
            scores: of each metric one number an image.
            picture: makes the truth of an image from its index and size.
            saved: of so many images pictures are saved; of all if None.
            off: how many levels the completion is brighter than the truth.
            images: what the records say otherwise, one an image.
            changes: of the cell's record.
        """
        count = len(next(iter(scores.values())))
        fields: dict[str, Any] = {
            "key": sha256(f"{method} {changes}".encode()).hexdigest()[:16],
            "status": "complete",
            "method": method,
            "dataset": "photos",
            "mask": "square",
            "size": 32,
            "seed": 0,
            "limit": None,
            "protocol": 1,
            "identity": {"method": {"code": ""}},
            "metrics": tuple(METRICS[name] for name in scores),
            "expected": count,
            "scored": count,
            "finished": "2026-01-01T00:00:00+00:00",
        } | changes
        record = CellRecord(**fields)
        folder = self.store.folder(record.method, record.dataset, record.mask, record.key)
        writer = CellWriter(folder).open()
        try:
            if record.status != "complete":
                writer.fail(record)
            else:
                hole = centre(record.size)
                rows = []
                writer.samples.mkdir()
                for index in range(count):
                    truth = picture(index, record.size)
                    row = {
                        "item": f"item-{index}",
                        "index": index,
                        "hole_ratio": float(hole.mean()),
                        "image_hash": hash_of(truth),
                        "hole_hash": hash_of(hole),
                        **{name: numbers[index] for name, numbers in scores.items()},
                    }
                    rows.append(row | (dict(images[index]) if images else {}))
                    if saved is None or index < saved:
                        composite = np.where(hole[..., None], truth + np.uint8(off), truth)
                        self.save(writer.samples, index, truth, hole, composite)
                writer.append(rows)
                writer.seal(record)
        finally:
            writer.close()
        cell = self.store.read(folder)
        assert cell is not None
        return cell

    @staticmethod
    def save(folder: Path, index: int, truth: np.ndarray, hole: np.ndarray, composite: np.ndarray) -> None:
        """Write the pictures of one image, as a run does."""
        files = {
            "image": truth,
            "hole": hole.astype(np.uint8) * np.uint8(255),
            "corrupted": np.where(hole[..., None], np.uint8(0), truth),
            "composite": composite,
        }
        for name, pixels in files.items():
            Image.fromarray(pixels).save(folder / f"{index:05d}-{name}.png")


@pytest.fixture
def hang(tmp_path: Path) -> Hang:
    """Return a function that stores a cell with pictures; see `Studio.hang`."""
    return Studio(tmp_path / "results").hang


def build(cells: Sequence[StoredCell], site: Path, megabytes: float = 50) -> str:
    """Write a gallery and nothing else; return its page."""
    contents = Contents.of("Report", cells)
    site.mkdir()
    printer = Printer(site, "Report")
    for page in pages(contents, site, megabytes):
        printer.write(page)
    with resources.as_file(resources.files("inpaintbench.site") / "assets") as assets:
        copytree(assets, site / "assets")
    return (site / "gallery.html").read_text(encoding="utf-8")


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a gallery of cells below `tmp_path / "site"`, and returns its page."""
    return lambda cells, megabytes=50: build(cells, tmp_path / "site", megabytes)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a gallery of three groups: `g1` with `SCORES`, `g2` of 200 pixels, and `g3` with many rows."""
    folder = tmp_path_factory.mktemp("gallery")
    studio = Studio(folder / "results")
    cells = [studio.hang(method, scores, off=10 * step) for step, (method, scores) in enumerate(SCORES.items(), 1)]
    cells += [
        studio.hang("alpha", {"psnr": [20, 30]}, mask="square[large=1]", size=200, saved=1),
        studio.hang("alpha", {"psnr": list(range(25))}, mask="squares", size=16),
        studio.hang(
            "gamma",
            {"psnr": []},
            mask="squares",
            size=16,
            status="oom",
            error={"message": "<b>no memory</b>"},
            scored=0,
        ),
    ]
    build(cells, folder / "site")
    return folder / "site"
