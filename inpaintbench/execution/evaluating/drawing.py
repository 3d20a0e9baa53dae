"""The hole of a data set's item under a mask, as every cell of a suite gets it."""

from __future__ import annotations

from inpaintbench.execution.chosen import ChosenDataset, ChosenMask
from inpaintbench.holes import About


def about(dataset: ChosenDataset, mask: ChosenMask, item: str, seed: int) -> About:
    """Return what the hole of an item is for, from which its seed is derived."""
    return About(seed, dataset.selection.portable_name, item, mask.seed_name)
