import errno
import os
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Bool, UInt8
from PIL import Image

from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.mask_folder import MaskFolder, fit_mask, missing_in


def half(height: int = 8, width: int = 8) -> UInt8[np.ndarray, "h w"]:
    """A mask of which the left half is white."""
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[:, : width // 2] = 255
    return mask


def save(folder: Path, **masks: UInt8[np.ndarray, "h w"]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, mask in masks.items():
        Image.fromarray(mask).save(folder / f"{name}.png")
    return str(folder)


def draw(path: str, size: int = 8, seed: int = 0, **parameters: str) -> Bool[np.ndarray, "h w"]:
    return MaskFolder(path, **parameters).draw(size, size, RandomStream(seed))  # type: ignore[arg-type]


def test_white_or_black_is_missing_as_asked(tmp_path: Path) -> None:
    path = save(tmp_path, one=half())

    assert np.array_equal(draw(path), half() == 255)
    assert np.array_equal(draw(path, hole="white"), half() == 255)
    assert np.array_equal(draw(path, hole="black"), half() == 0)


def test_levels_are_split_at_half_of_white(tmp_path: Path) -> None:
    path = save(tmp_path, ramp=np.array([[0, 100, 127, 128, 200, 255]] * 6, dtype=np.uint8))

    assert draw(path, size=6)[0].tolist() == [False, False, False, True, True, True]


def test_colours_are_split_by_the_mean_of_their_channels(tmp_path: Path) -> None:
    colours = np.array([[[255, 128, 0], [255, 127, 0]], [[0, 0, 0], [255, 255, 255]]], dtype=np.uint8)
    Image.fromarray(colours).save(tmp_path / "colours.png")

    assert draw(str(tmp_path), size=2).tolist() == [[True, False], [False, True]]


def test_a_one_bit_and_a_palette_mask_are_read_as_a_viewer_shows_them(tmp_path: Path) -> None:
    save(tmp_path / "one_bit")
    Image.fromarray(half()).convert("1").save(tmp_path / "one_bit" / "mask.png")
    save(tmp_path / "palette")
    swapped = Image.fromarray((half() == 0).astype(np.uint8))
    swapped.putpalette([255, 255, 255, 0, 0, 0])
    swapped.save(tmp_path / "palette" / "mask.png")

    assert np.array_equal(draw(str(tmp_path / "one_bit")), half() == 255)
    assert np.array_equal(draw(str(tmp_path / "palette")), half() == 255)


def test_halving_takes_the_pixel_right_below_the_middle_of_each_four() -> None:
    mask = np.arange(64).reshape(8, 8)

    expected = [[9, 11, 13, 15], [25, 27, 29, 31], [41, 43, 45, 47], [57, 59, 61, 63]]
    for bit in range(6):  # the numbers 0 … 63, one bit at a time
        fitted = fit_mask((mask >> bit & 1).astype(np.bool_), 4, 4)
        assert np.array_equal(fitted, (np.array(expected) >> bit & 1).astype(np.bool_))


# Pillow adds up the step from pixel to pixel in floating point. At these sizes its sums meet no whole
# number that rounding errors could miss, as they do at 512 → 100.
@pytest.mark.parametrize(("mask_size", "size"), [(512, 64), (500, 64), (64, 512), (7, 5), (5, 7)])
def test_resizing_agrees_with_pillows_nearest_neighbour(mask_size: int, size: int) -> None:
    mask = np.random.default_rng(0).random((mask_size, mask_size)) < 0.5

    theirs = np.asarray(Image.fromarray(mask).resize((size, size), Image.Resampling.NEAREST))

    assert np.array_equal(fit_mask(mask, size, size), theirs)


def test_an_oblong_mask_is_cropped_about_its_centre() -> None:
    wide = np.zeros((4, 9), dtype=np.bool_)
    wide[:, 2:6] = True  # of the margin of five columns two are on the left

    assert fit_mask(wide, 4, 4).all()
    assert fit_mask(wide.T, 4, 4).all()
    assert np.array_equal(fit_mask(wide, 4, 9), wide)


def test_the_same_stream_draws_the_same_mask_and_others_draw_the_others(tmp_path: Path) -> None:
    masks = {f"mask{row}": np.zeros((8, 8), dtype=np.uint8) for row in range(4)}
    for row, mask in enumerate(masks.values()):
        mask[row] = 255
    path = save(tmp_path, **masks)

    rows = [int(np.argwhere(draw(path, seed=seed))[0, 0]) for seed in range(400)]

    assert rows == [int(np.argwhere(draw(path, seed=seed))[0, 0]) for seed in range(400)]
    chi_square = sum((rows.count(row) - 100) ** 2 / 100 for row in range(4))
    assert chi_square < 16.27  # 99.9 % of chi-square with 3 degrees of freedom


def test_the_mask_is_the_one_at_the_drawn_place_of_the_sorted_paths(tmp_path: Path) -> None:
    masks = {f"mask{row}": np.zeros((8, 8), dtype=np.uint8) for row in range(8)}
    for row, mask in enumerate(masks.values()):
        mask[row] = 255
    path = save(tmp_path, **masks)

    for seed in range(20):
        row = RandomStream(seed).integer(0, 7)
        assert draw(path, seed=seed)[row].all()


def test_masks_that_come_out_empty_or_full_are_drawn_as_they_are(tmp_path: Path) -> None:
    thin = np.zeros((64, 64), dtype=np.uint8)
    thin[0] = 255  # lost at 8 pixels, where the rows 4, 12, … are taken
    path = save(tmp_path, full=np.full((8, 8), 255, np.uint8), good=half(), thin=thin)

    # Whoever asked draws again with another stream: a mask must not read on in its own.
    assert {int(draw(path, seed=seed).sum()) for seed in range(50)} == {0, 32, 64}


def test_a_mask_that_cannot_be_decoded_is_passed_over(tmp_path: Path) -> None:
    path = save(tmp_path, good=half())
    (tmp_path / "cut.png").write_bytes((tmp_path / "good.png").read_bytes()[:40])
    (tmp_path / "text.png").write_text("no picture")

    assert {RandomStream(seed).integer(0, 2) for seed in range(50)} == {0, 1, 2}  # each file comes first sometimes
    assert all(np.array_equal(draw(path, seed=seed), half() == 255) for seed in range(50))


def test_a_mask_that_has_gone_is_not_passed_over(tmp_path: Path) -> None:
    masks = MaskFolder(save(tmp_path, one=half(), other=255 - half()))
    masks.fingerprint()
    (tmp_path / "other.png").unlink()

    with pytest.raises(DatasetError, match=r"other\.png cannot be decoded: No such file .* Masks may not change while"):
        all(masks.draw(8, 8, RandomStream(seed)).any() for seed in range(50))


def test_a_mask_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    masks = MaskFolder(save(tmp_path, one=half(), other=255 - half()))
    assert len(masks.names) == 2
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "other.png":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    for seed in range(20):
        if RandomStream(seed).integer(0, 1) == 0:
            assert np.array_equal(masks.draw(8, 8, RandomStream(seed)), half() == 255)
        else:
            with pytest.raises(DatasetError, match=r"other\.png cannot be decoded: Too many open files"):
                masks.draw(8, 8, RandomStream(seed))


def test_a_broken_mask_leaves_the_draw_of_the_others_even(tmp_path: Path) -> None:
    save(tmp_path, left=half(), right=255 - half())
    (tmp_path / "broken.png").write_text("no picture")

    left = sum(np.array_equal(draw(str(tmp_path), seed=seed), half() == 255) for seed in range(400))

    assert abs(left - 200) < 40  # four standard deviations of a fair coin


def test_masks_in_nested_folders_count_and_other_files_do_not(tmp_path: Path) -> None:
    save(tmp_path / "a" / "b", mask=half())
    (tmp_path / "README.txt").write_text("terms of use")
    (tmp_path / ".hidden.png").write_bytes(b"no picture")

    assert MaskFolder(str(tmp_path)).names == ["a/b/mask.png"]
    assert np.array_equal(draw(str(tmp_path)), half() == 255)


def test_a_relative_path_is_found_below_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "data" / "masks", mask=half())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path / "data"))

    assert np.array_equal(draw("masks"), half() == 255)


def test_the_fingerprint_depends_on_names_and_contents_and_on_nothing_else(tmp_path: Path) -> None:
    first = MaskFolder(save(tmp_path / "first", a=half(), b=255 - half())).fingerprint()

    assert MaskFolder(save(tmp_path / "moved", b=255 - half(), a=half())).fingerprint() == first
    assert MaskFolder(save(tmp_path / "renamed", a=half(), c=255 - half())).fingerprint() != first
    assert MaskFolder(save(tmp_path / "swapped", a=255 - half(), b=half())).fingerprint() != first
    assert MaskFolder(save(tmp_path / "fewer", a=half())).fingerprint() != first


def test_the_fingerprint_notices_a_file_that_changed_within_the_process(tmp_path: Path) -> None:
    path = save(tmp_path, mask=half())
    before = MaskFolder(path).fingerprint()

    save(tmp_path, mask=255 - half())
    os.utime(tmp_path / "mask.png", ns=(0, 1))  # a time that differs however fast the test runs

    assert MaskFolder(path).fingerprint() != before


def test_a_missing_an_empty_and_a_damaged_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is no folder .*absent"):
        draw(str(tmp_path / "absent"))

    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"There is no mask in .*empty: expected pictures"):
        MaskFolder(str(tmp_path / "empty")).fingerprint()

    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "text.png").write_text("no picture")
    with pytest.raises(DatasetError, match=r"None of the 1 masks in .*damaged can be decoded\. .*text\.png"):
        draw(str(tmp_path / "damaged"))


@pytest.mark.realdata
def test_every_nvidia_mask_misses_between_one_and_sixty_percent(real_data: Path) -> None:
    folder = MaskFolder(str(real_data / "irregular-masks"))
    assert len(folder.names) == 600

    whole = [missing_in(decode(folder.folder / name), "white") for name in folder.names]

    assert {mask.shape for mask in whole} == {(512, 512)}
    assert all(0.01 < mask.mean() <= 0.6 for mask in whole)
    # At 64 pixels every eighth row and column is left of it: a sample whose share of missing pixels is
    # near.
    shares = [(mask.mean(), fit_mask(mask, 64, 64).mean()) for mask in whole]
    assert max(abs(full - small) for full, small in shares) < 0.02
