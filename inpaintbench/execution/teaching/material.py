"""What a training is shown: the pictures of its split, no test picture among them, and the holes of its masks."""

from typing import Final

import numpy as np
from jaxtyping import Bool, UInt8

from inpaintbench.errors import DatasetError, InpaintbenchError, NoSplitError, TrainingError
from inpaintbench.execution.chosen import ChosenDataset, ChosenTraining
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.holes import About
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.split import PreparedSplit
from inpaintbench.training.lessons import Material

POOL: Final = 2048
"""Holes that are drawn for a training; each picture of each step takes one of them at random."""


def gather(training: ChosenTraining, shelf: Shelf, listener: Listener) -> Material:
    """Return pictures and holes.

    Args:
        training: which needs them.
        shelf: of prepared pictures.
        listener: told while pictures are prepared.

    Raises:
        TrainingError: if there are none, or a data set or mask raises by a fault of its own.
        DatasetError: if a test picture is among the training pictures.
        CacheError: if the pictures cannot be prepared for want of room, or are damaged.
    """
    try:
        return Material(_pictures(training, shelf, listener), _draw_holes(training))
    except InpaintbenchError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise TrainingError(f"The pictures or holes to train with cannot be had: {said}") from error


def _pictures(training: ChosenTraining, shelf: Shelf, listener: Listener) -> UInt8[np.ndarray, "n size size 3"]:
    """Return the training pictures that can be decoded.

    They are all looked at now: a damaged one costs nothing yet, and would cost the training later.

    Raises:
        DatasetError: if a test picture is among them.
        CacheError: if one of them is damaged.
    """
    data = training.dataset
    if data is None:
        raise TrainingError(training.obstacle)
    learned = _prepared(data, training.size, shelf, listener)
    try:
        test = ChosenDataset.open(data.selection, split="test")
    except NoSplitError:
        test = None
    if test is not None and not isinstance(test.built, Exception):
        _refuse_leaks(data, learned, test, _prepared(test, training.size, shelf, listener))
    kept = [position for position in range(len(data.items)) if position not in learned.unreadable]
    if not kept:
        raise TrainingError(f"No training picture of {data.selection.name} can be decoded.")
    learned.check(kept)
    return learned.pictures if len(kept) == len(data.items) else learned.take(kept)


def _prepared(data: ChosenDataset, size: int, shelf: Shelf, listener: Listener) -> PreparedSplit:
    return shelf.obtain(
        data.wanted(size),
        on_progress=lambda items: listener.preparing(data, items),
        on_wait=lambda: listener.waiting(data),
    )


def _refuse_leaks(data: ChosenDataset, learned: PreparedSplit, test: ChosenDataset, tested: PreparedSplit) -> None:
    """Compare the pixels of both splits, by their hashes.

    Raises:
        DatasetError: if a picture is in both.
    """
    seen = {
        tested.digest(position): position for position in range(len(test.items)) if position not in tested.unreadable
    }
    for position in range(len(data.items)):
        if position not in learned.unreadable and (found := seen.get(learned.digest(position))) is not None:
            raise DatasetError(
                f"The training picture {data.items[position]} of {data.selection.name} is the test picture "
                f"{test.items[found]}, pixel by pixel: what is trained on it cannot be tested. Remove one of them."
            )


def _draw_holes(training: ChosenTraining) -> Bool[np.ndarray, "m size size"] | None:
    """Draw the holes that a training takes its own from, as many of each mask."""
    if not training.masks:
        return None
    count = min(POOL, training.steps * training.batch)
    holes = np.zeros((count, training.size, training.size), dtype=bool)
    for number in range(count):
        mask = training.masks[number % len(training.masks)]
        holes[number] = mask.draw(training.size, About(training.seed, "training", str(number), mask.seed_name))
    return holes
