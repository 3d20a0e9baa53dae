"""Further full-reference metrics, exactly as torchmetrics computes them, for comparison with papers that use it."""

import functools
import math
import re
from collections.abc import Callable
from typing import Any, Final

import torch
import torchmetrics.functional.image as functional
from jaxtyping import Bool, Float, Float64
from torch import Tensor

_RANGE: Final = {"data_range": 1.0}
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "multiscale_structural_similarity_index_measure": _RANGE,
    "spatial_correlation_coefficient": {},
    "structural_similarity_index_measure": _RANGE,
    "universal_image_quality_index": {},
    "visual_information_fidelity": {},
}
_OF_LEVELS: Final = {"universal_image_quality_index": 255, "visual_information_fidelity": 255}
"""Functions without a `data_range` whose constants are made for levels from 0 to 255; the factor that makes such."""

_TOO_SMALL: Final = re.compile(r"image (height|width)|size of (the image|preds|target)")
"""What the library's ValueErrors say of a picture that is too small, and its other ValueErrors do not."""


class TorchmetricsFunction:
    """Metric `torchmetrics[function=…]`.

    Args:
        function: a function of `torchmetrics.functional.image` that compares two pictures.
    """

    def __init__(self, function: str) -> None:
        self._compare: Callable[[Tensor, Tensor], Tensor] = functools.partial(
            getattr(functional, function), **_OPTIONS[function]
        )
        self._scale = _OF_LEVELS.get(function, 1)

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image: each goes through the library alone, so that none depends on its batch.

        A number is NaN where the library refuses the picture's size with a ValueError: in torchmetrics 1.9 for height
        or width below 176 (multi-scale SSIM), 41 (visual information fidelity) or 8 (spatial correlation).

        Raises:
            ValueError: as the library does, for any other reason.
            RuntimeError: as torch does in the library's SSIM and universal quality index, for height or width below 6.
        """
        pairs = zip(composite[:, None], image[:, None], strict=True)
        return torch.tensor([self._number(one, other) for one, other in pairs], dtype=torch.float64)

    def _number(self, composite: Tensor, image: Tensor) -> float:
        try:
            return self._compare(composite * self._scale, image * self._scale).item()
        except ValueError as error:
            if _TOO_SMALL.search(str(error)):
                return math.nan
            raise
