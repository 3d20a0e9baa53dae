"""How many images a metric looks at at once: as many as its working memory allows, whatever the batch."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def in_chunks(
    score: Callable[[Tensor, Tensor], Tensor],
    composite: Float[Tensor, "b 3 h w"],
    image: Float[Tensor, "b 3 h w"],
    *,
    pixels: int,
) -> Float[Tensor, " b"]:
    """Apply `score` to runs of images that have at most `pixels` pixels together, and join the results.

    A single image that has more is a run of its own. `score` gives one number an image.
    """
    count = max(1, pixels // (image.shape[2] * image.shape[3]))
    pairs = zip(torch.split(composite, count), torch.split(image, count), strict=True)
    return torch.cat([score(*pair) for pair in pairs])
