"""What every picture goes through between decoding and a batch: RGB of 8 bits, then a square.

Pillow resizes 8-bit pictures in fixed point, so that the result is the same on every machine.
"""

import numpy as np
from jaxtyping import UInt8
from PIL import Image


def fit(picture: UInt8[np.ndarray, "h w 3"], size: int) -> UInt8[np.ndarray, "size size 3"]:
    """Return the central square of a picture, `size` pixels wide.

    The shorter side becomes `size`, the longer one long × size / short rounded to the nearest pixel (halves
    up). The filter is Pillow's bicubic one (a = −0.5), which widens as the picture shrinks: antialiasing. Of
    the longer side the square begins at pixel (long − size) // 2, so that of an odd margin the right or lower
    part is the larger one. A picture of that size comes out unchanged, and a smaller one is enlarged.

    Args:
        picture: RGB levels, of any size of at least 1 × 1.
        size: side of the result in pixels, at least 1.

    >>> fit(np.full((109, 89, 3), 7, np.uint8), 64).shape
    (64, 64, 3)
    """
    height, width = picture.shape[:2]
    top, bottom = _kept(height, min(height, width), size)
    left, right = _kept(width, min(height, width), size)
    # Only the part that is kept is resized: the rest of a strip of 1 × 16,384 pixels would fill 200 MB.
    square = Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    return np.array(square)


def as_rgb(picture: UInt8[np.ndarray, "h w *channels"]) -> UInt8[np.ndarray, "h w 3"]:
    """Return an array of grey or RGB levels, as `skimage.data` has both, as RGB.

    Raises:
        ValueError: if it is neither `(h, w)` nor `(h, w, 3)`.
    """
    if picture.ndim == 2:
        return np.repeat(picture[:, :, np.newaxis], 3, axis=2)
    if picture.ndim == 3 and picture.shape[2] == 3:
        return picture
    raise ValueError(f"an array of shape {picture.shape} is no picture: expected (h, w) or (h, w, 3)")


def _kept(length: int, shorter: int, size: int) -> tuple[float, float]:
    """Return from where to where a side is kept, in pixels of the picture, which may be fractions."""
    resized = (2 * length * size + shorter) // (2 * shorter)
    start = (resized - size) // 2
    return start * length / resized, (start + size) * length / resized
