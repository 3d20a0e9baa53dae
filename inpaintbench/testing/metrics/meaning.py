"""What a number means: its value for the truth, whether the truth may change places, and which way is better."""

from __future__ import annotations

import itertools

import torch

from inpaintbench.testing.checks import NotApplicable, PromiseError, promise
from inpaintbench.testing.metrics.purity import batch_independence, refuse_difference, repeatable
from inpaintbench.testing.metrics.subject import STRENGTHS, MetricSubject


@promise(repeatable)
def identity(subject: MetricSubject) -> None:
    """A composite that is the truth itself gets the value that the spec declares as `identity`.

    Four pictures, each compared with itself. A spec whose identity is None declares that it depends on the picture.
    """
    if subject.spec.identity is None:
        raise NotApplicable("the spec declares no identity: it depends on the picture")
    found = subject.numbers(subject.noisy(0))
    refuse_difference(found, torch.full_like(found, subject.spec.identity), "The truth itself")


@promise(repeatable)
def symmetric(subject: MetricSubject) -> None:
    """Composite and truth may change places, unless the spec declares that they may not.

    A metric that is taken for a distance, and is none, tells other things of two methods' completions than of a
    completion and the truth.
    """
    if not subject.spec.symmetric:
        raise NotApplicable("the spec declares that it is not")
    for strength in (STRENGTHS[1], STRENGTHS[-1]):
        scored = subject.noisy(strength)
        refuse_difference(
            subject.numbers(scored.swapped), subject.numbers(scored), "With composite and truth exchanged, a picture"
        )


@promise(batch_independence)
def monotone(subject: MetricSubject) -> str:
    """The mean number goes one way while noise in the hole grows.

    Uniform noise of at most 4, 16, 48 and 112 levels of 255, otherwise the same, in the holes of four pictures. Two
    neighbours may be equal, the first and the last may not. Which way is better is left to another check.
    """
    means = _means(subject)
    rises = [second - first for first, second in itertools.pairwise(means)]
    told = ", ".join(f"{mean:.5g}" for mean in means)
    if means[0] == means[-1] or not (all(rise >= 0 for rise in rises) or all(rise <= 0 for rise in rises)):
        raise PromiseError(
            f"Noise of {', '.join(map(str, STRENGTHS))} levels gave {told}; expected numbers that rise or fall."
        )
    return f"{told} for noise of {', '.join(map(str, STRENGTHS))} levels"


@promise(monotone)
def direction(subject: MetricSubject) -> None:
    """A worse composite gets a worse number, by what the spec declares as `higher_is_better`.

    The strongest noise is compared with the weakest. If the direction were wrong, every ranking would be upside down.
    """
    weakest, *_, strongest = _means(subject)
    if (strongest < weakest) != subject.spec.higher_is_better:
        better = "higher" if subject.spec.higher_is_better else "lower"
        raise PromiseError(
            f"The strongest noise got {strongest:.5g}, the weakest {weakest:.5g}; the spec declares that {better} is "
            "better."
        )


def _means(subject: MetricSubject) -> list[float]:
    """Return the mean number of the pictures for each strength of noise."""
    metric = subject.build()
    return [float(subject.numbers(subject.noisy(strength), metric).mean()) for strength in STRENGTHS]
