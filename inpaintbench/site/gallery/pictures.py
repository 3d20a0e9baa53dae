"""One image as a browser gets it: truth, corrupted, completions and error maps, encoded from what a run has saved.

Files are known by a hash of their pixels: the truth is written once for all masks, and equal completions are one file.
"""

from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import Final

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inpaintbench.errors import StoreError
from inpaintbench.holes import hash_of
from inpaintbench.samples import Kind, Sample
from inpaintbench.site.gallery.walls import Row

CEILING: Final = 64
"""The error, in levels of 255 and averaged over the colours, from which on an error map is brightest."""

_STEPS: Final = 64
"""So many colours has an error map; more take more bytes, and nobody could tell them apart."""

THUMBNAIL: Final = 160
"""The longest side of the pictures in a row; larger ones are loaded when they are looked at one by one."""

_THUMBNAIL_QUALITY: Final = 80

_LOSSLESS: Final = {"lossless": True, "quality": 50, "method": 3}
"""`quality` is the effort here: the next steps take four times as long for a hundredth of the bytes."""


@dataclass(frozen=True)
class Loaded:
    """The pixels of one image, from lossless files.

    Attributes:
        truth: the image.
        hole: True = missing.
        completions: one a method; None where there is none.
        problems: files that should be there and cannot be read.
    """

    truth: UInt8[np.ndarray, "size size 3"]
    hole: Bool[np.ndarray, "size size"]
    completions: tuple[UInt8[np.ndarray, "size size 3"] | None, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Encoded:
    """One image as files, whose names say nothing but what their pixels are.

    Attributes:
        truth: name of the picture, without folder and ending; so are those that follow.
        corrupted: with a black hole.
        completions: one a method; None where there is none.
        errors: one a method, likewise.
        files: content by file name.
        shared: which of `files` show the truth, that other holes share.
        problems: files that should be there and cannot be read.
    """

    truth: str
    corrupted: str
    completions: tuple[str | None, ...]
    errors: tuple[str | None, ...]
    files: dict[str, bytes]
    shared: frozenset[str]
    problems: tuple[str, ...]


class NoPictureError(Exception):
    """An image cannot be shown: no method has a truth and a hole of it that can be read."""


def load(row: Row, size: int) -> Loaded:
    """Read the files of one image.

    Truth and hole must be those that the records were made of; the first method that has both is asked.

    Args:
        row: which.
        size: of the square pictures, in pixels.

    Raises:
        NoPictureError: if none has; it says why.
    """
    problems: list[str] = []
    truth = hole = None
    for sample in filter(None, row.samples):
        try:
            if truth is None:
                image = sample.read("image", size)
                _refuse_other(image, row.image_hash, sample, "image")
                truth = image
            if hole is None:
                missing = sample.read("hole", size)[..., 0] > 127
                _refuse_other(missing, row.hole_hash, sample, "hole")
                hole = missing
        except StoreError as error:
            problems.append(str(error))
        if truth is not None and hole is not None:
            break
    if truth is None or hole is None:
        raise NoPictureError("; ".join(problems))
    completions: list[UInt8[np.ndarray, "size size 3"] | None] = []
    for own in row.samples:
        completion = None
        if own is not None:
            try:
                completion = own.read("composite", size)
            except StoreError as error:
                problems.append(str(error))
        completions.append(completion)
    return Loaded(truth, hole, tuple(completions), tuple(problems))


def error_map(
    completion: UInt8[np.ndarray, "h w 3"], truth: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w"]:
    """Return how far a completion is off, as a position on the scale: 0 for nothing, 255 for `CEILING` and more.

    The error of a pixel is |completion − truth|, averaged over the three colours; it is zero outside the hole.
    """
    sums = np.abs(completion.astype(np.int16) - truth).sum(axis=-1)
    step = np.minimum(sums * (_STEPS - 1) // (3 * CEILING), _STEPS - 1)
    return np.where(hole, step * 255 // (_STEPS - 1), 0).astype(np.uint8)


@cache
def scale() -> UInt8[np.ndarray, "256 3"]:
    """Return the colours of the scale: matplotlib's `inferno`, on which equal steps look equal."""
    from matplotlib import colormaps

    return np.asarray(colormaps["inferno"](np.arange(256), bytes=True))[:, :3]


def encode(loaded: Loaded, quality: int | None, known: Container[str] = ()) -> Encoded:
    """Return an image as WebP files.

    Error maps are lossless whatever the quality: they have few colours.

    Args:
        loaded: its pixels.
        quality: of WebP; None for lossless.
        known: names of files that need not be made again.
    """
    files: dict[str, bytes] = {}

    def add(pixels: UInt8[np.ndarray, "h w 3"], small: Image.Image | None, how: dict[str, int]) -> str:
        name = sha256(f"{pixels.shape}:".encode() + pixels.tobytes()).hexdigest()[:16]
        if file_name(name) not in known:
            files[file_name(name)] = _webp(Image.fromarray(pixels), how)
            if small is not None:
                files[thumbnail_name(name)] = _webp(small, {"quality": _THUMBNAIL_QUALITY})
        return name

    def photograph(pixels: UInt8[np.ndarray, "h w 3"]) -> str:
        return add(pixels, _reduced(pixels), _LOSSLESS if quality is None else {"quality": quality})

    def map_of(completion: UInt8[np.ndarray, "h w 3"]) -> str:
        error = error_map(completion, loaded.truth, loaded.hole)
        small = _reduced(error)
        small = small and Image.fromarray(scale()[np.asarray(small)])
        return add(scale()[error], small, _LOSSLESS)

    truth = photograph(loaded.truth)
    shared = frozenset(files)
    return Encoded(
        truth=truth,
        corrupted=photograph(np.where(loaded.hole[..., None], 0, loaded.truth).astype(np.uint8)),
        completions=tuple(None if one is None else photograph(one) for one in loaded.completions),
        errors=tuple(None if one is None else map_of(one) for one in loaded.completions),
        files=files,
        shared=shared,
        problems=loaded.problems,
    )


def file_name(name: str) -> str:
    """Return the file of a picture."""
    return f"{name}.webp"


def thumbnail_name(name: str) -> str:
    """Return the file of a picture's smaller version, which those up to `THUMBNAIL` pixels lack."""
    return f"{name}-s.webp"


def _refuse_other(
    pixels: UInt8[np.ndarray, "h w 3"] | Bool[np.ndarray, "h w"], expected: str, sample: Sample, kind: Kind
) -> None:
    """Refuse pixels that are not those of the records.

    Raises:
        StoreError: if their hash is another.
    """
    if expected and hash_of(pixels) != expected:
        raise StoreError(f"{sample.path(kind)} is not the picture that was scored")


def _reduced(pixels: UInt8[np.ndarray, "h w *colours"]) -> Image.Image | None:
    """Return a smaller version; None where the picture is small enough."""
    longest = max(pixels.shape[:2])
    if longest <= THUMBNAIL:
        return None
    height, width = (max(1, round(side * THUMBNAIL / longest)) for side in pixels.shape[:2])
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)


def _webp(picture: Image.Image, how: dict[str, int]) -> bytes:
    content = BytesIO()
    picture.save(content, "WEBP", **how)
    return content.getvalue()
