from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inpaintbench.execution.planning.plan import Plan

Look = Callable[..., Plan]


def test_keys_depend_on_neither_other_cells_nor_order(look: Look) -> None:
    def keys(**changes: Any) -> dict[tuple[str, str, str], str]:
        return {planned.cell.names: planned.cell.key for planned in look(**changes)}

    alone = keys(metrics=("psnr", "ssim"))
    many = keys(methods=("fill3", "fill1", "broken_method"), masks=("full2", "full1"), metrics=("ssim", "psnr"))

    assert many.items() >= alone.items()
    assert len(set(many.values())) == len(many) == 6


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 17},
        {"seed": 1},
        {"limit": 2},
        {"methods": ("fill1[gain=2]",)},
        {"methods": ("fill2",)},
        {"datasets": ("drawn[count=4]",)},
        {"masks": ("full2",)},
        {"metrics": ("psnr", "l1")},
    ],
)
def test_keys_depend_on_all_that_numbers_depend_on(look: Look, changes: dict[str, Any]) -> None:
    (first,), (other,) = look(), look(**changes)

    assert first.cell.key != other.cell.key


def test_a_default_written_out_gives_the_same_key(look: Look) -> None:
    (first,), (other,) = look(), look(methods=("fill1[gain=1]",), datasets=("drawn[count=3]",))

    assert first.cell.key == other.cell.key
    assert first.folder == other.folder


def paint(folder: Path, *levels: int) -> str:
    folder.mkdir(parents=True)
    for index, level in enumerate(levels):
        Image.new("RGB", (20, 20), (level, 0, 0)).save(folder / f"{index}.png")
    return f"image_folder[path={folder}]"


def test_the_same_pictures_elsewhere_give_the_same_key(look: Look, tmp_path: Path) -> None:
    (here,) = look(datasets=(paint(tmp_path / "here", 1, 2),))
    (there,) = look(datasets=(paint(tmp_path / "there/deep", 1, 2),))
    (other,) = look(datasets=(paint(tmp_path / "other", 1, 3),))

    assert here.cell.key == there.cell.key
    assert here.cell.key != other.cell.key
    assert here.cell.names != there.cell.names


def test_the_same_masks_elsewhere_give_the_same_key_and_the_same_seeds(look: Look, tmp_path: Path) -> None:
    def mask(folder: Path, level: int) -> str:
        folder.mkdir()
        picture = Image.new("L", (16, 16), 0)
        picture.paste(255, (0, 0, level, level))
        picture.save(folder / "mask.png")
        return f"mask_folder[path={folder}]"

    (here,), (there,), (other,) = (
        look(masks=(mask(tmp_path / name, side),)) for name, side in (("here", 4), ("there", 4), ("other", 5))
    )
    assert here.cell.key == there.cell.key != other.cell.key
    assert here.cell.mask.seed_name == there.cell.mask.seed_name != other.cell.mask.seed_name
