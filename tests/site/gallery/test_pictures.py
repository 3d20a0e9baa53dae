"""What becomes of one image: its error map by hand, files that are what their pixels are, and damage."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.site.gallery.pictures import NoPictureError, encode, error_map, file_name, load, scale, thumbnail_name
from inpaintbench.site.gallery.walls import Row, find_walls
from inpaintbench.stored import StoredCell

Hang = Callable[..., StoredCell]


def first(*cells: StoredCell) -> Row:
    (wall,) = find_walls(Leaderboard.from_cells(cells))
    return wall.rows[0]


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_an_error_map_by_hand() -> None:
    truth = np.full((1, 6, 3), 100, dtype=np.uint8)
    completion = truth.copy()
    completion[0, 1] += 32  # half of the scale
    completion[0, 2] = [100, 100, 196]  # 96 in one of three colours: 32 on average
    completion[0, 3] -= 64  # its end; smaller than the truth, so that unsigned numbers would wrap
    completion[0, 4] = 255
    completion[0, 5] = 255  # outside the hole
    hole = np.array([[True] * 5 + [False]])
    found = error_map(completion, truth, hole)[0].tolist()
    half = 31 * 255 // 63  # the 32nd of 64 steps
    assert found == [0, half, half, 255, 255, 0]


def test_the_scale_is_perceptually_even() -> None:
    lightness = rgb2lab(scale() / 255)[:, 0]
    straight = np.linspace(lightness[0], lightness[-1], 256)
    assert lightness[0] < 1
    assert lightness[-1] > 95
    assert np.abs(lightness - straight).max() < 6
    assert np.diff(lightness).min() > 0


def test_lossless_files_hold_the_very_pixels(hang: Hang) -> None:
    row = first(hang("alpha", {"psnr": [20]}, off=40))
    loaded = load(row, 32)
    encoded = encode(loaded, None)
    composite = loaded.completions[0]
    assert composite is not None
    assert (pixels(encoded.files[file_name(encoded.truth)]) == loaded.truth).all()
    assert (pixels(encoded.files[file_name(encoded.completions[0] or "")]) == composite).all()
    corrupted = pixels(encoded.files[file_name(encoded.corrupted)])
    assert (corrupted[loaded.hole] == 0).all()
    assert (corrupted[~loaded.hole] == loaded.truth[~loaded.hole]).all()
    expected = scale()[error_map(composite, loaded.truth, loaded.hole)]
    assert (pixels(encoded.files[file_name(encoded.errors[0] or "")]) == expected).all()
    assert thumbnail_name(encoded.truth) not in encoded.files


def test_equal_pixels_are_one_file_and_known_ones_are_not_made_again(hang: Hang) -> None:
    row = first(hang("alpha", {"psnr": [20]}), hang("beta", {"psnr": [20]}), hang("gamma", {"psnr": [20]}, off=50))
    loaded = load(row, 32)
    encoded = encode(loaded, 80)
    assert len(set(encoded.completions)) == len(set(encoded.errors)) == 2
    assert len(encoded.files) == 6  # truth, corrupted, two completions, two maps
    assert encode(loaded, 80, known=encoded.files.keys()).files == {}


def test_large_pictures_have_thumbnails(hang: Hang) -> None:
    row = first(hang("alpha", {"psnr": [20]}, size=200))
    encoded = encode(load(row, 200), 90)
    names = [encoded.truth, encoded.corrupted, encoded.completions[0] or "", encoded.errors[0] or ""]
    assert [pixels(encoded.files[thumbnail_name(name)]).shape for name in names] == [(160, 160, 3)] * 4
    assert [pixels(encoded.files[file_name(name)]).shape for name in names] == [(200, 200, 3)] * 4


def damage(cell: StoredCell, kind: str, how: str) -> Path:
    path = cell.folder / "samples" / f"00000-{kind}.png"
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:60])
    elif how == "other":
        Image.new("RGB", (32, 32), "red").save(path)
    else:
        Image.new("RGB", (64, 64)).save(path)
    return path


@pytest.mark.parametrize("how", ["missing", "cut", "larger"])
def test_a_completion_that_cannot_be_read_is_left_out_and_named(hang: Hang, how: str) -> None:
    cells = [hang("alpha", {"psnr": [20]}), hang("beta", {"psnr": [20]})]
    path = damage(cells[1], "composite", how)
    loaded = load(first(*cells), 32)
    assert [one is None for one in loaded.completions] == [False, True]
    (problem,) = loaded.problems
    assert problem.startswith(f"{path} ")


@pytest.mark.parametrize("how", ["missing", "cut", "larger", "other"])
@pytest.mark.parametrize("kind", ["image", "hole"])
def test_another_method_lends_truth_and_hole(hang: Hang, kind: str, how: str) -> None:
    cells = [hang("alpha", {"psnr": [20]}), hang("beta", {"psnr": [20]})]
    path = damage(cells[0], kind, how)
    loaded = load(first(*cells), 32)
    assert all(one is not None for one in loaded.completions)
    (problem,) = loaded.problems
    assert str(path) in problem
    with pytest.raises(NoPictureError, match=f"00000-{kind}.png"):
        load(first(cells[0]), 32)
