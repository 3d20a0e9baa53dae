"""Holding a method to its contract: what it may return, and that it leaves its input alone."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from inpaintbench.api import Batch, Completion
from inpaintbench.errors import InvalidOutputError


@dataclass(frozen=True)
class Checked:
    """What a method returned, found to be in order.

    Attributes:
        image: float32 in [0, 1] on the batch's device.
        clamped: how many values inside the hole lay outside [0, 1] before they were clamped, for each image.
        converged: as the method said; None if it said nothing.
        diagnostics: as the method said.
    """

    image: Float[Tensor, "b 3 h w"]
    clamped: Int[Tensor, " b"]
    converged: Bool[Tensor, " b"] | None = None
    diagnostics: dict[str, Tensor] = field(default_factory=dict)


def snapshot(batch: Batch) -> Batch:
    """Return a copy of a batch, made before a method gets it, by which `check` sees what the method changed."""
    return Batch(batch.corrupted.clone(), batch.hole.clone(), batch.seeds)


def check(returned: object, batch: Batch, given: Batch) -> Checked:
    """Return a method's answer as it will be scored.

    Args:
        returned: what the method returned.
        batch: what it was called with.
        given: the `snapshot` of the batch from before the call.

    Raises:
        InvalidOutputError: if the method wrote into the batch; if it returned neither a tensor nor a
            `Completion`; if the image has the wrong shape, type or device, or is not finite inside the hole;
            or if a diagnostic does not hold one number an image.
    """
    _refuse_changes(batch, given)
    completion = _as_completion(returned)
    image = _checked_image(completion.image, given)
    inside = image.detach().to(torch.float32).masked_fill(~given.hole, 0.0)
    unfit = (~torch.isfinite(inside)).any(dim=(1, 2, 3))
    if unfit.any():
        raise InvalidOutputError(
            f"The method returned NaN or infinity inside the hole of {int(unfit.sum())} of {len(unfit)} images."
        )
    converged = completion.converged
    return Checked(
        image=inside.clamp(0, 1),
        clamped=((inside < 0) | (inside > 1)).flatten(1).sum(dim=1),
        converged=None if converged is None else _one_an_image("converged", converged, batch).bool(),
        diagnostics={name: _one_an_image(name, values, batch) for name, values in completion.diagnostics.items()},
    )


def _refuse_changes(batch: Batch, given: Batch) -> None:
    for name, before, after in (("corrupted", given.corrupted, batch.corrupted), ("hole", given.hole, batch.hole)):
        same_kind = (after.shape, after.dtype, after.device) == (before.shape, before.dtype, before.device)
        if not same_kind or not torch.equal(before, after):
            raise InvalidOutputError(
                f"The method wrote into batch.{name}; it must work on a copy (batch.{name}.clone())."
            )


def _as_completion(returned: object) -> Completion:
    if isinstance(returned, Completion):
        return returned
    if isinstance(returned, Tensor):
        return Completion(returned)
    raise InvalidOutputError(
        f"The method returned {type(returned).__name__}; expected a tensor or an inpaintbench.api.Completion."
    )


def _checked_image(image: object, given: Batch) -> Tensor:
    expected = given.corrupted
    if not isinstance(image, Tensor) or image.shape != expected.shape:
        found = f"of shape {tuple(image.shape)}" if isinstance(image, Tensor) else f"of type {type(image).__name__}"
        raise InvalidOutputError(
            f"The method returned an image {found}; expected a tensor of shape {tuple(expected.shape)}."
        )
    if not image.is_floating_point():
        raise InvalidOutputError(f"The method returned {image.dtype}; expected floating point in [0, 1].")
    if image.device != expected.device:
        raise InvalidOutputError(f"The method returned a tensor on {image.device}; expected {expected.device}.")
    with torch._C.DisableTorchFunctionSubclass():  # a class of its own could answer for the composite
        return image.as_subclass(Tensor)


def _one_an_image(name: str, values: object, batch: Batch) -> Tensor:
    if not isinstance(values, Tensor) or values.shape != (len(batch.seeds),) or values.is_complex():
        found = f"{values.dtype} {tuple(values.shape)}" if isinstance(values, Tensor) else type(values).__name__
        raise InvalidOutputError(
            f"The method's {name} is {found}; expected a tensor with one real number an image, ({len(batch.seeds)},)."
        )
    return values.detach()
