"""Holding a method to its contract: what it may return, and that it leaves its input alone."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from inpaintbench.api import Batch, Completion
from inpaintbench.api import Method as MethodProtocol
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


def complete(method: MethodProtocol, batch: Batch) -> Completion:
    """Call a method, and refuse a change of what it was given.

    Raises:
        InvalidOutputError: if it wrote into the batch's tensors, or returned neither a tensor nor a
            `Completion`.
    """
    corrupted, hole = batch.corrupted.clone(), batch.hole.clone()
    returned: object = method.complete(batch)
    for name, before, after in (("corrupted", corrupted, batch.corrupted), ("hole", hole, batch.hole)):
        if after.shape != before.shape or not torch.equal(before, after):
            raise InvalidOutputError(
                f"The method wrote into batch.{name}; it must work on a copy (batch.{name}.clone())."
            )
    if isinstance(returned, Completion):
        return returned
    if isinstance(returned, Tensor):
        return Completion(returned)
    raise InvalidOutputError(
        f"The method returned {type(returned).__name__}; expected a tensor or an inpaintbench.api.Completion."
    )


def check(completion: Completion, batch: Batch) -> Checked:
    """Return a completion as it will be scored.

    Raises:
        InvalidOutputError: if the image has the wrong shape, type or device, or is not finite inside the
            hole; or if a diagnostic does not hold one number an image.
    """
    image, expected = completion.image, batch.corrupted
    if not isinstance(image, Tensor) or image.shape != expected.shape:
        found = tuple(image.shape) if isinstance(image, Tensor) else type(image).__name__
        raise InvalidOutputError(f"The method returned an image of shape {found}; expected {tuple(expected.shape)}.")
    if not image.is_floating_point():
        raise InvalidOutputError(f"The method returned {image.dtype}; expected floating point in [0, 1].")
    if image.device != expected.device:
        raise InvalidOutputError(f"The method returned a tensor on {image.device}; expected {expected.device}.")
    inside = image.detach().to(torch.float32).masked_fill(~batch.hole, 0.0)
    if not torch.isfinite(inside).all():
        count = int((~torch.isfinite(inside)).any(dim=(1, 2, 3)).sum()) if inside.ndim == 4 else 0
        raise InvalidOutputError(
            f"The method returned NaN or infinity inside the hole of {count} of {len(inside)} images."
        )
    clamped = ((inside < 0) | (inside > 1)).flatten(1).sum(dim=1)
    return Checked(
        image=inside.clamp(0, 1),
        clamped=clamped,
        converged=None
        if completion.converged is None
        else _one_a_picture("converged", completion.converged, batch).bool(),
        diagnostics={name: _one_a_picture(name, values, batch) for name, values in completion.diagnostics.items()},
    )


def _one_a_picture(name: str, values: object, batch: Batch) -> Tensor:
    if not isinstance(values, Tensor) or values.shape != (len(batch.seeds),):
        found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise InvalidOutputError(
            f"The method's {name} has shape {found}; expected one number an image, ({len(batch.seeds)},)."
        )
    return values.detach()
