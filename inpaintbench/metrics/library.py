"""Further full-reference metrics, exactly as torchmetrics computes them, for comparison with papers that use it."""

import functools
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


class TorchmetricsFunction:
    """Metric `torchmetrics[function=…]`.

    Args:
        function: a function of `torchmetrics.functional.image` that compares two pictures.
    """

    def __init__(self, function: str) -> None:
        self._compare: Callable[[Tensor, Tensor], Tensor] = functools.partial(
            getattr(functional, function), **_OPTIONS[function]
        )

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float64[Tensor, " b"]:
        """Return one number an image: each goes through the library alone, so that none depends on its batch.

        Raises:
            ValueError: as the library does, for pictures that are too small for the metric.
        """
        pairs = zip(composite[:, None], image[:, None], strict=True)
        return torch.stack([self._compare(one, other).double().cpu().reshape(()) for one, other in pairs])
