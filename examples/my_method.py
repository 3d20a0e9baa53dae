"""`box_fill`: a missing pixel takes the average of the known pixels around it."""

import torch
from torch.nn.functional import avg_pool2d

from inpaintbench import hookimpl, ops
from inpaintbench.api import Batch, MethodSpec, Parameter


class BoxFill:
    """Looks `radius` pixels up, down, left and right."""

    def __init__(self, radius: int) -> None:
        self.window = (2 * radius + 1, 1, radius)  # size, stride, padding

    def complete(self, batch: Batch) -> torch.Tensor:
        """Return completions `(b, 3, h, w)`; where no known pixel is near, the mean colour."""
        weight = avg_pool2d((~batch.hole).float(), *self.window)
        total = avg_pool2d(batch.corrupted, *self.window)
        return torch.where(weight > 0, total / weight, ops.known_mean(batch.corrupted, batch.hole))


@hookimpl
def register_methods() -> list[MethodSpec]:
    """Return the methods of this file."""
    radius = Parameter(name="radius", kind="integer", default=12, minimum=1, help="How far to look, in pixels.")
    return [MethodSpec(name="box_fill", target=f"{__name__}:BoxFill", summary="Box average.", parameters=(radius,))]
