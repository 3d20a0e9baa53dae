"""What an outside program has returned: whether its picture can be scored, and as which RGB levels.

| in the file | taken as |
|---|---|
| RGB of 8 bits | what it is |
| grey, 1 bit, palette | RGB, which is said |
| alpha, opaque everywhere | RGB without it, which is said |
| a colour profile that changes levels | sRGB, which is said |
| alpha or a transparent colour that shows through anywhere | refused: nobody knows what was to lie below |
| 16 bits, floating point, CMYK, several frames, another size | refused |

Whoever changes which levels come out raises the version of `command`, `http` and `bench score` methods.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, InvalidOutputError, UnreadableImageError

_GREY: Final = ("1", "L", "LA", "La")
_COLOUR: Final = ("RGB", "RGBA", "RGBa", "P", "PA")
_BITS_OF_PNG: Final = 24
"""Where in a PNG file the bits of a channel stand: Pillow opens RGB of 16 bits as RGB of 8, without a word."""


@dataclass(frozen=True)
class Answer:
    """One picture.

    Attributes:
        levels: 8-bit RGB.
        converted: what it was otherwise, such as `grey`; empty if it was RGB of 8 bits.
    """

    levels: UInt8[np.ndarray, "h w 3"]
    converted: str = ""


def read_answer(
    source: Path | bytes, height: int, width: int, name: str = "", formats: Collection[str] = ("PNG",)
) -> Answer:
    """Read a picture as the table above says.

    Args:
        source: a file, or its content.
        height: that it must have, in pixels.
        width: likewise.
        name: what messages call it; the path if empty.
        formats: Pillow's names of those that will do, whatever the file's name says.

    Raises:
        InvalidOutputError: if it cannot be scored, with a sentence that says why.
    """
    name = name or ("The picture" if isinstance(source, bytes) else str(source))
    try:
        content = source if isinstance(source, bytes) else _content(source)
        with Image.open(io.BytesIO(content), formats=list(formats)) as image:
            if image.size != (width, height):  # before its pixels take any memory
                found = f"it has {image.width} × {image.height} pixels, expected {width} × {height}"
                raise InvalidOutputError(f"{name} cannot be scored: {found}.")
            if why := _why_refused(image, content):
                raise InvalidOutputError(f"{name} cannot be scored: {why}.")
            plain = np.asarray(image.convert("RGB"))
            words = _conversions(image)
        levels = decode(content, name)
    except InvalidOutputError:
        raise
    except UnidentifiedImageError as error:
        expected = " or ".join(formats)
        raise InvalidOutputError(f"{name} cannot be read: it is no {expected} file, or is damaged.") from error
    except OSError as error:
        raise InvalidOutputError(f"{name} cannot be read: {error.strerror or error}.") from error
    except (UnreadableImageError, DatasetError) as error:
        raise InvalidOutputError(str(error)) from error
    except MemoryError:
        raise
    except Exception as error:  # on a damaged file Pillow raises almost anything
        raise InvalidOutputError(f"{name} cannot be read: {str(error) or type(error).__name__}.") from error
    if levels.shape != (height, width, 3):
        raise InvalidOutputError(f"{name} cannot be scored: its EXIF data turns it on its side; save it without.")
    if not np.array_equal(levels, plain):
        words += ["in another colour space"]
    return Answer(levels, ", ".join(words))


def _content(path: Path) -> bytes:
    """Read a file; a pipe, of which the end never comes, is none."""
    if path.exists() and not path.is_file():
        raise OSError("it is no file")
    return path.read_bytes()


def _why_refused(image: Image.Image, content: bytes) -> str:
    """Say what of a picture cannot be scored; nothing if all can."""
    if getattr(image, "n_frames", 1) > 1:
        return f"it holds {image.n_frames} pictures, expected one"  # type: ignore[attr-defined]
    if image.format == "PNG" and content[_BITS_OF_PNG] == 16:
        return "it has 16 bits a channel, expected 8"
    if image.mode not in (*_GREY, *_COLOUR):
        return f"it is of the mode {image.mode}, expected RGB with 8 bits a channel"
    if image.has_transparency_data:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
        if share := float((alpha < 255).mean()):
            return f"{100 * share:.3g} % of its pixels are transparent or half so; save it without transparency"
    return ""


def _conversions(image: Image.Image) -> list[str]:
    """Say what a picture is that is not plain RGB."""
    words = ["grey"] if image.mode in _GREY else ["of a palette"] if image.mode in ("P", "PA") else []
    return [*words, "with an opaque alpha channel"] if image.has_transparency_data else words
