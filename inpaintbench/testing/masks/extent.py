"""How much of a picture a hole misses: something, not all, and as much as the spec declares."""

from __future__ import annotations

from typing import Final

import numpy as np

from inpaintbench.errors import ParameterError
from inpaintbench.testing.checks import NotApplicable, PromiseError, promise
from inpaintbench.testing.masks.holes import hole_shape
from inpaintbench.testing.masks.subject import MaskSubject

DRAWN: Final = 20
"""Holes of each size."""

_ROUNDING: Final = 1e-9


@promise(hole_shape)
def leaves_both(subject: MaskSubject) -> str:
    """It leaves something to fill and something known, in at least one of 20 holes.

    A hole that is empty or full is drawn again, from another stream, a hundred times at most.
    """
    shares = _shares(subject, subject.side, subject.side)
    useless = sum(share in (0, 1) for share in shares)
    if useless == DRAWN:
        empty = sum(share == 0 for share in shares)
        raise PromiseError(f"Of {DRAWN} holes of {subject.side} pixels {empty} are empty, and the others full.")
    return f"{useless} of {DRAWN} are empty or full" if useless else ""


@promise(leaves_both)
def polarity(subject: MaskSubject) -> str:
    """True means missing: no hole misses as much as it should leave known, by the coverage that its spec declares.

    The promise is broken if the share of a hole lies outside the declared range while that of the known pixels lies
    inside. Twenty holes are drawn at each of three sizes.
    """
    unsure = False
    for (height, width), shares in _drawn(subject).items():
        try:
            lowest, highest = _declared(subject, height, width)
        except Exception as error:  # `coverage` says what is wrong with it
            raise NotApplicable("the declared coverage is no range") from error
        for share in shares:
            unsure = unsure or (_within(share, lowest, highest) and _within(1 - share, lowest, highest))
            if not _within(share, lowest, highest) and _within(1 - share, lowest, highest):
                raise PromiseError(
                    f"A hole of {height}×{width} pixels misses {share:.4g} of the picture and leaves {1 - share:.4g} "
                    f"known; expected {lowest:.4g} to {highest:.4g} missing: True must mean missing."
                )
    return "the declared coverage allows the opposite of some holes, too" if unsure else ""


@promise(polarity)
def coverage(subject: MaskSubject) -> str:
    """The missing share of every hole lies in the range that its spec declares for the size and the parameters.

    Twenty holes are drawn at each of three sizes, on squares and not; sizes that the mask refuses are left out.
    """
    told = ""
    for (height, width), shares in _drawn(subject).items():
        lowest, highest = _declared(subject, height, width)
        for share in shares:
            if not _within(share, lowest, highest):
                raise PromiseError(
                    f"A hole of {height}×{width} pixels misses {share:.4g} of the picture; expected {lowest:.4g} to "
                    f"{highest:.4g}, as its spec declares."
                )
        told = told or (
            f"{min(shares):.3g} to {max(shares):.3g} at {height}×{width} pixels; declared {lowest:.3g} to {highest:.3g}"
        )
    return told


def _drawn(subject: MaskSubject) -> dict[tuple[int, int], list[float]]:
    """Return the missing shares of holes by height and width, of the sizes that the mask does not refuse.

    Raises:
        NotApplicable: if the spec declares no coverage.
    """
    if not subject.spec.coverage:
        raise NotApplicable("the spec declares no coverage")
    side, found = subject.side, {}
    for height, width in ((side, side), (side, side + side // 2), (2 * side, 2 * side)):
        try:
            found[height, width] = _shares(subject, height, width)
        except ParameterError:
            continue
    return found


def _shares(subject: MaskSubject, height: int, width: int) -> list[float]:
    mask = subject.build()
    return [float(np.mean(subject.draw(mask, height, width, number))) for number in range(DRAWN)]


def _declared(subject: MaskSubject, height: int, width: int) -> tuple[float, float]:
    """Return the declared range.

    Raises:
        PromiseError: if it is none.
    """
    said = subject.declared(height, width)
    match said:
        case (int() | float() as lowest, int() | float() as highest) if 0 <= lowest <= highest <= 1:
            return float(lowest), float(highest)
    raise PromiseError(
        f"The declared coverage of {height}×{width} pixels is {said!r}; expected two numbers in [0, 1], the lower one "
        "first."
    )


def _within(share: float, lowest: float, highest: float) -> bool:
    return lowest - _ROUNDING <= share <= highest + _ROUNDING
