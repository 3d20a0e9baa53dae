"""On what a hole depends: on its size and its stream, and on nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.masks.holes import hole_shape
from inpaintbench.testing.masks.subject import MaskSubject
from inpaintbench.testing.randomness import generators_kept, seed_generators

if TYPE_CHECKING:
    from jaxtyping import Bool

STREAMS: Final = 5
"""From which a hole is drawn in each of these checks."""


@promise(hole_shape)
def same_stream_same_hole(subject: MaskSubject) -> None:
    """Two objects that are built alike draw the same hole from the same stream.

    The global random numbers begin alike for both, so that another check can tell who draws from those.
    """
    with generators_kept():
        for number in range(STREAMS):
            seed_generators(number)
            first = subject.hole(number)
            seed_generators(number)
            _refuse_difference(subject.hole(number), first, "Two objects drew from the same stream")


@promise(same_stream_same_hole)
def any_order(subject: MaskSubject) -> None:
    """What an object has drawn before does not matter.

    Holes of several streams are drawn by one object, forwards and then backwards, and compared with those of objects
    that have drawn nothing. An interrupted run goes on in another order than it would have had.
    """
    with generators_kept():
        expected = []
        for number in range(STREAMS):
            seed_generators(number)
            expected.append(subject.hole(number))
        mask = subject.build()
        for number in (*range(STREAMS), *reversed(range(STREAMS))):
            seed_generators(number)
            _refuse_difference(subject.hole(number, mask), expected[number], "An object drew other holes before")


@promise(any_order)
def global_random_ignored(subject: MaskSubject) -> None:
    """The global random numbers of Python, NumPy and torch do not matter.

    They are seeded otherwise before each of two drawings. All randomness must come from the stream: nothing else is
    the same on every machine, and in every process.
    """
    with generators_kept():
        for number in range(STREAMS):
            seed_generators(1)
            first = subject.hole(number)
            seed_generators(2)
            _refuse_difference(subject.hole(number), first, "The global random numbers were others")


def _refuse_difference(found: Bool[np.ndarray, "h w"], expected: Bool[np.ndarray, "h w"], what: str) -> None:
    """Refuse holes that are not the same.

    Raises:
        PromiseError: if they are not.
    """
    if not np.array_equal(found, expected):
        raise PromiseError(
            f"{what}, and {np.count_nonzero(found != expected)} of {found.size} pixels differ; expected the same hole."
        )
