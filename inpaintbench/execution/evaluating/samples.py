"""Sample pictures of a cell: PNG files that show what was scored, and from which its numbers can be computed again."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor

from inpaintbench.atomic import replacing
from inpaintbench.errors import StoreError
from inpaintbench.ops import to_levels
from inpaintbench.samples import Kind, file_name


def save_samples(
    folder: Path,
    indices: Sequence[int],
    image: Float[Tensor, "b 3 h w"],
    corrupted: Float[Tensor, "b 3 h w"],
    hole: Bool[Tensor, "b 1 h w"],
    composite: Float[Tensor, "b 3 h w"],
) -> None:
    """Write the four files of each image that `inpaintbench.samples` describes.

    Raises:
        StoreError: if the folder cannot be written.
    """
    holes = hole.squeeze(1).cpu().numpy().astype(np.uint8) * np.uint8(255)
    pictures: dict[Kind, np.ndarray] = {
        "image": _levels(image),
        "hole": holes,
        "corrupted": _levels(corrupted),
        "composite": _levels(composite),
    }
    try:
        folder.mkdir(exist_ok=True)
        for position, index in enumerate(indices):
            for name, stack in pictures.items():
                encoded = io.BytesIO()
                Image.fromarray(stack[position]).save(encoded, format="PNG")
                with replacing(folder / file_name(index, name)) as file:
                    file.write(encoded.getvalue())
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error}") from error


def _levels(pictures: Float[Tensor, "b 3 h w"]) -> UInt8[np.ndarray, "b h w 3"]:
    return to_levels(pictures).permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8)
