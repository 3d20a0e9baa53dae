"""What a mask returns: an array of bool of the right shape, at every size that it does not refuse."""

from __future__ import annotations

from typing import Final

import numpy as np

from inpaintbench.errors import ParameterError
from inpaintbench.testing.checks import NotApplicable, PromiseError, promise
from inpaintbench.testing.masks.subject import MaskSubject

SIZES: Final = ((1, 1), (2, 3), (7, 5), (33, 64), (64, 33), (128, 128))
"""Height and width, in pixels: the smallest picture that there is, odd ones, and ones that are no squares."""


@promise()
def draws(subject: MaskSubject) -> str:
    """It draws a hole without an error.

    For a picture of 64 × 64 pixels. A mask that refuses those may take 128, 256 or 512, and is tried there.
    """
    subject.draw(subject.build(), subject.side, subject.side)
    return f"tried at {subject.side} pixels" if subject.side != 64 else ""


@promise(draws)
def hole_dtype(subject: MaskSubject) -> None:
    """It returns a NumPy array of bool.

    Numbers would leave it open which of them mean missing, and a tensor would need torch where holes are drawn.
    """
    drawn = subject.draw(subject.build(), subject.side, subject.side)
    if not isinstance(drawn, np.ndarray) or drawn.dtype != np.bool_:
        found = f"an array of {drawn.dtype}" if isinstance(drawn, np.ndarray) else type(drawn).__name__
        raise PromiseError(f"It returned {found}; expected a NumPy array of bool, True = missing.")


@promise(hole_dtype)
def hole_shape(subject: MaskSubject) -> str:
    """The hole has the shape (height, width).

    Tried on pictures that are no squares, too, at which height and width in the wrong order show themselves.
    """
    side, refused = subject.side, []
    for height, width in ((side, side), (side, side + side // 2), (side + side // 2, side)):
        if not _fits(subject, height, width):
            refused.append(f"{height}×{width}")
    return _told(refused)


@promise(hole_shape)
def every_size(subject: MaskSubject) -> str:
    """It draws a hole at every size, or refuses the size with a ParameterError.

    1×1, 2×3, 7×5, 33×64, 64×33 and 128×128 pixels, height first. Any other error ends cells, and tells nobody what to
    choose instead.
    """
    refused = [f"{height}×{width}" for height, width in SIZES if not _fits(subject, height, width)]
    if len(refused) == len(SIZES):
        raise NotApplicable("it refuses all sizes that are tried")
    return _told(refused)


def _fits(subject: MaskSubject, height: int, width: int) -> bool:
    """Return whether a hole of this size can be drawn; if not, the mask has refused the size.

    Raises:
        PromiseError: if it can, and is no array of bool of this size.
    """
    try:
        drawn = subject.draw(subject.build(), height, width)
    except ParameterError:
        return False
    if not isinstance(drawn, np.ndarray) or drawn.dtype != np.bool_ or drawn.shape != (height, width):
        raise PromiseError(
            f"At a height of {height} and a width of {width} it returned {getattr(drawn, 'dtype', type(drawn))} of "
            f"shape {getattr(drawn, 'shape', '()')}; expected bool of shape ({height}, {width})."
        )
    return True


def _told(refused: list[str]) -> str:
    return f"it refuses {', '.join(refused)}" if refused else ""
