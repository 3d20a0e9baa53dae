"""The method that hands over what was filled finds each picture, and sees when it is another one."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaintbench.api import Batch
from inpaintbench.errors import InvalidOutputError, StoreError
from inpaintbench.exchange.export import Export
from inpaintbench.exchange.filled import Filled


@pytest.fixture
def done(exported: Callable[..., Export], tmp_path: Path) -> Export:
    """Return an export whose pictures came back with each hole filled with the picture's number."""
    done = exported(tmp_path / "out")
    for number, entry in enumerate(done.manifest.entries):
        levels, hole = levels_of(tmp_path, "pictures", entry.file), levels_of(tmp_path, "holes", entry.file)
        Image.fromarray(np.where(hole[..., None] == 255, number, levels).astype(np.uint8)).save(
            tmp_path / "out/filled" / entry.file
        )
    return done


def levels_of(folder: Path, kind: str, file: str) -> np.ndarray:
    return np.asarray(Image.open(folder / "out" / kind / file))


def batch_of(done: Export, folder: Path, *numbers: int) -> Batch:
    entries = [done.manifest.entries[number] for number in numbers]
    pictures = np.stack([levels_of(folder, "pictures", entry.file) for entry in entries])
    holes = np.stack([levels_of(folder, "holes", entry.file) == 255 for entry in entries])
    corrupted = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(255)
    return Batch(corrupted, torch.from_numpy(holes)[:, None], tuple(entry.seed for entry in entries))


def method(folder: Path) -> Filled:
    return Filled(manifest=str(folder / "out/manifest.json"), path=str(folder / "out/filled"))


def test_each_picture_is_found_in_any_order(done: Export, tmp_path: Path) -> None:
    order = [5, 0, 7, 2]
    batch = batch_of(done, tmp_path, *order)
    image = method(tmp_path).complete(batch).image

    assert image.dtype == torch.float32
    for position, number in enumerate(order):
        inside = image[position][batch.hole[position].expand(3, -1, -1)]
        assert torch.equal(inside, torch.full_like(inside, number / 255))


def test_it_survives_pickling(done: Export, tmp_path: Path) -> None:
    batch = batch_of(done, tmp_path, 1)
    copy = pickle.loads(pickle.dumps(method(tmp_path)))

    assert torch.equal(copy.complete(batch).image, method(tmp_path).complete(batch).image)


def test_altered_known_pixels_are_counted(done: Export, tmp_path: Path) -> None:
    entry = done.manifest.entries[0]
    levels = levels_of(tmp_path, "filled", entry.file).astype(np.int16)
    known = np.argwhere(levels_of(tmp_path, "holes", entry.file) == 0)
    (first, second) = known[:2]
    levels[tuple(first)] += np.where(levels[tuple(first)] > 127, [-9, 0, 0], [9, 0, 0])
    levels[tuple(second)] += np.where(levels[tuple(second)] > 127, [0, -2, -1], [0, 2, 1])
    Image.fromarray(levels.astype(np.uint8)).save(tmp_path / "out/filled" / entry.file)
    told = method(tmp_path).complete(batch_of(done, tmp_path, 0, 1)).diagnostics

    assert {name: values.tolist() for name, values in told.items()} == {"altered": [2, 0], "altered_levels": [9, 0]}


@pytest.mark.parametrize("change", ["picture", "seed", "hole"])
def test_what_was_not_exported_is_refused(done: Export, tmp_path: Path, change: str) -> None:
    batch = batch_of(done, tmp_path, 0)
    if change == "picture":
        batch = Batch(batch.corrupted.where(batch.corrupted != batch.corrupted.max(), 0), batch.hole, batch.seeds)
    elif change == "seed":
        batch = Batch(batch.corrupted, batch.hole, (batch.seeds[0] + 1,))
    else:  # a hole is seen in what is black
        batch = Batch(batch.corrupted * ~batch.hole.flip(-1), batch.hole | batch.hole.flip(-1), batch.seeds)

    with pytest.raises(InvalidOutputError, match="is not as it was exported"):
        method(tmp_path).complete(batch)


def test_one_seed_of_two_folders_does_not_mix_their_pictures(
    exported: Callable[..., Export], photographs: Path, tmp_path: Path
) -> None:
    (tmp_path / "others").mkdir()
    Image.fromarray(255 - np.asarray(Image.open(photographs / "0.png"))).save(tmp_path / "others/0.png")
    datasets = ("image_folder[path=photographs]", "image_folder[path=others]")
    done = exported(tmp_path / "out", datasets=datasets, masks=("random_pixels",))
    for number, entry in enumerate(done.manifest.entries):
        Image.new("RGB", (16, 16), (number, number, number)).save(tmp_path / "out/filled" / entry.file)
    first, last = done.manifest.entries[0], done.manifest.entries[4]

    assert (first.seed, first.item) == (last.seed, last.item)
    image = method(tmp_path).complete(batch_of(done, tmp_path, 4, 0)).image
    assert image[:, 0, 0, 0].mul(255).tolist() == [4, 0]


def test_without_a_manifest_there_is_no_method(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Expected a folder that `bench export` wrote"):
        method(tmp_path)
