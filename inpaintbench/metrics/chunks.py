"""How many images a metric looks at at once: what its working memory or its rounding asks for, whatever the batch."""

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


def in_equal_chunks(
    score: Callable[[Tensor, Tensor], Tensor],
    composite: Float[Tensor, "b 3 h w"],
    image: Float[Tensor, "b 3 h w"],
    *,
    count: int,
) -> Float[Tensor, " b"]:
    """Apply `score` to runs of exactly `count` images, and join the results.

    Libraries choose how to multiply by the shapes that they are given, and so round differently in batches of other
    sizes. Here the last run is filled up with black pictures, whose results are dropped, and every run has one shape.
    """
    missing = -len(image) % count
    runs = [torch.split(torch.cat([x, x.new_zeros(missing, *x.shape[1:])]), count) for x in (composite, image)]
    return torch.cat([score(*pair) for pair in zip(*runs, strict=True)])[: len(image)]
