"""A chosen data set: its items, and all that their pictures depend on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inpaintbench.api import Dataset, DatasetSpec, Labelled, Sourced, Split
from inpaintbench.errors import DatasetError, InvalidOutputError
from inpaintbench.execution.chosen.part import Part, checked_text, identity_of, own_fault
from inpaintbench.prepared.wanted import Wanted
from inpaintbench.selectors import Selection


@dataclass(frozen=True)
class ChosenDataset(Part):
    """One split of a chosen data set: those of its items that the suite's limit leaves.

    Attributes:
        selection: the plugin.
        built: from it; the exception that this raised, if it did.
        split: which.
        items: ids, in the data set's order.
        fingerprint: of these items; empty if it was not asked for.
        limited: whether the limit has left some out.
    """

    selection: Selection[DatasetSpec]
    built: Dataset | Exception
    split: Split = "test"
    items: tuple[str, ...] = ()
    fingerprint: str = ""
    limited: bool = False

    @classmethod
    def open(
        cls,
        selection: Selection[DatasetSpec],
        limit: int | None = None,
        split: Split = "test",
        *,
        hashed: bool = True,
    ) -> ChosenDataset:
        """List the items of a split.

        Args:
            selection: the plugin.
            limit: at most so many items, the first ones; None for all.
            split: which.
            hashed: whether a fingerprint is needed, for which all files may have to be read.

        Raises:
            UsageError: if the data set says that it cannot be used as asked, or has no such item. Anything else
                that its code raises costs its cells alone.
        """
        try:
            dataset: Dataset = selection.build()
            items = _distinct(dataset.items(split), selection.spec.name)
            whole, items = len(items), items[:limit]
            fingerprint = checked_text(dataset.fingerprint(items)) if hashed else ""
        except Exception as error:
            return cls(selection, own_fault(error), split)
        if not items:
            raise DatasetError(f"The data set {selection.name} has no {split} item: there is nothing to do.")
        return cls(selection, dataset, split, items, fingerprint, limited=len(items) < whole)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that the pictures depend on."""
        return identity_of(self.selection) | {"split": self.split, "fingerprint": self.fingerprint}

    def label(self, item: str) -> str | None:
        """Return the class of an item; None if the data set has no classes."""
        if not isinstance(self.built, Labelled):
            return None
        return self._text("labels {item} with", item, self.built.label(item))

    def source(self, item: str) -> str | None:
        """Return of what photograph, person or scene an item is; None if the data set tells none."""
        if not isinstance(self.built, Sourced):
            return None
        return self._text("says that {item} comes from", item, self.built.source(item))

    def _text(self, verb: str, item: str, said: object) -> str:
        if not isinstance(said, str):
            told = verb.format(item=item)
            raise InvalidOutputError(f"The data set {self.selection.name} {told} {said!r}; expected text.")
        return said

    def wanted(self, size: int) -> Wanted:
        """Return what has to be prepared for cells of this size.

        Raises:
            Exception: what the data set raised when it was built.
        """
        if isinstance(self.built, Exception):
            raise self.built
        source, built = self.selection.source, self.built
        return Wanted(
            name=self.selection.name,
            plugin=(source.location or source.name) if source.kind == "given" else "",
            identity=self.identity,
            items=self.items,
            load=built.load,
            size=size,
            changed=lambda: built.fingerprint(self.items) != self.fingerprint,
        )


def _distinct(items: Sequence[str], name: str) -> tuple[str, ...]:
    for item, count in Counter(items).items():
        if not isinstance(item, str) or count > 1:
            raise InvalidOutputError(
                f"The data set {name} lists the item {item!r} {count} times, as {type(item).__name__}; "
                "expected ids that are text, each once."
            )
    return tuple(items)
