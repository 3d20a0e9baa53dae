"""`decode`: every mode and format with real encoders and known pixels, and everything that can be wrong with a file."""

import errno
import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, UnreadableFileError, UnreadableImageError

LOSSLESS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {}),
    ("BMP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("WEBP", {"lossless": True}),
]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pattern(height: int = 5, width: int = 7) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def png(rows: np.ndarray, bits: int, colour_type: int, chunks: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """Write a PNG by hand, for what Pillow cannot write. `rows` holds the bytes of each line."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    samples = {0: 1, 2: 3, 6: 4}[colour_type]
    width = rows.shape[1] * 8 // bits // samples
    head = struct.pack(">IIBBBBB", width, rows.shape[0], bits, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    parts = [chunk(b"IHDR", head), *(chunk(*one) for one in chunks), chunk(b"IDAT", zlib.compress(lines))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def tiff(content: bytes, width: int, bits: int, photometric: int = 1, sample_format: int = 1) -> bytes:
    """Write a little-endian TIFF of one line of grey levels by hand."""
    tags = [
        (256, width),
        (257, 1),
        (258, bits),
        (259, 1),
        (262, photometric),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, len(content)),
        (339, sample_format),
    ]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    content += b"\0" * (len(content) % 2)
    return (
        struct.pack("<2sHI", b"II", 42, 8 + len(content))
        + content
        + struct.pack("<H", len(tags))
        + directory
        + bytes(4)
    )


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_rgb_comes_out_as_it_went_in(kind: str, options: dict[str, Any]) -> None:
    picture = pattern()
    decoded = decode(encode(Image.fromarray(picture), kind, **options))
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, picture)
    assert decoded.flags.writeable


def test_a_jpeg_is_near_what_went_in() -> None:
    ramp = np.broadcast_to(np.arange(0, 256, 4, dtype=np.uint8)[:, None], (64, 64))
    picture = np.stack([ramp, ramp.T, 255 - ramp], axis=2)
    decoded = decode(encode(Image.fromarray(picture), "JPEG", quality=95, subsampling=0))
    assert np.abs(decoded.astype(int) - picture).max() <= 8


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_grey_and_one_bit_become_rgb(kind: str) -> None:
    grey = np.array([[0, 1, 127], [128, 254, 255]], np.uint8)
    assert np.array_equal(decode(encode(Image.fromarray(grey), kind)), np.repeat(grey[..., None], 3, axis=2))
    bits = Image.fromarray(np.array([[0, 255, 255, 0]], np.uint8)).convert("1")
    assert decode(encode(bits, kind))[0].tolist() == [[0] * 3, [255] * 3, [255] * 3, [0] * 3]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_with_alpha_is_laid_on_white(kind: str) -> None:
    levels = Image.fromarray(np.array([[0, 0, 100, 7]], np.uint8))
    alpha = Image.fromarray(np.array([[255, 0, 51, 0]], np.uint8))
    decoded = decode(encode(Image.merge("LA", (levels, alpha)), kind))
    # 51 / 255 is a fifth: 100 / 5 + 255 · 4 / 5 = 224.
    assert decoded[0].tolist() == [[0] * 3, [255] * 3, [224] * 3, [255] * 3]


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})])
def test_rgba_is_laid_on_white_and_hidden_colours_do_not_show(kind: str, options: dict[str, Any]) -> None:
    pixels = np.array([[[10, 20, 30, 255], [200, 0, 100, 0], [200, 0, 100, 51]]], np.uint8)
    decoded = decode(encode(Image.fromarray(pixels, "RGBA"), kind, **options))
    assert decoded[0].tolist() == [[10, 20, 30], [255, 255, 255], [244, 204, 224]]


@given(level=st.integers(0, 255), alpha=st.integers(0, 255))
@settings(max_examples=80, deadline=None)
def test_blending_with_white_rounds_to_nearest(level: int, alpha: int) -> None:
    decoded = decode(encode(Image.new("LA", (1, 1), (level, alpha)), "PNG"))
    assert decoded[0, 0].tolist() == [(2 * (level * alpha + 255 * (255 - alpha)) + 255) // 510] * 3


def palette_picture() -> Image.Image:
    image = Image.new("P", (3, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 10, 20, 30])
    image.putdata([0, 1, 2])
    return image


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_a_palette_is_looked_up(kind: str) -> None:
    assert decode(encode(palette_picture(), kind))[0].tolist() == [[255, 0, 0], [0, 255, 0], [10, 20, 30]]


def test_a_transparent_entry_of_a_palette_is_white() -> None:
    one = decode(encode(palette_picture(), "PNG", transparency=1))
    assert one[0].tolist() == [[255, 0, 0], [255, 255, 255], [10, 20, 30]]
    each = decode(encode(palette_picture(), "PNG", transparency=bytes([255, 0, 51])))
    assert each[0].tolist() == [[255, 0, 0], [255, 255, 255], [206, 208, 210]]
    gif = decode(encode(palette_picture(), "GIF", transparency=0))
    assert gif[0].tolist() == [[255, 255, 255], [0, 255, 0], [10, 20, 30]]


def test_a_transparent_colour_of_a_png_is_white() -> None:
    grey = Image.fromarray(np.array([[0, 9, 200]], np.uint8))
    assert decode(encode(grey, "PNG", transparency=9))[0, :, 0].tolist() == [0, 255, 200]
    colour = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8))
    assert decode(encode(colour, "PNG", transparency=(4, 5, 6)))[0].tolist() == [[1, 2, 3], [255] * 3]


def test_a_cmyk_tiff_is_converted_without_a_profile_by_the_plain_formula() -> None:
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [0, 51, 102, 51]]], np.uint8)
    decoded = decode(encode(Image.fromarray(inks, "CMYK"), "TIFF"))
    # The last: R = 255 · 204 / 255 = 204, G = 204 · 204 / 255 = 163.2, B = 153 · 204 / 255 = 122.4.
    assert decoded[0].tolist() == [[255, 255, 255], [0, 255, 255], [0, 0, 0], [204, 163, 122]]


def test_the_inverted_inks_of_a_cmyk_jpeg_are_turned_back() -> None:
    inks = np.zeros((16, 64, 4), np.uint8)
    inks[:, 16:32, 0] = 255
    inks[:, 32:48] = (0, 51, 102, 51)
    inks[:, 48:, 3] = 255
    file = encode(Image.fromarray(inks, "CMYK"), "JPEG", quality=100)
    assert b"Adobe" in file  # the marker of inverted inks
    expected = [[255, 255, 255], [0, 255, 255], [204, 163, 122], [0, 0, 0]]
    assert np.abs(decode(file)[8, [8, 24, 40, 56]].astype(int) - expected).max() <= 3


SIXTEEN = [0, 128, 129, 257, 32767, 32768, 65406, 65407, 65535]
EIGHT = [0, 0, 1, 1, 127, 128, 254, 255, 255]  # divided by 257 and rounded: 128 / 257 = 0.498, 32768 / 257 = 127.5


def test_16_bit_grey_is_rounded_to_8() -> None:
    levels = np.array([SIXTEEN], np.uint16)
    for kind in ("PNG", "TIFF"):
        assert decode(encode(Image.fromarray(levels), kind))[0].tolist() == [[level] * 3 for level in EIGHT]
    big_endian = Image.frombytes("I;16B", (len(SIXTEEN), 1), levels.astype(">u2").tobytes())
    assert decode(encode(big_endian, "TIFF"))[0, :, 0].tolist() == EIGHT


def test_a_transparent_16_bit_level_is_white() -> None:
    rows = np.array([[0, 1000, 40_000]], ">u2").view(np.uint8)
    assert decode(png(rows, 16, 0, ((b"tRNS", struct.pack(">H", 1000)),)))[0, :, 0].tolist() == [0, 255, 156]


def test_a_16_bit_tiff_whose_zero_is_white_is_inverted() -> None:
    content = np.array(SIXTEEN, "<u2").tobytes()
    assert decode(tiff(content, len(SIXTEEN), 16, photometric=0))[0, :, 0].tolist() == [255 - level for level in EIGHT]
    assert decode(tiff(content, len(SIXTEEN), 16))[0, :, 0].tolist() == EIGHT


def test_a_12_bit_tiff_is_white_at_4095() -> None:
    content = bytes([0x00, 0x08, 0x00, 0xFF, 0xF0, 0x10])  # 000 800 FFF 010, and four bits to spare
    decoded = decode(tiff(content[:6], 4, 12))
    assert decoded[0, :, 0].tolist() == [0, 128, 255, 1]  # 2048 · 255 / 4095 = 127.5; 16 · 255 / 4095 = 0.996


@pytest.mark.parametrize("colour_type", [2, 6])
def test_16_bit_rgb_is_within_one_level_of_rounding(colour_type: int) -> None:
    levels = np.random.default_rng(0).integers(0, 65536, (8, 8, 3 if colour_type == 2 else 4), dtype=np.uint16)
    levels[..., 3:] = 65535
    rows = np.ascontiguousarray(levels.astype(">u2")).view(np.uint8).reshape(8, -1)
    decoded = decode(png(rows, 16, colour_type))
    assert np.array_equal(decoded, levels[..., :3] >> 8)
    nearest = np.floor(levels[..., :3] / 257 + 0.5)
    assert np.abs(nearest - decoded).max() == 1


def test_16_bit_rgb_of_8_bit_levels_is_exact() -> None:
    picture = pattern(4, 4)
    rows = np.ascontiguousarray((picture.astype(np.uint16) * 257).astype(">u2")).view(np.uint8).reshape(4, -1)
    assert np.array_equal(decode(png(rows, 16, 2)), picture)


def test_floating_point_from_0_to_1_is_scaled() -> None:
    levels = np.array([[0, 0.25, 0.5, 1]], np.float32)
    assert decode(encode(Image.fromarray(levels), "TIFF"))[0, :, 0].tolist() == [0, 64, 128, 255]


@pytest.mark.parametrize("level", [1.5, -0.1, float("nan"), float("inf")])
def test_other_floating_point_is_refused(level: float) -> None:
    file = encode(Image.fromarray(np.array([[0, level]], np.float32)), "TIFF")
    with pytest.raises(UnreadableImageError, match=r"do not all lie in \[0, 1\]"):
        decode(file)


def test_signed_and_32_bit_integers_are_refused() -> None:
    with pytest.raises(UnreadableImageError, match="32-bit or signed integers"):
        decode(encode(Image.fromarray(np.array([[0, 70_000]], np.int32)), "TIFF"))
    with pytest.raises(UnreadableImageError, match="32-bit or signed integers"):
        decode(tiff(np.array([-5, 5], "<i2").tobytes(), 2, 16, sample_format=2))


# EXIF 2.32, tag 0x0112: which side of the upright picture the stored row 0 and the stored column 0 are.
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def stored_as(upright: np.ndarray, orientation: int) -> np.ndarray:
    row_side, column_side = SIDES[orientation]
    height, width = upright.shape[:2]
    swapped = row_side in ("left", "right")
    stored = np.empty((width, height, 3) if swapped else (height, width, 3), np.uint8)
    for row in range(stored.shape[0]):
        for column in range(stored.shape[1]):
            place = {row_side: row, column_side: column}
            y = place["top"] if "top" in place else height - 1 - place["bottom"]
            x = place["left"] if "left" in place else width - 1 - place["right"]
            stored[row, column] = upright[y, x]
    return stored


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})])
def test_pictures_come_out_upright(orientation: int, kind: str, options: dict[str, Any]) -> None:
    upright = pattern()
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = encode(Image.fromarray(stored_as(upright, orientation)), kind, exif=exif, **options)
    assert np.array_equal(decode(file), upright)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpegs_come_out_upright(orientation: int) -> None:
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :16] = 255
    upright[16:, :16] = 128
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(stored_as(upright, orientation))
    decoded = decode(encode(stored, "JPEG", quality=95, subsampling=0, exif=exif))
    assert decoded.shape == upright.shape
    assert np.abs(decoded.astype(int) - upright).max() <= 4


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x05"]
)
def test_damaged_exif_data_does_not_hide_a_picture(exif: bytes) -> None:
    assert decode(encode(Image.new("RGB", (8, 8), "white"), "JPEG", exif=exif)).min() == 255


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Return sRGB's profile with the primaries of red and green exchanged, under another name."""
    profile = srgb_profile().replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_an_icc_profile_is_converted_to_srgb(kind: str) -> None:
    colours = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]]], np.uint8))
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = decode(encode(colours, kind, icc_profile=swapped_profile(), **options)).astype(int)
    assert np.abs(decoded[0] - [[0, 255, 0], [255, 0, 0], [0, 0, 255], [90, 90, 90]]).max() <= 1


def test_a_profile_leaves_alpha_as_it_is() -> None:
    image = Image.fromarray(np.array([[[255, 0, 0, 255], [255, 0, 0, 51]]], np.uint8), "RGBA")
    decoded = decode(encode(image, "PNG", icc_profile=swapped_profile())).astype(int)
    assert np.abs(decoded[0] - [[0, 255, 0], [204, 255, 204]]).max() <= 1


@pytest.mark.parametrize("profile", [srgb_profile(), b"no profile", srgb_profile()[:300]])
def test_srgb_and_broken_profiles_change_nothing(profile: bytes) -> None:
    picture = pattern()
    assert np.array_equal(decode(encode(Image.fromarray(picture), "PNG", icc_profile=profile)), picture)


def test_a_profile_of_another_colour_model_changes_nothing() -> None:
    grey = Image.fromarray(np.array([[0, 100, 255]], np.uint8))
    assert decode(encode(grey, "PNG", icc_profile=swapped_profile()))[0, :, 0].tolist() == [0, 100, 255]


@pytest.mark.parametrize(
    ("kind", "options"), [("TIFF", {}), ("GIF", {}), ("MPO", {}), ("PNG", {}), ("WEBP", {"lossless": True})]
)
def test_the_first_of_several_frames_counts(kind: str, options: dict[str, Any]) -> None:
    first, second = Image.new("RGB", (8, 8), "white"), Image.new("RGB", (8, 8), "black")
    file = encode(first, kind, save_all=True, append_images=[second], **options)
    assert np.array_equal(decode(file), np.array(first))


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a Bild, größer.jpg"
    path.write_bytes(encode(Image.fromarray(pattern()), "PNG"))
    assert np.array_equal(decode(path), pattern())
    assert np.array_equal(decode(str(path)), pattern())


def test_a_decompression_bomb_is_refused_and_a_large_picture_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(DatasetError, match=r"^The picture declares more than 200 pixels.*; remove it, or save it"):
        decode(encode(Image.new("RGB", (15, 15)), "PNG"))
    assert decode(encode(Image.new("RGB", (14, 14)), "PNG")).shape == (14, 14, 3)


def test_a_png_of_a_hundred_bytes_that_declares_ten_gigabytes_is_refused() -> None:
    file = png(np.zeros((1, 3), np.uint8), 8, 2)
    head = struct.pack(">4sII5s", b"IHDR", 60_000, 60_000, b"\x08\x02\0\0\0")
    bomb = file[:12] + head + struct.pack(">I", zlib.crc32(head)) + file[33:]
    assert len(bomb) < 100
    with pytest.raises(DatasetError, match=r"declares more than 178,956,970 pixels"):
        decode(bomb)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "JPEG", "GIF"])
def test_a_truncated_file_is_named(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    file = encode(Image.fromarray(noise), kind)
    path = tmp_path / "half.jpg"
    path.write_bytes(file[: len(file) // 2])
    with pytest.raises(UnreadableImageError, match=r"half\.jpg cannot be decoded: .+\.$"):
        decode(path)


@pytest.mark.parametrize("content", [b"", b"these are words, not pixels\n" * 20, b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.jpg"
    path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=r"notes\.jpg cannot be decoded: it is no BMP, GIF, JPEG, PNG"):
        decode(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"gone\.png cannot be decoded: No such file or directory\.$"):
        decode(tmp_path / "gone.png")
    with pytest.raises(UnreadableFileError, match=r"cannot be decoded: Is a directory\.$"):
        decode(tmp_path)
    with pytest.raises(UnreadableFileError, match=r"cannot be decoded: .*null"):
        decode("no\0file.png")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_file_that_cannot_be_read_is_told_from_a_broken_one(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(_: Path) -> bytes:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableFileError, match=rf"^mask\.png cannot be decoded: {os.strerror(number)}\.$") as error:
        decode("mask.png")
    assert isinstance(error.value, UnreadableImageError)  # which data sets report and count


def test_a_broken_content_is_not_taken_for_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    cut = encode(Image.fromarray(pattern()), "PNG")[:60]
    (tmp_path / "cut.png").write_bytes(cut)
    # The pixels are said to lie far behind the end of the file.
    strip = struct.pack("<HHI", 273, 4, 1)
    whole = tiff(b"\0" * 8, 8, 8)
    for number, place in enumerate([2**32 - 1, 2**31]):
        (tmp_path / f"{number}.tif").write_bytes(
            whole.replace(strip + struct.pack("<I", 8), strip + struct.pack("<I", place))
        )
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(UnreadableImageError, match="cannot be decoded") as error:
            decode(path)
        assert type(error.value) is UnreadableImageError


@pytest.mark.parametrize("where", ["open", "getexif"])
def test_too_little_memory_says_nothing_about_the_picture(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    file = encode(Image.fromarray(pattern()), "PNG")
    monkeypatch.setattr(Image if where == "open" else Image.Image, where, refuse)
    with pytest.raises(MemoryError):
        decode(file)


def test_a_name_can_be_given() -> None:
    with pytest.raises(UnreadableImageError, match=r"^cats/1\.png cannot be decoded"):
        decode(b"", name="cats/1.png")


FILES = [encode(Image.fromarray(pattern(16, 16)), kind) for kind in ("PNG", "BMP", "TIFF", "WEBP", "JPEG", "GIF")]


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_no_damage_raises_anything_else(data: st.DataObject) -> None:
    file = bytearray(data.draw(st.sampled_from(FILES)))
    for place in data.draw(st.lists(st.integers(0, len(file) - 1), min_size=1, max_size=8)):
        file[place] = data.draw(st.integers(0, 255))
    try:
        decoded = decode(bytes(file[: data.draw(st.integers(1, len(file)))]))
    except (UnreadableImageError, DatasetError):  # the latter where a flipped bit declares a picture of gigabytes
        return
    assert decoded.dtype == np.uint8
    assert decoded.ndim == 3
    assert decoded.shape[2] == 3
