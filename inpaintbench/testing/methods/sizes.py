"""Which pictures and holes a method can be given: any hole, and every size that its spec does not refuse."""

from __future__ import annotations

from inpaintbench.api import Batch
from inpaintbench.testing.checks import NotApplicable, promise
from inpaintbench.testing.methods.purity import input_unchanged
from inpaintbench.testing.methods.subject import MethodSubject

ODD_SIDES = (33, 50, 71)


@promise(input_unchanged)
def empty_hole(subject: MethodSubject) -> None:
    """It accepts pictures of which nothing is missing.

    Such a hole is drawn again in a run. But a batch may hold one where a method calls another one on windows, and a
    division by the number of missing pixels is a fault that shows itself here first.
    """
    subject.answer(subject.batch(hole=False))


@promise(input_unchanged)
def full_hole(subject: MethodSubject) -> None:
    """It accepts pictures of which everything is missing, and returns finite numbers."""
    subject.answer(subject.batch(hole=True))


@promise(input_unchanged)
def every_size(subject: MethodSubject) -> str:
    """It completes pictures of odd sizes, and of such that are no multiples of 8, unless its spec refuses them.

    The spec refuses sizes by `least_side` and `multiple_of`, or by `sizes` of its training; then a run says so before
    it begins. 33, 50 and 71 pixels are tried.
    """
    return _completes(subject, ODD_SIDES)


@promise(input_unchanged)
def one_pixel(subject: MethodSubject) -> str:
    """It completes pictures of a single pixel, unless its spec refuses them.

    The pixel is missing, so that nothing at all is known: the smallest picture that there is.
    """
    return _completes(subject, (1,))


def _completes(subject: MethodSubject, sides: tuple[int, ...]) -> str:
    """Complete pictures of several sides, and return which of them the spec refuses.

    Raises:
        NotApplicable: if it refuses all of them.
    """
    refused = {side: said for side in sides if (said := subject.refusal(side))}
    if len(refused) == len(sides):
        raise NotApplicable(f"the spec refuses: {next(iter(refused.values()))}")
    for side in sides:
        if side not in refused:
            subject.answer(_batch(subject, side), subject.build(side))
    return f"the spec refuses {', '.join(map(str, refused))} pixels" if refused else ""


def _batch(subject: MethodSubject, side: int) -> Batch:
    return subject.batch(2, side, hole=True if side == 1 else None)
