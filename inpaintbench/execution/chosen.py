"""What a suite has chosen: a method, a data set, a mask and metrics, each with all that numbers depend on in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inpaintbench.api import (
    Dataset,
    DatasetSpec,
    Fingerprinted,
    MaskGenerator,
    MaskSpec,
    MethodSpec,
    MetricSpec,
)
from inpaintbench.errors import DatasetError, InvalidOutputError, PluginError, UsageError
from inpaintbench.folders import fingerprint_path
from inpaintbench.provenance import code_digest, digest
from inpaintbench.records import MetricColumn
from inpaintbench.seeding import RandomStream
from inpaintbench.selectors import Selection
from inpaintbench.weights import WeightsFile

Obtain = Callable[[WeightsFile], str]
"""Makes sure of a file of weights; returns why it is not here, or nothing."""


class Part(ABC):
    """One of the things that a cell is made of."""

    @property
    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """All that the cell's numbers depend on here."""

    @cached_property
    def digest(self) -> str:
        """A hash of the identity, computed once for all the cells that share the part."""
        return digest(self.identity)


@dataclass(frozen=True)
class ChosenMethod(Part):
    """A chosen method, and whether its pretrained weights are here.

    Attributes:
        selection: the plugin.
        weights: SHA-256 of the weights that lie here; empty if it needs none, or has none.
        unavailable: why it cannot run; empty if it can.
    """

    selection: Selection[MethodSpec]
    weights: str = ""
    unavailable: str = ""

    @classmethod
    def look_up(cls, selection: Selection[MethodSpec], obtain: Obtain) -> ChosenMethod:
        """Find a method's weights.

        Raises:
            UsageError: if the method says that it cannot be used as asked. Anything else that its code raises
                costs its cells.
        """
        return cls(selection, *_weights(selection, obtain))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that its completions depend on, but the batch."""
        return _identity(self.selection) | {"weights": self.weights, "files": _files(self.selection)}


@dataclass(frozen=True)
class ChosenDataset(Part):
    """A chosen data set, and those of its test items that the suite's limit leaves.

    Attributes:
        selection: the plugin.
        built: from it; the exception that this raised, if it did.
        items: ids, in the data set's order.
        fingerprint: of these items.
        limited: whether the limit has left some out.
    """

    selection: Selection[DatasetSpec]
    built: Dataset | Exception
    items: tuple[str, ...] = ()
    fingerprint: str = ""
    limited: bool = False

    @classmethod
    def open(cls, selection: Selection[DatasetSpec], limit: int | None) -> ChosenDataset:
        """List a data set's test items.

        Raises:
            UsageError: if the data set says that it cannot be used as asked, or has no test item. Anything else
                that its code raises costs its cells alone.
        """
        try:
            dataset: Dataset = selection.build()
            items = _distinct(dataset.items("test"), selection.spec.name)
            whole, items = len(items), items[:limit]
            fingerprint = _text(dataset.fingerprint(items))
        except Exception as error:
            return cls(selection, _own_fault(error))
        if not items:
            raise DatasetError(f"The data set {selection.name} has no test item: there is nothing to score.")
        return cls(selection, dataset, items, fingerprint, limited=len(items) < whole)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that the pictures depend on."""
        return _identity(self.selection) | {"split": "test", "fingerprint": self.fingerprint}


@dataclass(frozen=True)
class ChosenMask(Part):
    """A chosen mask generator.

    Attributes:
        selection: the plugin.
        built: from it; the exception that this raised, if it did.
        fingerprint: hash of the files that it reads; empty for one that only draws.
    """

    selection: Selection[MaskSpec]
    built: MaskGenerator | Exception
    fingerprint: str = ""

    @classmethod
    def open(cls, selection: Selection[MaskSpec], size: int) -> ChosenMask:
        """Build a mask generator and try it, to refuse one that does not fit the size before anything runs.

        Raises:
            UsageError: if the mask says that it cannot be drawn so. Anything else that its code raises costs
                its cells alone.
        """
        try:
            generator: MaskGenerator = selection.build()
            _refuse_impure(generator, selection.name, size)
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
class ChosenMetric(Part):
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
    def look_up(cls, selection: Selection[MetricSpec], obtain: Obtain) -> ChosenMetric:
        """Find a metric's weights.

        Raises:
            UsageError: if the metric says that it cannot be used as asked. Anything else that its code raises
                makes it unavailable.
        """
        return cls(selection, *_weights(selection, obtain))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that its numbers depend on."""
        found = {"weights": self.weights, "available": not self.unavailable, "files": _files(self.selection)}
        return _identity(self.selection) | found

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


def _own_fault(error: Exception) -> Exception:
    """Return what a plugin raised by a fault of its own; raise what it, or a registry, says to whoever asked for it.

    A `PluginError` is a fault of the plugin: its spec names a target that is not there.
    """
    if isinstance(error, UsageError) and not isinstance(error, PluginError):
        raise error
    return error


def _weights(selection: Selection[Any], obtain: Obtain) -> tuple[str, str]:
    """Return the hashes of a plugin's weights, or why they are not all here."""
    try:
        files = selection.requirements()
        why = " ".join(filter(None, map(obtain, files)))
        return "" if why else "+".join(file.digest() for file in files), why
    except Exception as error:
        return "", f"{type(_own_fault(error)).__name__}: {error}"


def _files(selection: Selection[Any]) -> dict[str, str]:
    """Return a hash of what lies at each path that a plugin was given."""
    paths = {parameter.name for parameter in selection.spec.parameters if parameter.is_place}
    return {name: fingerprint_path(str(value)) for name, value in selection.values if name in paths}


def _refuse_impure(generator: MaskGenerator, name: str, size: int) -> None:
    """Draw from one seed before and after another: if the holes differ, methods would get different ones."""
    import numpy as np  # here, so that `bench list` does without it

    before = np.array(generator.draw(size, size, RandomStream(0)))
    generator.draw(size, size, RandomStream(1))
    if not np.array_equal(before, generator.draw(size, size, RandomStream(0))):
        raise InvalidOutputError(
            f"The mask {name} drew two different holes from the same stream; expected a pure function of the size and "
            "the stream, which takes all randomness from the latter."
        )


def _distinct(items: Sequence[str], name: str) -> tuple[str, ...]:
    for item, count in Counter(items).items():
        if not isinstance(item, str) or count > 1:
            raise InvalidOutputError(
                f"The data set {name} lists the item {item!r} {count} times, as {type(item).__name__}; "
                "expected ids that are text, each once."
            )
    return tuple(items)


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
