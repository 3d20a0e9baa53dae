"""Fills every hole with the mean colour of the image's known pixels: the floor that a method has to beat."""

from torch import Tensor

from inpaintbench import ops
from inpaintbench.api import Batch


class MeanFill:
    """One colour an image. An image without known pixels comes out mid-grey."""

    def complete(self, batch: Batch) -> Tensor:
        """Return completions `(b, 3, h, w)`."""
        return ops.composite(
            ops.known_mean(batch.corrupted, batch.hole).expand_as(batch.corrupted), batch.corrupted, batch.hole
        )
