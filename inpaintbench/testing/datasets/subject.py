"""A data set under examination: built anew as often as a check likes, listed, and looked at in a few items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from inpaintbench.api import Dataset, DatasetSpec, Split
from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench.plugins import Registry
from inpaintbench.selectors import Selection
from inpaintbench.testing.checks import NotApplicable, PromiseError

SPLITS: Final[tuple[Split, ...]] = get_args(Split)

FIRST: Final = 2
SPREAD: Final = 3
"""Items of each split that are looked at: so many from its beginning, and so many spread over the whole."""


class DatasetSubject:
    """What the checks of a data set ask of it.

    Args:
        selection: the data set and its parameters.
        registry: of all plugins; not used.
        device: not used: data sets need no torch.
        folder: not used.
    """

    def __init__(self, selection: Selection[DatasetSpec], registry: Registry, device: str, folder: Path) -> None:
        self.selection = selection

    @property
    def spec(self) -> DatasetSpec:
        """The data set's."""
        return self.selection.spec

    def build(self) -> Dataset:
        """Return the data set, built anew.

        Raises:
            NotApplicable: if it says already then that its files are not here.
        """
        with files_needed():
            built: Dataset = self.selection.build()
            return built

    @cached_property
    def listings(self) -> dict[Split, list[Any] | Exception]:
        """The ids of each split, by one data set: or what was raised in their place."""
        dataset, found = self.build(), dict[Split, list[Any] | Exception]()
        for split in SPLITS:
            try:
                found[split] = list(dataset.items(split))
            except Exception as error:
                found[split] = error
        return found

    @property
    def ids(self) -> dict[Split, list[Any]]:
        """The ids of those splits that hold any.

        Raises:
            NotApplicable: if no split can be listed on this machine; with the reason that the data set gives.
            PromiseError: if all splits are empty.
            Exception: what the data set raised, if that is no `DatasetError`, and no split can be listed.
        """
        found = {split: ids for split, ids in self.listings.items() if isinstance(ids, list) and ids}
        if found:
            return found
        errors = [error for error in self.listings.values() if isinstance(error, Exception)]
        for error in errors:
            if not isinstance(error, DatasetError):
                raise error
        if errors:
            raise NotApplicable(f"its files are not here: {errors[-1]}")
        raise PromiseError(f"It lists no item in {', '.join(SPLITS)}; expected ids, or a DatasetError that says why.")

    @property
    def some(self) -> list[Any]:
        """A few ids of each split: the first ones, and some that are spread over it."""
        found = []
        for ids in self.ids.values():
            places = [*range(FIRST), *(len(ids) * (2 * part + 1) // (2 * SPREAD) for part in range(SPREAD))]
            found += [ids[place] for place in dict.fromkeys(places) if place < len(ids)]
        return list(dict.fromkeys(found))

    def listed(self) -> Dataset:
        """Return the data set, built anew, after it was asked for the ids of the splits that it has."""
        dataset = self.build()
        for split in self.ids:
            dataset.items(split)
        return dataset


@contextmanager
def files_needed() -> Iterator[None]:
    """End a check if the data set says that its files are not here.

    Raises:
        NotApplicable: in place of a `DatasetError`.
    """
    try:
        yield
    except DatasetError as error:
        raise NotApplicable(f"its files are not here: {error}") from error


def decoded(dataset: Dataset, item: Any) -> Any:
    """Return what a data set loads; None for a picture that it calls unreadable."""
    try:
        return dataset.load(item)
    except UnreadableImageError:
        return None


def refuse_difference(found: Sequence[Any], expected: Sequence[Any], items: Sequence[Any], what: str) -> None:
    """Refuse pictures that are not the same.

    Args:
        found: some pictures, or None for unreadable ones.
        expected: what they should be.
        items: their ids.
        what: the begin of the sentence that says where they differ.

    Raises:
        PromiseError: if one is of another size, or has other pixels.
    """
    for one, other, item in zip(found, expected, items, strict=True):
        if not np.array_equal(one, other):
            raise PromiseError(f"{what} gave other pixels for {item!r}; expected the same.")
