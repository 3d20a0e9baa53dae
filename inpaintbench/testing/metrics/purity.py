"""On what a number depends: on its own picture, truth and hole, and on nothing else; and what a metric leaves alone."""

from __future__ import annotations

from typing import Final

import torch
from jaxtyping import Float64
from torch import Tensor

from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.leftovers import refuse_leftovers
from inpaintbench.testing.metrics.numbers import defined, finite, float64
from inpaintbench.testing.metrics.subject import PICTURES, STRENGTHS, MetricSubject
from inpaintbench.testing.randomness import generators_kept, seed_generators

TOLERANCE: Final = 1e-5
"""By which two numbers may differ, of the larger one and at least of 1: what 32-bit arithmetic inside leaves."""


@promise(float64)
def input_unchanged(subject: MetricSubject) -> None:
    """It leaves composite, truth and hole as they were.

    The metrics of a run are given the same tensors one after the other: an operation in place would change what the
    next one sees.
    """
    scored = subject.noisy(STRENGTHS[1])
    given = scored.copy()
    subject.returned(given)
    for name in ("composite", "image", "hole"):
        before, after = getattr(scored, name), getattr(given, name)
        if (after.shape, after.dtype) != (before.shape, before.dtype) or not torch.equal(before, after):
            raise PromiseError(f"It wrote into {name}; expected that it works on a copy.")


@promise(input_unchanged, finite, defined)
def repeatable(subject: MetricSubject) -> None:
    """The same pictures get the same numbers, whatever the global random numbers are and was scored before.

    Two objects are asked, and one of them again after other pictures.
    """
    scored = subject.noisy(STRENGTHS[1])
    with generators_kept():
        seed_generators(1)
        metric = subject.build()
        expected = subject.numbers(scored, metric)
        subject.numbers(subject.noisy(STRENGTHS[2]), metric)
        seed_generators(2)
        refuse_difference(subject.numbers(scored, metric), expected, "The same object, asked again,")
        refuse_difference(subject.numbers(scored), expected, "Another object")


@promise(repeatable)
def batch_independence(subject: MetricSubject) -> None:
    """A number does not depend on the other pictures of the batch, nor on its place among them.

    Four pictures are scored together, one by one, and in another order.
    """
    scored, metric = subject.noisy(STRENGTHS[1]), subject.build()
    together = subject.numbers(scored, metric)
    alone = torch.cat([subject.numbers(scored.part(position), metric) for position in range(PICTURES)])
    refuse_difference(alone, together, "Each picture alone, compared with all in one batch,")
    order = torch.arange(PICTURES).flip(0)
    turned = type(scored)(*(getattr(scored, name)[order] for name in ("composite", "image", "hole")))
    refuse_difference(subject.numbers(turned, metric), together[order], "A batch in another order")


@promise(repeatable)
def state_left_alone(subject: MetricSubject) -> None:
    """It leaves the global random generators, torch's settings and the process as it found them.

    Building it may draw from torch's random numbers, as every layer of a network does; scoring may not.
    """
    scored = subject.noisy(STRENGTHS[1])
    refuse_leftovers(subject.build, lambda metric: subject.numbers(scored, metric))


def refuse_difference(found: Float64[Tensor, " b"], expected: Float64[Tensor, " b"], what: str) -> None:
    """Refuse numbers that are not the same, but for rounding.

    Args:
        found: some numbers; NaN is the same as NaN.
        expected: what they should be.
        what: the begin of the sentence that says which differ.

    Raises:
        PromiseError: if they differ by more than `TOLERANCE`.
    """
    if not torch.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
        worst = int((found - expected).abs().nan_to_num(torch.inf).argmax())
        raise PromiseError(f"{what} got {float(found[worst]):.9g}; expected {float(expected[worst]):.9g}.")
