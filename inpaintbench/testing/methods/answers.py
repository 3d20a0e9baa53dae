"""What a method returns: a tensor of the right shape, type and device, with numbers that are colours."""

from __future__ import annotations

import torch
from torch import Tensor

from inpaintbench.api import Completion
from inpaintbench.ops import composite
from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.methods.subject import MethodSubject

MARGIN, SHARE = 0.1, 0.1


@promise()
def completes(subject: MethodSubject) -> None:
    """It completes a batch of pictures without an error.

    Three pictures of 64 pixels (or of a side that the spec allows) with a rectangle missing in each.
    """
    subject.build().complete(subject.batch())


@promise(completes)
def output_shape(subject: MethodSubject) -> None:
    """It returns a tensor of the batch's shape, or a `Completion` that holds one.

    A picture too few, a lost dimension or a channel more would score other pictures than those that were asked for.
    """
    batch = subject.batch()
    image = _image(subject, batch.corrupted)
    if image.shape != batch.corrupted.shape:
        raise PromiseError(f"It returned {tuple(image.shape)}; expected {tuple(batch.corrupted.shape)}.")


@promise(output_shape)
def output_dtype(subject: MethodSubject) -> None:
    """It returns floating-point numbers.

    Any precision will do: the harness goes on in float32. Whole numbers would be levels, or a mistake.
    """
    image = _image(subject, subject.batch().corrupted)
    if not image.is_floating_point():
        raise PromiseError(f"It returned {image.dtype}; expected floating point.")


@promise(output_shape)
def output_device(subject: MethodSubject) -> None:
    """It answers on the device of the batch."""
    batch = subject.batch()
    image = _image(subject, batch.corrupted)
    if image.device != batch.corrupted.device:
        raise PromiseError(f"It returned a tensor on {image.device}; expected {batch.corrupted.device}.")


@promise(output_dtype, output_device)
def output_finite(subject: MethodSubject) -> None:
    """Every number inside the holes is finite.

    What stands outside is replaced by the known pixels, and may be anything.
    """
    batch = subject.batch()
    image = _image(subject, batch.corrupted)
    wrong = ~torch.isfinite(image.float()) & batch.hole
    if wrong.any():
        raise PromiseError(
            f"{int(wrong.sum())} of {int(batch.hole.sum()) * 3} numbers inside the holes are not finite."
        )


@promise(output_finite)
def output_range(subject: MethodSubject) -> str:
    """What it returns inside the holes lies in [0, 1].

    Overshoots are clamped and counted. The promise is broken if more than a tenth of the numbers lie further than 0.1
    outside: then the range is another one, such as [-1, 1] or [0, 255].
    """
    batch = subject.batch()
    inside = _image(subject, batch.corrupted).float()[batch.hole.expand_as(batch.corrupted)]
    far = float(((inside < -MARGIN) | (inside > 1 + MARGIN)).float().mean())
    if far > SHARE:
        raise PromiseError(
            f"{far:.0%} of the numbers inside the holes lie more than {MARGIN} outside [0, 1]: they go from "
            f"{float(inside.min()):.3g} to {float(inside.max()):.3g}."
        )
    beyond = float(((inside < 0) | (inside > 1)).float().mean())
    return f"{beyond:.1%} of the numbers are clamped" if beyond else ""


@promise(output_finite)
def known_pixels(subject: MethodSubject) -> None:
    """What it returns outside the holes cannot matter: the composite has the known pixels, bit for bit.

    A tensor that defends itself against being composited, of a class of its own, would break this.
    """
    batch = subject.batch()
    made = composite(_image(subject, batch.corrupted), batch.corrupted, batch.hole)
    if not torch.equal(made.masked_fill(batch.hole, 0.0), batch.corrupted):
        raise PromiseError("The composite of its answer differs from the picture outside the hole.")


def _image(subject: MethodSubject, like: Tensor) -> Tensor:
    """Return what a method answers to a batch, of whatever shape and type.

    Raises:
        PromiseError: if it is no tensor.
    """
    returned = subject.build().complete(subject.batch())
    image = returned.image if isinstance(returned, Completion) else returned
    if not isinstance(image, Tensor):
        raise PromiseError(f"It returned {type(image).__name__}; expected a tensor of shape {tuple(like.shape)}.")
    return image
