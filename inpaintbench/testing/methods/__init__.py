"""The checks of methods, in the order in which they run: each comes after those that it needs."""

from __future__ import annotations

from typing import Final

from inpaintbench.testing.checks import Check
from inpaintbench.testing.methods.answers import (
    completes,
    known_pixels,
    output_device,
    output_dtype,
    output_finite,
    output_range,
    output_shape,
)
from inpaintbench.testing.methods.keeping import any_default_dtype, moves, picklable, reloads
from inpaintbench.testing.methods.leaks import no_leak
from inpaintbench.testing.methods.learning import training_learns, training_resumes, trains_on_train_split
from inpaintbench.testing.methods.manners import cost, state_left_alone
from inpaintbench.testing.methods.purity import any_order, batch_equals_singles, input_unchanged, same_seed_same_result
from inpaintbench.testing.methods.sizes import empty_hole, every_size, full_hole, one_pixel
from inpaintbench.testing.methods.subject import MethodSubject

METHOD_CHECKS: Final[tuple[Check[MethodSubject], ...]] = (
    completes,
    output_shape,
    output_dtype,
    output_device,
    output_finite,
    output_range,
    known_pixels,
    input_unchanged,
    same_seed_same_result,
    batch_equals_singles,
    any_order,
    no_leak,
    empty_hole,
    full_hole,
    every_size,
    one_pixel,
    any_default_dtype,
    moves,
    picklable,
    reloads,
    state_left_alone,
    trains_on_train_split,
    training_resumes,
    training_learns,
    cost,
)

__all__ = ["METHOD_CHECKS", "MethodSubject"]
