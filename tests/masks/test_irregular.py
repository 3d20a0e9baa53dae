import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jaxtyping import Bool
from PIL import Image
from scipy import ndimage

import inpaintbench_masks.irregular
from inpaintbench.errors import DatasetError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.irregular import BANDS, UNREADABLE, Irregular, dilate, hole_ratios
from inpaintbench_masks.mask_folder import MaskFolder
from inpaintbench_masks.specs.files import IRREGULAR


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path / "cache"))


def save(folder: Path, *missing: int) -> str:
    """Save masks of 10 × 10 pixels, of which so many are white, under the numbers as names."""
    folder.mkdir(parents=True, exist_ok=True)
    for count in missing:
        mask = np.zeros(100, dtype=np.uint8)
        mask[:count] = 255
        Image.fromarray(mask.reshape(10, 10)).save(folder / f"{count:03d}.png")
    return str(folder)


def draw(path: str, seed: int = 0, size: int = 10, **parameters: Any) -> Bool[np.ndarray, "h w"]:
    return Irregular(path, **parameters).draw(size, size, RandomStream(seed))


def test_bands_are_open_below_and_closed_above(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 1, 2, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61)

    chosen = {ratio: [int(name[:3]) for name in Irregular(path, ratio=ratio).chosen] for ratio in BANDS}

    assert chosen == {
        "0.01-0.1": [2, 10],
        "0.1-0.2": [11, 20],
        "0.2-0.3": [21, 30],
        "0.3-0.4": [31, 40],
        "0.4-0.5": [41, 50],
        "0.5-0.6": [51, 60],
    }
    assert len(Irregular(path).chosen) == 14


def test_the_bands_are_the_choices_of_the_parameter() -> None:
    choices = next(parameter.choices for parameter in IRREGULAR.parameters if parameter.name == "ratio")

    assert choices == ("any", *BANDS)


def test_the_band_is_that_of_the_colour_of_the_hole(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 15, 85)

    assert Irregular(path, ratio="0.1-0.2", hole="white").chosen == ["015.png"]
    assert Irregular(path, ratio="0.1-0.2", hole="black").chosen == ["085.png"]
    assert draw(path, ratio="0.1-0.2", hole="black").sum() == 15


def test_each_file_of_the_band_is_drawn_equally_often(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 5, 22, 24, 26, 28, 60)
    mask = Irregular(path, ratio="0.2-0.3")

    drawn = [int(mask.draw(10, 10, RandomStream(seed)).sum()) for seed in range(400)]

    assert sum((drawn.count(count) - 100) ** 2 / 100 for count in (22, 24, 26, 28)) < 16.27  # 99.9 % of chi-square, 3


def test_without_a_band_holes_are_those_of_the_mask_folder(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 5, 25, 60, 95)

    for seed in range(20):
        assert np.array_equal(draw(path, seed, size=7), MaskFolder(path).draw(7, 7, RandomStream(seed)))
    assert Irregular(path).fingerprint() == MaskFolder(path).fingerprint()


def test_a_file_that_cannot_be_decoded_is_in_no_band_and_passed_over(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 25)
    (tmp_path / "masks" / "broken.png").write_text("no picture")

    assert hole_ratios(Path(path), ["025.png", "broken.png"]) == [0.25, UNREADABLE]
    assert Irregular(path, ratio="0.2-0.3").chosen == ["025.png"]
    assert all(draw(path, seed).sum() == 25 for seed in range(10))


def test_a_file_that_has_gone_is_no_ratio(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 25)

    with pytest.raises(DatasetError, match=r"gone\.png cannot be read: No such file or directory"):
        hole_ratios(Path(path), ["025.png", "gone.png"])


def test_a_file_that_goes_while_it_is_measured_is_no_ratio_and_none_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "masks", 25, 60)

    def gone(path: Path) -> bytes:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", gone)
        with pytest.raises(DatasetError, match=r"\.png cannot be decoded: No such file .* Masks may not change"):
            hole_ratios(Path(path), ["025.png", "060.png"])

    assert hole_ratios(Path(path), ["025.png", "060.png"]) == [0.25, 0.6]


def test_files_are_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "masks", 5, 25, 60)
    opened: list[Path] = []
    read = inpaintbench_masks.irregular.read_file
    monkeypatch.setattr(inpaintbench_masks.irregular, "read_file", lambda file: (opened.append(file), read(file))[1])

    for _ in range(3):
        Irregular(path, ratio="0.2-0.3").draw(10, 10, RandomStream(0))
    assert len(opened) == 3 + 3  # all of them once, and the drawn one three times

    save(tmp_path / "masks", 22)
    assert Irregular(path, ratio="0.2-0.3").chosen == ["022.png", "025.png"]


@pytest.mark.parametrize("steps", [0, 1, 2, 7, 40])
def test_dilation_agrees_with_scipy(steps: int) -> None:
    hole = np.random.default_rng(0).random((33, 21)) < 0.01

    theirs = hole if steps == 0 else ndimage.binary_dilation(hole, np.ones((3, 3)), iterations=steps)

    assert np.array_equal(dilate(hole, steps), theirs)


def test_a_pixel_grows_to_a_square_of_the_file_before_it_is_resized(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    mask = np.zeros((40, 40), dtype=np.uint8)
    mask[20, 20] = 255
    Image.fromarray(mask).save(tmp_path / "masks" / "one.png")

    assert draw(str(tmp_path / "masks"), size=40, dilation=6).sum() == 13**2
    assert not draw(str(tmp_path / "masks"), size=10).any()  # the rows 2, 6, … 38 are taken
    # Of the rows 14 to 26 these are 14, 18, 22 and 26.
    assert draw(str(tmp_path / "masks"), size=10, dilation=6).sum() == 16


def test_dilation_leaves_the_band_of_a_file_alone(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 25)

    assert draw(path, ratio="0.2-0.3", dilation=2).sum() > 30


def test_a_missing_folder_says_where_the_masks_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path / "data"))

    with pytest.raises(DatasetError, match=r"no folder .*irregular-masks nor .*data/irregular-masks.*nv-adlr.*path=…"):
        Irregular().draw(8, 8, RandomStream(0))

    save(tmp_path / "data" / "irregular-masks", 25)
    assert Irregular().draw(10, 10, RandomStream(0)).sum() == 25


def test_a_band_without_files_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "masks", 75, 85)

    with pytest.raises(
        DatasetError, match=r"None of the 2 masks in .* above 0.1 and at most 0.2: .* 0.750 to 0.850.*hole"
    ):
        draw(path, ratio="0.1-0.2")

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "text.png").write_text("no picture")
    with pytest.raises(DatasetError, match="none can be decoded"):
        draw(str(tmp_path / "broken"), ratio="0.1-0.2")


@pytest.mark.realdata
def test_the_real_masks_are_a_hundred_to_a_band(real_data: Path) -> None:
    path = str(real_data / "irregular-masks")

    assert [len(Irregular(path, ratio=ratio).chosen) for ratio in BANDS] == [100] * 6


@pytest.mark.realdata
def test_holes_of_a_band_miss_about_as_much_at_64_pixels(real_data: Path) -> None:
    mask = Irregular(str(real_data / "irregular-masks"), ratio="0.3-0.4")

    shares = [mask.draw(64, 64, RandomStream(seed)).mean() for seed in range(100)]

    assert 0.28 < min(shares) < max(shares) < 0.42
    assert abs(np.mean(shares) - 0.35) < 0.02


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("seed", "size", "parameters", "digest"),
    [
        (0, 64, {}, "3869c537bb18ef2e"),
        (1, 256, {"ratio": "0.5-0.6"}, "35d14de56ccce551"),
        (2, 64, {"ratio": "0.01-0.1", "dilation": 8}, "b9161a9c7aa74f1b"),
    ],
)
def test_real_holes_are_the_same_on_every_machine(
    real_data: Path, seed: int, size: int, parameters: dict[str, Any], digest: str
) -> None:
    hole = draw(str(real_data / "irregular-masks"), seed, size, **parameters)

    assert hashlib.sha256(np.packbits(hole).tobytes()).hexdigest()[:16] == digest
