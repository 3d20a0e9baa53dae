"""A cell: one method on one data set under one mask, and the key that all it depends on gives it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask, ChosenMethod, ChosenMetric, ChosenTraining
from inpaintbench.integrity import digest
from inpaintbench.metrics.protocol import PROTOCOL
from inpaintbench.provenance import core_digest, source_digest

PRECISION: Final = "float32"
KEY_LENGTH: Final = 16
"""Hexadecimal digits of a key: 64 bits, so that a million cells of one folder collide with a chance of 1 in
30 million."""


_RUN_THROUGH: Final = ("inpaintbench.checkpoints.weights", "inpaintbench.training.networks")
"""Modules of the core on which the numbers of a method that has learned depend besides."""


@dataclass(frozen=True)
class Cell:
    """One method × data set × mask, at one size, from one seed: what is run, stored and resumed.

    Attributes:
        method: what is run.
        dataset: on which pictures.
        mask: under which holes.
        metrics: by which its completions are scored.
        size: of the square pictures, in pixels.
        seed: of the suite.
        limit: at most so many pictures; None for all.
        training: what the method must have learned; None if it learns nothing, or was given a checkpoint.
        checkpoint: what it has learned; None if it learns nothing, or is not trained yet.
    """

    method: ChosenMethod
    dataset: ChosenDataset
    mask: ChosenMask
    metrics: tuple[ChosenMetric, ...]
    size: int
    seed: int
    limit: int | None
    training: ChosenTraining | None = None
    checkpoint: Checkpoint | None = None

    @property
    def names(self) -> tuple[str, str, str]:
        """The selectors of method, data set and mask."""
        return self.method.selection.name, self.dataset.selection.name, self.mask.selection.name

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that the cell's numbers depend on."""
        return (
            self._settings
            | self._learned
            | {
                "method": self.method.identity,
                "dataset": self.dataset.identity,
                "mask": self.mask.identity,
                "metrics": {metric.selection.name: metric.identity for metric in self.metrics},
            }
        )

    @property
    def _learned(self) -> dict[str, Any]:
        """What else its numbers depend on if its method learns: the weights, or the training that is to make them."""
        if self.checkpoint:  # which training has made them does not matter; what of the core they run through does
            return {"checkpoint": {"sha256": self.checkpoint.sha256, "code": source_digest(_RUN_THROUGH)}}
        return {"checkpoint": {"training": self.training.wanted.key}} if self.training else {}

    @cached_property
    def key(self) -> str:
        """A hash of the identity: equal keys mean equal numbers."""
        hashes = {
            "method": self.method.digest,
            "dataset": self.dataset.digest,
            "mask": self.mask.digest,
            "metrics": {metric.selection.name: metric.digest for metric in self.metrics},
        }
        return digest(self._settings | self._learned | hashes)[:KEY_LENGTH]

    @property
    def title(self) -> str:
        """What messages call it."""
        return " × ".join(self.names)

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "protocol": PROTOCOL,
            "core": core_digest(),
            "precision": PRECISION,
            "size": self.size,
            "seed": self.seed,
            "limit": self.limit,
        }
