"""What the parts of a cell have in common: an identity, a hash of it, and whose fault an error is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from inpaintbench.errors import PluginError, UsageError
from inpaintbench.integrity import digest
from inpaintbench.provenance import code_digest
from inpaintbench.selectors import Selection


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


def identity_of(selection: Selection[Any]) -> dict[str, Any]:
    """Return what any plugin's results depend on: name, version, parameters and code."""
    return {
        "name": selection.spec.name,
        "version": selection.spec.version,
        "parameters": selection.portable_values,
        "code": code_digest(selection.spec.target),
    }


def own_fault(error: Exception) -> Exception:
    """Return what a plugin raised by a fault of its own; raise what it, or a registry, says to whoever asked for it.

    A `PluginError` is a fault of the plugin: its spec names a target that is not there.
    """
    if isinstance(error, UsageError) and not isinstance(error, PluginError):
        raise error
    return error


def checked_text(fingerprint: object) -> str:
    """Return a fingerprint that a plugin gave.

    Raises:
        TypeError: if it is no text.
    """
    if not isinstance(fingerprint, str):
        raise TypeError(f"fingerprint returned {fingerprint!r}; expected text.")
    return fingerprint
