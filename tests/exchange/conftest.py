"""What the tests of exports share: a folder of four pictures of 16 pixels, and an export of them under two masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from PIL import Image

from inpaintbench.exchange.export import Export, Polarity, export
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.suite import Suite

ODD = Path(__file__).with_name("odd_pictures.py")
Exporting: TypeAlias = Callable[..., Export]


@pytest.fixture
def registry() -> Registry:
    return load_registry([str(ODD)])


@pytest.fixture
def suite() -> Suite:
    return Suite(
        name="small",
        methods=("mean_fill",),
        datasets=("image_folder[path=photographs]",),
        masks=("random_rectangle", "random_pixels"),
        metrics=("psnr", "ssim"),
        size=16,
        seed=3,
    )


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of pictures that no decoding changes; the current folder is the one in which it lies."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photographs"
    folder.mkdir()
    drawn = np.random.default_rng(0)
    for index in range(4):
        Image.fromarray(drawn.integers(1, 256, (16, 16, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def exported(photographs: Path, suite: Suite, registry: Registry) -> Exporting:
    """Return a function that exports the suite to a folder."""

    def exported(folder: Path, hole: Polarity = "white", **changes: object) -> Export:
        return export(suite.replace(**changes), registry, folder, hole)

    return exported
