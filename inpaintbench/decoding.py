"""From a picture file to the RGB levels that a viewer shows.

| in the file | in the result |
|---|---|
| several frames or pages | the first |
| EXIF or TIFF orientation | turned and mirrored upright |
| grey, 1 bit, palette | RGB |
| alpha, or a transparent colour | laid on white, so that no colour hidden below full transparency shows |
| ICC profile | converted to sRGB (perceptual intent); ignored if it is sRGB's own, or does not fit |
| CMYK, no profile | R = (255 − C)(255 − K) / 255, and so on; a JPEG holds 255 − C, as Adobe's do |
| 16-bit or 12-bit grey | level × 255 / white, rounded to nearest |
| 16-bit RGB | the high byte, which is all that Pillow reads: within 1 level of rounding to nearest |
| floating point | level × 255, if all lie in [0, 1]; otherwise refused: no header says what is white |
| 32-bit or signed integers | refused, for the same reason |
"""

import io
import threading
import warnings
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, UnidentifiedImageError

from inpaintbench.errors import DatasetError, UnreadableFileError, UnreadableImageError

FORMATS: Final = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Pillow's names of the formats that are tried, by content and not by file name."""

_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BITS_PER_SAMPLE: Final = 258
_PHOTOMETRIC: Final = 262
_WHITE_IS_ZERO: Final = 0

# The list of warning filters belongs to the whole process: two threads may not exchange it at the same time.
_warning_filters = threading.Lock()


def decode(source: str | Path | bytes, name: str = "") -> UInt8[np.ndarray, "h w 3"]:
    """Decode a picture; the table above says how.

    Args:
        source: a path, or the content of a file.
        name: what messages call it; the path, if empty.

    Raises:
        UnreadableFileError: if the file has gone, or cannot be opened or read; an `UnreadableImageError`, too.
        UnreadableImageError: if its content is truncated, damaged, or no picture.
        DatasetError: if it declares more than twice `PIL.Image.MAX_IMAGE_PIXELS` (179 million pixels): a tiny
            file can declare enough to fill any memory, and a folder that holds one is not to be trusted.
    """
    name = name or ("The picture" if isinstance(source, bytes) else str(source))
    content = source if isinstance(source, bytes) else _read(Path(source), name)
    try:
        with _open(content) as image:
            image.load()
            upright = _UPRIGHT.get(_orientation(image))
            rgb = _to_rgb(image)
            return np.array(rgb if upright is None else rgb.transpose(upright))
    except _RefusedError as refusal:
        raise UnreadableImageError(f"{name} cannot be decoded: {refusal}.") from None
    except Image.DecompressionBombError:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise DatasetError(
            f"{name} declares more than {limit:,} pixels, as files do that are made to fill a machine's memory; "
            "remove it, or save it smaller."
        ) from None
    except UnidentifiedImageError:
        raise UnreadableImageError(
            f"{name} cannot be decoded: it is no BMP, GIF, JPEG, PNG, TIFF or WebP picture, or is damaged."
        ) from None
    except MemoryError:  # of which the machine has too little, whatever the picture is
        raise
    # On a damaged file Pillow raises almost anything: OSError, SyntaxError, struct.error, zlib.error, …
    except Exception as error:
        raise UnreadableImageError(_cannot_be_decoded(name, error)) from error


class _RefusedError(Exception):
    """Why a picture that Pillow could read is not decoded."""


def _read(path: Path, name: str) -> bytes:
    """Read a file whole, so that what is raised later is the content's fault and not the disk's."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # the latter for a path with a null character
        raise UnreadableFileError(_cannot_be_decoded(name, error)) from error


def _cannot_be_decoded(name: str, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{name} cannot be decoded: {(reason or type(error).__name__).rstrip('.')}."


def _open(content: bytes) -> Image.Image:
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # also that a picture is large; above twice that size it is refused
        return Image.open(io.BytesIO(content), formats=FORMATS)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 if there is none. Pillow has turned TIFF pictures already."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception:  # viewers show a picture whose EXIF data is damaged, too
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode == "F" or image.mode.startswith("I"):
        image = _to_8_bits(image)
    alpha = None
    grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        image = image.convert("LA" if grey else "RGBA")
        alpha = image.getchannel("A")
    if image.mode != "CMYK":
        image = image.convert("L" if grey else "RGB")
    rgb = _to_srgb(image, profile) if profile else image.convert("RGB")
    if alpha is None:
        return rgb
    white = Image.new("RGB", rgb.size, "white")
    white.paste(rgb, mask=alpha)
    return white


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Turn grey levels of more than 8 bits to mode L; Pillow's own conversion would cut them off at 255."""
    levels = np.asarray(image)
    if image.mode == "F":
        if not ((levels >= 0) & (levels <= 1)).all():
            raise _RefusedError("its floating-point levels do not all lie in [0, 1], and no header says what is white")
        return Image.fromarray(np.floor(levels.astype(np.float64) * 255 + 0.5).astype(np.uint8))
    if image.mode == "I" and image.format != "PNG":  # as which older versions of Pillow open a PNG of 16 bits
        raise _RefusedError("it holds 32-bit or signed integers, and no header says what is white")
    tags = getattr(image, "tag_v2", {})
    white = 2 ** int(tags.get(_BITS_PER_SAMPLE, (16,))[0]) - 1
    grey = ((levels.astype(np.uint32) * 510 + white) // (2 * white)).astype(np.uint8)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:  # which Pillow heeds for 8 bits, but not for 16
        grey = 255 - grey
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[levels == transparent] = 255
    return Image.fromarray(grey)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from the profile's colours to sRGB, or ignore a profile that does not fit the picture."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == "RGB" and "sRGB" in ImageCms.getProfileDescription(source):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        converted = None
    return image.convert("RGB") if converted is None else converted
