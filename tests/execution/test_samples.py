"""Sample pictures: exact, readable by anyone, and all of them where a run is told so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inpaintbench.execution.evaluating.samples import save_samples

KINDS = ["composite", "corrupted", "hole", "image"]


def read(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as picture:
        return np.array(picture)


def test_what_is_saved_is_what_was_scored(tmp_path: Path) -> None:
    levels = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5) * 2
    image = levels.float() / 255
    hole = torch.zeros(2, 1, 4, 5, dtype=torch.bool)
    hole[1, 0, 2, 3] = True
    corrupted = image.masked_fill(hole, 0.0)
    composite = image.masked_fill(hole, 1.0)

    save_samples(tmp_path / "samples", [3, 12], image, corrupted, hole, composite)

    saved = {path.name: read(path) for path in (tmp_path / "samples").iterdir()}
    assert sorted(saved) == [f"{index:05d}-{kind}.png" for index in (3, 12) for kind in KINDS]
    assert np.array_equal(saved["00003-image.png"], levels[0].permute(1, 2, 0))
    assert np.array_equal(saved["00003-composite.png"], saved["00003-image.png"])
    assert not saved["00003-hole.png"].any()
    assert saved["00012-hole.png"].dtype == np.uint8
    assert saved["00012-hole.png"].tolist() == (hole[1, 0] * 255).tolist()
    assert saved["00012-corrupted.png"][2, 3].tolist() == [0, 0, 0]
    assert saved["00012-composite.png"][2, 3].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("samples", "expected"), [(0, []), (2, [0, 1]), (None, [0, 1, 2, 3, 4, 5])])
def test_a_run_saves_as_many_as_it_is_told(run: Any, samples: int | None, expected: list[int]) -> None:
    (cell,) = run(samples=samples, batch_size=4).cells

    saved = sorted(path.name for path in (cell.folder / "samples").glob("*"))
    assert saved == [f"{index:05d}-{kind}.png" for index in expected for kind in KINDS]


def test_a_picture_that_cannot_be_decoded_has_no_sample_and_leaves_its_number_free(run: Any) -> None:
    (cell,) = run(datasets=["drawn[fault=unreadable]"], samples=None).cells  # items 1 and 4

    saved = {path.name.partition("-")[0] for path in (cell.folder / "samples").glob("*")}
    assert sorted(saved) == ["00000", "00002", "00003", "00005"]
