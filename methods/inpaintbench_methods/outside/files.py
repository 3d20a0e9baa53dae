"""Pictures and holes as PNG files, and back to a completion: what programs are given, and what they return."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor

from inpaintbench import ops
from inpaintbench.api import Batch


def singles(batch: Batch) -> Iterator[tuple[UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"], int]]:
    """Yield each corrupted picture in 8-bit levels, its hole, and its seed."""
    levels = ops.to_levels(batch.corrupted).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    yield from zip(levels, batch.hole[:, 0].cpu().numpy(), batch.seeds, strict=True)


def picture_png(levels: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Return a picture as the content of an RGB PNG file."""
    return _png(Image.fromarray(levels))


def hole_png(hole: Bool[np.ndarray, "h w"], missing: str) -> bytes:
    """Return a hole as the content of a grey PNG file of 8 bits.

    Args:
        hole: True = missing.
        missing: `white` or `black`: what missing pixels are; the others are the opposite.
    """
    white = hole if missing == "white" else ~hole
    return _png(Image.fromarray(np.where(white, 255, 0).astype(np.uint8)))


def completion(filled: Sequence[UInt8[np.ndarray, "h w 3"]], batch: Batch) -> Float[Tensor, "b 3 h w"]:
    """Return filled pictures as a completion in [0, 1] on the batch's device."""
    return torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2).to(batch.corrupted) / 255


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, format="PNG")
    return content.getvalue()
