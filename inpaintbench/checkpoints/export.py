"""Making a checkpoint small, to be shipped with a plugin."""

import dataclasses
import re
from pathlib import Path

from inpaintbench.checkpoints.library import WEIGHTS, Checkpoint
from inpaintbench.checkpoints.weights import read_weights, write_weights

_WORD = re.compile(r"[^\w.]+")


def export_half(checkpoint: Checkpoint, folder: Path) -> Path:
    """Copy a checkpoint, its weights rounded to float16, into a folder of its own below `folder`, and return that.

    Raises:
        CheckpointError: if the checkpoint cannot be read.
    """
    card = checkpoint.card
    names = (card.method, card.dataset, card.mask, str(card.size))
    place = folder / "-".join(_WORD.sub("_", name).strip("_") for name in names if name)
    place.mkdir(parents=True, exist_ok=True)
    weights = write_weights(place / WEIGHTS, read_weights(checkpoint).networks, half=True)
    dataclasses.replace(card, weights=weights).write(place)
    return place
