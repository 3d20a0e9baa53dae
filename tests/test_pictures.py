"""`fit`: by hand, against torch's antialiased resize, and by property; `as_rgb`."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from inpaintbench.pictures import as_rgb, fit


def columns(height: int, width: int) -> np.ndarray:
    """A picture whose level is the number of the column."""
    return np.broadcast_to(np.arange(width, dtype=np.uint8)[None, :, None], (height, width, 3)).copy()


def rows(height: int, width: int) -> np.ndarray:
    return columns(width, height).transpose(1, 0, 2).copy()


def test_a_picture_of_the_size_is_unchanged() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (17, 17, 3), dtype=np.uint8)
    assert np.array_equal(fit(picture, 17), picture)


@pytest.mark.parametrize(
    ("width", "kept"),
    [(4, [0, 1, 2, 3]), (5, [0, 1, 2, 3]), (6, [1, 2, 3, 4]), (7, [1, 2, 3, 4]), (8, [2, 3, 4, 5])],
)
def test_the_larger_part_of_an_odd_margin_is_on_the_right_and_below(width: int, kept: list[int]) -> None:
    assert fit(columns(4, width), 4)[0, :, 0].tolist() == kept
    assert fit(rows(width, 4), 4)[:, 0, 0].tolist() == kept


PILLOW_ROUNDS = 1.13
"""Pillow rounds after each of its two passes. Half a level of the first reaches the result times the sum of the
cubic's absolute weights, at most 1.25: 0.625 + 0.5 = 1.125; its weights of 14 bits and more add less than 0.005."""


def resized_then_cropped(picture: np.ndarray, width: int, height: int, left: int, top: int, size: int) -> np.ndarray:
    """torch's own antialiased bicubic resize of the whole picture, then the crop."""
    planes = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].double()
    resized = torch.nn.functional.interpolate(planes, (height, width), mode="bicubic", antialias=True)
    whole = resized[0].permute(1, 2, 0).clamp(0, 255).numpy()
    return whole[top : top + size, left : left + size]


@pytest.mark.parametrize(
    ("shape", "size", "width", "height", "left", "top"),
    [
        ((109, 89), 64, 64, 78, 0, 7),  # 109 · 64 / 89 = 78.4; (78 − 64) // 2 = 7
        ((300, 451), 64, 96, 64, 16, 0),  # 451 · 64 / 300 = 96.2; (96 − 64) // 2 = 16
        ((40, 90), 20, 45, 20, 12, 0),  # (45 − 20) // 2 = 12, 13 on the right
        ((40, 91), 20, 46, 20, 13, 0),  # 45.5 goes up to 46
        ((50, 31), 64, 64, 103, 0, 19),  # enlarged: 50 · 64 / 31 = 103.2
    ],
)
def test_it_equals_an_independent_resize_and_a_hand_worked_crop(
    shape: tuple[int, int], size: int, width: int, height: int, left: int, top: int
) -> None:
    picture = data.astronaut()[100 : 100 + shape[0], 20 : 20 + shape[1]]
    picture = data.chelsea() if shape == (300, 451) else picture
    assert picture.shape[:2] == shape
    expected = resized_then_cropped(picture, width, height, left, top, size)
    assert np.abs(fit(picture, size) - expected).max() <= PILLOW_ROUNDS


def test_a_finer_pattern_than_the_result_can_hold_comes_out_grey() -> None:
    checkerboard = np.indices((256, 256)).sum(axis=0) % 2
    picture = as_rgb((checkerboard * 255).astype(np.uint8))
    inner = fit(picture, 32)[2:-2, 2:-2]
    assert set(np.unique(inner)) <= {127, 128}


def test_pillow_resizes_as_it_did_when_the_stored_results_were_made() -> None:
    small = fit(data.chelsea(), 64)
    assert (
        hashlib.sha256(small.tobytes()).hexdigest()
        == "58fc2d949eaf6513fe27d4ec3d1795dee28a6d18e160d2ae76cf1a7173715d70"
    )


def test_a_strip_needs_no_more_memory_than_its_square() -> None:
    strip = np.full((1, 16_384, 3), 9, np.uint8)
    assert np.array_equal(fit(strip, 64), np.full((64, 64, 3), 9, np.uint8))


@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    size=st.integers(1, 40),
    colour=st.tuples(*[st.integers(0, 255)] * 3),
)
@settings(max_examples=60, deadline=None)
def test_one_colour_stays_that_colour(height: int, width: int, size: int, colour: tuple[int, int, int]) -> None:
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = colour
    assert np.array_equal(fit(picture, size), np.broadcast_to(np.array(colour), (size, size, 3)))


def test_the_result_is_writable_and_owns_its_pixels() -> None:
    picture = columns(4, 4)
    fit(picture, 4)[:] = 99
    assert picture.max() == 3


def test_grey_becomes_rgb() -> None:
    grey = np.array([[0, 100], [200, 255]], np.uint8)
    assert as_rgb(grey).tolist() == [[[0] * 3, [100] * 3], [[200] * 3, [255] * 3]]
    colour = data.astronaut()
    assert as_rgb(colour) is colour


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(4, 4, 2\) is no picture: expected \(h, w\) or \(h, w, 3\)"):
        as_rgb(np.zeros((4, 4, 2), np.uint8))


def test_torchs_resize_is_the_same_filter_as_pillows() -> None:
    """What the comparison above rests on: with antialiasing, both use the cubic of a = −0.5."""
    picture = data.astronaut()[:64, :64]
    pillow = np.array(Image.fromarray(picture).resize((31, 31), Image.Resampling.BICUBIC))
    assert np.abs(pillow - resized_then_cropped(picture, 31, 31, 0, 0, 31)).max() <= PILLOW_ROUNDS
