"""Saved pictures are found, and read as they were written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaintbench.errors import StoreError
from inpaintbench.execution.evaluating.samples import save_samples
from inpaintbench.samples import Sample, file_name, saved


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    """Return a cell's folder with the pictures of images 3 and 12."""
    image = torch.arange(2 * 3 * 16).reshape(2, 3, 4, 4) / 255
    hole = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    hole[:, :, 1, 2] = True
    save_samples(tmp_path / "samples", [3, 12], image, image * ~hole, hole, image.flip(0))
    return tmp_path


def test_what_was_saved_is_found_and_read(cell: Path) -> None:
    found = saved(cell)

    assert list(found) == [3, 12]
    levels = np.arange(2 * 3 * 16, dtype=np.uint8).reshape(2, 3, 4, 4).transpose(0, 2, 3, 1)
    assert np.array_equal(found[3].read("image", 4), levels[0])
    assert np.array_equal(found[3].read("composite", 4), levels[1])
    assert np.argwhere(found[12].read("hole", 4)[..., 0]).tolist() == [[1, 2]]
    assert found[12].read("corrupted", 4)[1, 2].tolist() == [0, 0, 0]


def test_a_cell_may_have_none(tmp_path: Path) -> None:
    assert saved(tmp_path) == {}


def test_other_files_are_no_samples(cell: Path) -> None:
    for name in ("x-composite.png", "7-image.png", "00007-other.png", "-composite.png", "notes.txt"):
        (cell / "samples" / name).touch()

    assert list(saved(cell)) == [3, 12]


def test_more_than_a_hundred_thousand_images_have_names(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for index in (5, 123_456):
        (tmp_path / "samples" / file_name(index, "composite")).touch()

    assert list(saved(tmp_path)) == [5, 123_456]


def test_what_cannot_be_read_says_why(cell: Path) -> None:
    sample = saved(cell)[3]
    with pytest.raises(StoreError, match=r"00003-image\.png cannot be read: it has 4 × 4 pixels, expected 5 × 5"):
        sample.read("image", 5)
    sample.path("image").write_bytes(b"no picture")
    with pytest.raises(StoreError, match=r"00003-image\.png cannot be read: cannot identify image file"):
        sample.read("image", 4)
    sample.path("image").unlink()
    with pytest.raises(StoreError, match=r"00003-image\.png is missing"):
        sample.read("image", 4)


def test_only_png_is_read(cell: Path) -> None:
    path = Sample(cell / "samples", 3).path("image")
    Image.new("RGB", (4, 4)).save(path, format="GIF")

    with pytest.raises(StoreError, match=re.escape(str(path))):
        Sample(cell / "samples", 3).read("image", 4)
