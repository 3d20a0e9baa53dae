from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from inpaintbench.training.charts import draw_losses, draw_samples
from inpaintbench.training.history import History


def levels(path: Path) -> Any:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_samples_lie_in_rows_with_white_frames(tmp_path: Path) -> None:
    pictures = torch.zeros(5, 3, 4, 6)
    pictures[:, 0] = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])[:, None, None]
    pictures[4, 2] = 7.0  # beyond white
    draw_samples(tmp_path, pictures, columns=3)
    grid = levels(tmp_path / "samples.png")

    assert grid.shape == (2 + 2 * 6, 2 + 3 * 8, 3)
    expected = np.full_like(grid, 255)
    for place, red in enumerate((0, 64, 128, 191, 255)):
        top, left = 2 + place // 3 * 6, 2 + place % 3 * 8
        expected[top : top + 4, left : left + 6] = (red, 0, 255 if place == 4 else 0)
    assert np.array_equal(grid, expected)
    assert [path.name for path in tmp_path.iterdir()] == ["samples.png"]


def test_a_row_is_no_longer_than_there_are_pictures(tmp_path: Path) -> None:
    draw_samples(tmp_path, torch.zeros(2, 3, 4, 4, dtype=torch.bfloat16))

    assert levels(tmp_path / "samples.png").shape == (2 + 6, 2 + 2 * 6, 3)


def test_each_loss_has_a_chart_of_its_own(tmp_path: Path) -> None:
    history, nothing = History(), History()
    for step in range(150):
        history.add(step, {"mse": torch.tensor(100.0**-step), "gan": torch.tensor(-1.0)})
    history.settle()
    (tmp_path / "none").mkdir()
    draw_losses(tmp_path, history, "learner × image_folder[path=/$a^{/$b]")
    draw_losses(tmp_path / "none", nothing, "nothing")
    both, none = levels(tmp_path / "losses.png"), levels(tmp_path / "none/losses.png")

    assert both.shape == (2 * 264, 7 * 120, 3)
    assert none.shape == (264, 7 * 120, 3)
    assert both.std() > 5  # something is drawn
