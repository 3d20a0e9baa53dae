"""Where trained weights lie, each with a card that says how they came to be: no pickle, nothing half-written."""

from inpaintbench.checkpoints.card import Card
from inpaintbench.checkpoints.library import Checkpoint, Library, Wanted, shipped_checkpoints

__all__ = ["Card", "Checkpoint", "Library", "Wanted", "shipped_checkpoints"]
