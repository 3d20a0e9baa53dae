"""The checks of masks, in the order in which they run: each comes after those that it needs."""

from __future__ import annotations

from typing import Final

from inpaintbench.testing.checks import Check
from inpaintbench.testing.masks.extent import coverage, leaves_both, polarity
from inpaintbench.testing.masks.holes import draws, every_size, hole_dtype, hole_shape
from inpaintbench.testing.masks.keeping import fingerprint, own_array, state_left_alone
from inpaintbench.testing.masks.purity import any_order, global_random_ignored, same_stream_same_hole
from inpaintbench.testing.masks.subject import MaskSubject

MASK_CHECKS: Final[tuple[Check[MaskSubject], ...]] = (
    draws,
    hole_dtype,
    hole_shape,
    same_stream_same_hole,
    any_order,
    global_random_ignored,
    state_left_alone,
    own_array,
    leaves_both,
    polarity,
    coverage,
    every_size,
    fingerprint,
)

__all__ = ["MASK_CHECKS", "MaskSubject"]
