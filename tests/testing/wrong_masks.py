"""Masks with one fault each, called `wrong_` and the check that has to find it; and `right`, which has none."""

from __future__ import annotations

import itertools
import random

import numpy as np

from inpaintbench import hookimpl
from inpaintbench.api import MaskSpec

SHARE = 0.1, 0.3


def coverage(height, width, /):
    return SHARE


class Right:
    """A fifth of the rows, from anywhere on; nothing in pictures that have fewer than five."""

    def draw(self, height, width, stream):
        hole = np.zeros((height, width), dtype=bool)
        if min(height, width) >= 5:
            top = stream.integer(0, height - 1)
            rows = (np.arange(round(height / 5)) + top) % height
            hole[rows] = True
        return hole

    def fingerprint(self):
        return "no files, but a fingerprint"


class draws(Right):  # noqa: N801  each is called as the check that finds it
    def draw(self, height, width, stream):
        raise RuntimeError("no hole today")


class hole_dtype(Right):  # noqa: N801
    def draw(self, height, width, stream):
        return super().draw(height, width, stream).astype(np.uint8)


class hole_shape(Right):  # noqa: N801
    def draw(self, height, width, stream):
        return super().draw(width, height, stream)


class same_stream_same_hole(Right):  # noqa: N801
    numbers = itertools.count()

    def __init__(self):
        self.shift = next(self.numbers)

    def draw(self, height, width, stream):
        return np.roll(super().draw(height, width, stream), self.shift, axis=0)


class any_order(Right):  # noqa: N801
    def __init__(self):
        self.drawn = 0

    def draw(self, height, width, stream):
        self.drawn += 1
        return np.roll(super().draw(height, width, stream), self.drawn, axis=0)


class global_random_ignored(Right):  # noqa: N801
    def draw(self, height, width, stream):
        return np.roll(super().draw(height, width, stream), np.random.randint(height), axis=0)


class state_left_alone(Right):  # noqa: N801
    def draw(self, height, width, stream):
        random.seed(0)
        return np.roll(super().draw(height, width, stream), random.randrange(height), axis=0)


class own_array(Right):  # noqa: N801
    def __init__(self):
        self.arrays = {}

    def draw(self, height, width, stream):
        array = self.arrays.setdefault((height, width), np.empty((height, width), dtype=bool))
        array[:] = super().draw(height, width, stream)
        return array


class leaves_both(Right):  # noqa: N801
    def draw(self, height, width, stream):
        return np.full((height, width), bool(stream.integer(0, 1)))


class polarity(Right):  # noqa: N801
    def draw(self, height, width, stream):
        return ~super().draw(height, width, stream)


class coverage_(Right):  # noqa: N801  `coverage` is what the specs declare
    def draw(self, height, width, stream):
        hole = super().draw(height, width, stream)
        return hole | np.roll(hole, round(height / 5), axis=0) | np.roll(hole, 2 * round(height / 5), axis=0)


class every_size(Right):  # noqa: N801
    def draw(self, height, width, stream):
        if height % 2:
            raise IndexError("list index out of range")
        return super().draw(height, width, stream)


class fingerprint(Right):  # noqa: N801
    numbers = itertools.count()

    def fingerprint(self):
        return f"made at {next(self.numbers)}"


FAULTS = (
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
    coverage_,
    every_size,
    fingerprint,
)


def _spec(name, target, covers="coverage"):
    return MaskSpec(
        name=name,
        target=f"{__name__}:{target}",
        summary="A mask with a fault.",
        coverage=f"{__name__}:{covers}" if covers else "",
    )


def no_range(height, width, /):
    return 0.3, 0.1


@hookimpl
def register_masks():
    faults = [_spec(f"wrong_{fault.__name__.rstrip('_')}", fault.__name__) for fault in FAULTS]
    return [
        _spec("right", "Right"),
        *faults,
        _spec("undeclared", "polarity", covers=""),
        _spec("misdeclared", "Right", covers="no_range"),
    ]
