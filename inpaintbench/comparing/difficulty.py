"""How hard each picture is under a hole: the mean over methods of what they score there."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from inpaintbench.columns import Column, column_key
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import natural
from inpaintbench.statistics.pairing import IMAGE, read_scores, read_sources
from inpaintbench.statistics.sources import Sources, positions

if TYPE_CHECKING:
    import pandas as pd

_RATIO: Final = "hole_ratio"
_PICTURE: Final = IMAGE[:2]
"""What two records have in common that are of the same picture, under whatever hole."""


class Pictures:
    """The numbers of single pictures in one metric, of all ranked entries of some methods; each cell is read once.

    Attributes:
        unread: why cells could not be read, as sentences.
        origins: of what source each picture is, by data set and id, where the data set tells it.
    """

    def __init__(self, leaderboard: Leaderboard, column: Column, methods: Collection[str]) -> None:
        self.column = column
        self.unread: list[str] = []
        self.origins: dict[str, dict[str, str]] = defaultdict(dict)
        self._tables: dict[Group, dict[str, pd.DataFrame]] = {}
        for group, entries in leaderboard.by_group.items():
            for entry in entries:
                if entry.standing == "ranked" and entry.method in methods:
                    self._read(group, entry)

    @property
    def groups(self) -> tuple[Group, ...]:
        """Those of which any method has numbers, in the leaderboard's order."""
        return tuple(self._tables)

    def any_methods(self, groups: Iterable[Group]) -> set[str]:
        """Return the methods that have numbers in one of the groups at least."""
        return {method for group in groups for method in self._tables[group]}

    def methods(self, groups: Sequence[Group]) -> tuple[str, ...]:
        """Return the methods that have numbers in all of the groups."""
        return tuple(sorted(set.intersection(*(set(self._tables[group]) for group in groups)), key=natural))

    def scores(self, groups: Sequence[Group], methods: Sequence[str]) -> pd.DataFrame:
        """Return the mean over the methods: a column a group, a row a picture of which each has a number in all."""
        import pandas as pd

        columns = []
        for group in groups:
            own = [self._tables[group][method][self.column.key.name] for method in methods]
            together = pd.concat(own, axis="columns", join="inner", keys=range(len(own)))
            means = together.where(np.isfinite(together)).dropna().mean(axis="columns")
            columns.append(means.droplevel(IMAGE[2]))
        return pd.concat(columns, axis="columns", join="inner", keys=range(len(columns)))

    def sources(self, scores: pd.DataFrame, dataset: str) -> Sources:
        """Return of what source each row of `scores` is."""
        return positions(scores.index.get_level_values("item").tolist(), self.origins[dataset])

    def hole_ratio(self, groups: Sequence[Group]) -> float | None:
        """Return the mean over the groups of the mean share of missing pixels; None if one does not tell."""
        means = []
        for group in groups:
            found = [float(table[_RATIO].mean()) for table in self._tables[group].values() if _RATIO in table]
            known = [mean for mean in found if not math.isnan(mean)]
            if not known:
                return None
            means.append(known[0])
        return math.fsum(means) / len(means)

    def _read(self, group: Group, entry: Entry) -> None:
        metrics = [
            one
            for one in entry.record.metrics
            if not one.unavailable and column_key(one, group.protocol) == self.column.key
        ]
        if metrics:
            ratio = dataclasses.replace(metrics[0], name=_RATIO)  # a column beside those of the metrics
            try:
                table = read_scores(entry, [*metrics, ratio])
                self.origins[group.dataset] |= read_sources(entry)
            except StoreError as error:
                self.unread.append(
                    f"{entry.method} is left out on {group.dataset} × {group.mask}: {str(error).rstrip('.')}."
                )
            else:
                if self.column.key.name in table:
                    self._tables.setdefault(group, {})[entry.method] = table
