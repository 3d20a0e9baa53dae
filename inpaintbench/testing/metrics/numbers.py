"""What a metric returns: one float64 number an image, finite or NaN."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.metrics.subject import PICTURES, SIDES, STRENGTHS, MetricSubject


@promise()
def scores(subject: MetricSubject) -> str:
    """It scores a batch of pictures without an error.

    Four pictures of 64 pixels with noise in their holes. A metric that gives no numbers for those may be for larger
    ones, up to 512, and is tried there.
    """
    subject.returned(subject.noisy(STRENGTHS[1]))
    return f"tried at {subject.side} pixels" if subject.side != SIDES[0] else ""


@promise(scores)
def one_number_an_image(subject: MetricSubject) -> None:
    """It returns a tensor of one number an image, of the shape (b,).

    A mean over the batch could be taken apart no more, and every statistic is made of numbers of single images.
    """
    returned = subject.returned(subject.noisy(STRENGTHS[1]))
    if not isinstance(returned, Tensor):
        raise PromiseError(f"It returned {type(returned).__name__}; expected a tensor of shape ({PICTURES},).")
    if returned.shape != (PICTURES,):
        raise PromiseError(f"It returned the shape {tuple(returned.shape)}; expected ({PICTURES},).")


@promise(one_number_an_image)
def float64(subject: MetricSubject) -> None:
    """The numbers are of the type float64.

    Those of 32 bits differ in the seventh digit between machines, and sums over a data set lose more.
    """
    returned = subject.returned(subject.noisy(STRENGTHS[1]))
    if returned.dtype != torch.float64:
        raise PromiseError(f"It returned {returned.dtype}; expected torch.float64: `.double()` makes it so.")


@promise(float64)
def finite(subject: MetricSubject) -> None:
    """Each number is finite, or NaN where it is undefined; infinite only where the spec's identity is.

    Tried with noise of four strengths, with composites that are the truth itself, and with holes that are empty.
    """
    clean = subject.noisy(0)
    empty = clean.copy()
    empty.hole.fill_(False)
    for what, scored in (
        *((f"With noise of {strength} levels", subject.noisy(strength)) for strength in STRENGTHS),
        ("For the truth itself", clean),
        ("For an empty hole", empty),
    ):
        numbers = subject.numbers(scored)
        declared = subject.spec.identity if what.startswith("For") else None
        wrong = [one for one in numbers.tolist() if math.isinf(one) and one != declared]
        if wrong:
            raise PromiseError(
                f"{what} it returned {wrong[0]}; expected a finite number, or NaN where it is undefined."
            )


@promise(float64)
def defined(subject: MetricSubject) -> None:
    """It is a number, and not NaN, for pictures of some size from 64 to 512 pixels with noise in their holes."""
    numbers = subject.numbers(subject.noisy(STRENGTHS[1]))
    if numbers.isnan().any():
        raise PromiseError(
            f"At {', '.join(map(str, SIDES))} pixels numbers are NaN, {int(numbers.isnan().sum())} of {PICTURES} at "
            f"{subject.side}."
        )
