"""What an outside program may return, and as which levels it is taken: each kind of file made by Pillow or by hand."""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from inpaintbench.answers import read_answer
from inpaintbench.errors import InvalidOutputError

LEVELS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
GREY = LEVELS[..., 0]


def saved(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    content = io.BytesIO()
    image.save(content, format=kind, **how)
    return content.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def rgb_of_16_bits() -> bytes:
    """Return a PNG file that Pillow cannot write, and opens as RGB of 8 bits."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in LEVELS.astype(np.uint16) * 257)
    head = struct.pack(">IIBBBBB", 7, 5, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def with_alpha(alpha: np.ndarray) -> Image.Image:
    return Image.fromarray(np.dstack([LEVELS, alpha]).astype(np.uint8))


def test_rgb_is_what_it_is() -> None:
    answer = read_answer(saved(Image.fromarray(LEVELS)), 5, 7)

    assert np.array_equal(answer.levels, LEVELS)
    assert answer.converted == ""


@pytest.mark.parametrize(
    ("content", "expected", "said"),
    [
        (saved(Image.fromarray(GREY)), np.dstack([GREY] * 3), "grey"),
        (saved(Image.fromarray(GREY > 127)), np.dstack([(GREY > 127) * 255] * 3), "grey"),
        (saved(with_alpha(np.full((5, 7), 255))), LEVELS, "with an opaque alpha channel"),
        (saved(Image.fromarray(GREY).convert("LA")), np.dstack([GREY] * 3), "grey, with an opaque alpha channel"),
    ],
    ids=["grey", "1 bit", "alpha", "grey with alpha"],
)
def test_what_can_be_taken_as_rgb_is_and_that_is_said(content: bytes, expected: np.ndarray, said: str) -> None:
    answer = read_answer(content, 5, 7)

    assert np.array_equal(answer.levels, expected)
    assert answer.converted == said


def test_a_palette_is_looked_up() -> None:
    image = Image.fromarray(LEVELS).quantize(8)
    answer = read_answer(saved(image), 5, 7)

    palette = np.asarray(image.getpalette(), dtype=np.uint8).reshape(-1, 3)
    assert np.array_equal(answer.levels, palette[np.asarray(image)])
    assert answer.converted == "of a palette"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_other_formats_will_do_where_they_are_allowed(kind: str) -> None:
    content = saved(Image.fromarray(LEVELS), kind, quality=90)

    with pytest.raises(InvalidOutputError, match="it is no PNG file, or is damaged"):
        read_answer(content, 5, 7)
    allowed = read_answer(content, 5, 7, formats=("PNG", "JPEG", "WEBP"))
    assert np.array_equal(allowed.levels, np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))


def test_a_colour_profile_that_changes_levels_is_said() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

    assert read_answer(saved(Image.fromarray(LEVELS), icc_profile=srgb), 5, 7).converted == ""
    ignored = read_answer(saved(Image.fromarray(LEVELS), icc_profile=lab), 5, 7)  # it does not fit
    assert np.array_equal(ignored.levels, LEVELS)
    swapped = wide_gamut(srgb)
    converted = read_answer(saved(Image.fromarray(LEVELS), icc_profile=swapped), 5, 7)
    assert converted.converted == "in another colour space"
    assert not np.array_equal(converted.levels, LEVELS)


def wide_gamut(profile: bytes) -> bytes:
    """Return sRGB's profile with red and green exchanged, under another name."""
    swapped = profile.replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "abcd".encode("utf-16-be")).replace(b"sRGB", b"abcd")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (rgb_of_16_bits(), "it has 16 bits a channel, expected 8"),
        (saved(Image.fromarray(GREY.astype(np.uint16) * 257)), "it has 16 bits a channel, expected 8"),
        (saved(with_alpha(np.where(GREY.max() == GREY, 128, 255))), "% of its pixels are transparent or half so"),
        (saved(with_alpha(np.zeros((5, 7)))), "100 % of its pixels are transparent"),
        (saved(Image.fromarray(GREY), transparency=int(GREY[0, 0])), "of its pixels are transparent or half so"),
        (saved(Image.fromarray(LEVELS.transpose(1, 0, 2))), "it has 5 × 7 pixels, expected 7 × 5"),
        (
            saved(Image.fromarray(LEVELS), save_all=True, append_images=[Image.new("RGB", (7, 5))]),
            "it holds 2 pictures",
        ),
        (saved(Image.fromarray(LEVELS))[:90], "cannot be"),
        (b"", "it is no PNG file, or is damaged"),
    ],
    ids=["rgb16", "grey16", "half", "clear", "colour key", "size", "animation", "cut", "empty"],
)
def test_what_cannot_be_scored_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(InvalidOutputError, match=why):
        read_answer(content, 5, 7, "x.png")


def test_cmyk_is_refused() -> None:
    content = saved(Image.fromarray(LEVELS).convert("CMYK"), "JPEG")

    with pytest.raises(InvalidOutputError, match="of the mode CMYK"):
        read_answer(content, 5, 7, formats=("JPEG",))


def test_a_picture_that_its_exif_data_turns_is_refused() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(Image.fromarray(LEVELS), exif=exif)

    with pytest.raises(InvalidOutputError, match="its EXIF data turns it on its side"):
        read_answer(content, 5, 7)


def test_a_bomb_is_refused_by_its_size_alone() -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IEND", b"")

    with pytest.raises(InvalidOutputError, match=r"x\.png cannot be read"):
        read_answer(content, 5, 7, "x.png")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidOutputError, match=r"absent\.png cannot be read: No such file"):
        read_answer(tmp_path / "absent.png", 5, 7)
    with pytest.raises(InvalidOutputError, match="cannot be read: it is no file"):
        read_answer(tmp_path, 5, 7)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_of_which_the_end_never_comes_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InvalidOutputError, match=r"pipe\.png cannot be read: it is no file"):
        read_answer(tmp_path / "pipe.png", 5, 7)
