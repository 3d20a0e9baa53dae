"""A cell: one method on one data set under one mask. What it is made of, and the key that this gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from inpaintbench.api import (
    Dataset,
    DatasetSpec,
    Fingerprinted,
    MaskGenerator,
    MaskSpec,
    MethodSpec,
    MetricSpec,
)
from inpaintbench.errors import DatasetError, PluginError, UsageError
from inpaintbench.metrics.protocol import PROTOCOL
from inpaintbench.provenance import code_digest, digest
from inpaintbench.records import MetricColumn
from inpaintbench.seeding import RandomStream
from inpaintbench.selectors import Selection
from inpaintbench.weights import WeightsFile

PRECISION: Final = "float32"
KEY_LENGTH: Final = 16
"""Hexadecimal digits of a key: 64 bits, so that a million cells of one folder collide with a chance of 1 in
30 million."""


class Part:
    """One of the things that a cell is made of."""

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that the cell's numbers depend on here."""
        raise NotImplementedError

    @cached_property
    def digest(self) -> str:
        """A hash of the identity, computed once for all the cells that share the part."""
        return digest(self.identity)


@dataclass(frozen=True)
class Method(Part):
    """A chosen method."""

    selection: Selection[MethodSpec]

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that its completions depend on, but the batch."""
        return _identity(self.selection)


@dataclass(frozen=True)
class Pictures(Part):
    """A chosen data set, and those of its test items that the suite's limit leaves.

    Attributes:
        selection: the plugin.
        dataset: built from it; the exception that this raised, if it did.
        items: ids, in the data set's order.
        fingerprint: of these items.
    """

    selection: Selection[DatasetSpec]
    dataset: Dataset | Exception
    items: tuple[str, ...] = ()
    fingerprint: str = ""

    @classmethod
    def open(cls, selection: Selection[DatasetSpec], limit: int | None) -> Pictures:
        """List a data set's test items.

        Raises:
            UsageError: if the data set says that it cannot be used as asked, or has no test item. Anything else
                that its code raises costs its cells alone.
        """
        try:
            dataset: Dataset = selection.build()
            items = tuple(dataset.items("test")[:limit])
            fingerprint = _text(dataset.fingerprint(items))
        except Exception as error:
            return cls(selection, _own_fault(error))
        if not items:
            raise DatasetError(f"The data set {selection.name} has no test item: there is nothing to score.")
        return cls(selection, dataset, items, fingerprint)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that the pictures depend on."""
        return _identity(self.selection) | {"split": "test", "fingerprint": self.fingerprint}


@dataclass(frozen=True)
class Holes(Part):
    """A chosen mask generator.

    Attributes:
        selection: the plugin.
        generator: built from it; the exception that this raised, if it did.
        fingerprint: hash of the files that it reads; empty for one that only draws.
    """

    selection: Selection[MaskSpec]
    generator: MaskGenerator | Exception
    fingerprint: str = ""

    @classmethod
    def open(cls, selection: Selection[MaskSpec], size: int) -> Holes:
        """Build a mask generator and draw once, to refuse one that does not fit the size before anything runs.

        Raises:
            UsageError: if the mask says that it cannot be drawn so. Anything else that its code raises costs
                its cells alone.
        """
        try:
            generator: MaskGenerator = selection.build()
            generator.draw(size, size, RandomStream(0))
            fingerprint = _text(generator.fingerprint()) if isinstance(generator, Fingerprinted) else ""
            return cls(selection, generator, fingerprint)
        except Exception as error:
            return cls(selection, _own_fault(error))

    @cached_property
    def seed_name(self) -> str:
        """What stands for it in seeds: the same on every machine."""
        return self.selection.portable_name + (f"@{self.fingerprint}" if self.fingerprint else "")

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that the holes depend on, but the seed and the items."""
        return _identity(self.selection) | {"fingerprint": self.fingerprint}


@dataclass(frozen=True)
class Score(Part):
    """A chosen metric, and whether its weights are here.

    Attributes:
        selection: the plugin.
        weights: SHA-256 of the weights that lie here; empty if it needs none, or has none.
        unavailable: why it cannot be computed; empty if it can.
    """

    selection: Selection[MetricSpec]
    weights: str = ""
    unavailable: str = ""

    @classmethod
    def look_up(cls, selection: Selection[MetricSpec], obtain: Callable[[WeightsFile], str]) -> Score:
        """Find a metric's weights.

        Args:
            selection: the metric.
            obtain: makes sure of a file of weights; returns why it is not here, or nothing.

        Raises:
            UsageError: if the metric says that it cannot be used as asked. Anything else that its code raises
                makes it unavailable.
        """
        try:
            files: Sequence[WeightsFile] = selection.requirements()
            why = " ".join(filter(None, map(obtain, files)))
            return cls(selection, "" if why else "+".join(file.digest() for file in files), why)
        except Exception as error:
            return cls(selection, unavailable=f"{type(_own_fault(error)).__name__}: {error}")

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that its numbers depend on."""
        return _identity(self.selection) | {"weights": self.weights, "available": not self.unavailable}

    @cached_property
    def column(self) -> MetricColumn:
        """How its numbers are stored and printed."""
        spec = self.selection.spec
        return MetricColumn(
            name=self.selection.name,
            plugin=spec.name,
            label=spec.label.format_map(dict(self.selection.values)),
            unit=spec.unit,
            higher_is_better=spec.higher_is_better,
            decimals=spec.decimals,
            ranked=spec.ranked,
            version=spec.version,
            weights=self.weights,
            unavailable=self.unavailable,
        )


@dataclass(frozen=True)
class Cell:
    """One method × data set × mask, at one size, from one seed: what is run, stored and resumed."""

    method: Method
    pictures: Pictures
    holes: Holes
    scores: tuple[Score, ...]
    size: int
    seed: int
    limit: int | None

    @property
    def names(self) -> tuple[str, str, str]:
        """The selectors of method, data set and mask."""
        return self.method.selection.name, self.pictures.selection.name, self.holes.selection.name

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that the cell's numbers depend on."""
        return self._settings | {
            "method": self.method.identity,
            "dataset": self.pictures.identity,
            "mask": self.holes.identity,
            "metrics": {score.selection.name: score.identity for score in self.scores},
        }

    @cached_property
    def key(self) -> str:
        """A hash of the identity: equal keys mean equal numbers."""
        hashes = {
            "method": self.method.digest,
            "dataset": self.pictures.digest,
            "mask": self.holes.digest,
            "metrics": {score.selection.name: score.digest for score in self.scores},
        }
        return digest(self._settings | hashes)[:KEY_LENGTH]

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "protocol": PROTOCOL,
            "precision": PRECISION,
            "size": self.size,
            "seed": self.seed,
            "limit": self.limit,
        }


def _own_fault(error: Exception) -> Exception:
    """Return what a plugin raised by a fault of its own; raise what it, or a registry, says to whoever asked for it.

    A `PluginError` is a fault of the plugin: its spec names a target that is not there.
    """
    if isinstance(error, UsageError) and not isinstance(error, PluginError):
        raise error
    return error


def _text(fingerprint: object) -> str:
    if not isinstance(fingerprint, str):
        raise TypeError(f"fingerprint returned {fingerprint!r}; expected text.")
    return fingerprint


def _identity(selection: Selection[Any]) -> dict[str, Any]:
    return {
        "name": selection.spec.name,
        "version": selection.spec.version,
        "parameters": selection.portable_values,
        "code": code_digest(selection.spec.target),
    }
