"""Chosen methods and metrics: what computes, and may need pretrained weights for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inpaintbench.api import MethodSpec, MetricSpec
from inpaintbench.execution.chosen.part import Part, identity_of, own_fault
from inpaintbench.fingerprints import fingerprint_path
from inpaintbench.records import MetricColumn
from inpaintbench.selectors import Selection
from inpaintbench.weights import WeightsFile

Obtain = Callable[[WeightsFile], str]
"""Makes sure of a file of weights; returns why it is not here, or nothing."""


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
        return identity_of(self.selection) | {"weights": self.weights, "files": _files(self.selection)}


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
        return identity_of(self.selection) | found

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


def _weights(selection: Selection[Any], obtain: Obtain) -> tuple[str, str]:
    """Return the hashes of a plugin's weights, or why they are not all here."""
    try:
        files = selection.requirements()
        why = " ".join(filter(None, map(obtain, files)))
        return "" if why else "+".join(file.digest() for file in files), why
    except Exception as error:
        return "", f"{type(own_fault(error)).__name__}: {error}"


def _files(selection: Selection[Any]) -> dict[str, str]:
    """Return a hash of what lies at each path that a plugin was given."""
    paths = {parameter.name for parameter in selection.spec.parameters if parameter.is_place}
    return {name: fingerprint_path(str(value)) for name, value in selection.values if name in paths}
