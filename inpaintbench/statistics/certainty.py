"""How certain the numbers of a leaderboard are: each cell of it judged in each metric."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inpaintbench.columns import Column, ColumnKey, column_key
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.pairing import pair, read_scores
from inpaintbench.statistics.verdicts import Rivals, TestName, Verdict, judge


@dataclass(frozen=True)
class Certainty:
    """What can be said of the numbers of a leaderboard.

    Attributes:
        verdicts: of the ranked methods of each group in each metric.
        test: by which methods are told apart.
        unread: entries whose images' numbers cannot be read, and why; they are in no verdict.
    """

    verdicts: Mapping[tuple[Group, ColumnKey], Verdict]
    test: TestName
    unread: tuple[tuple[Entry, str], ...]

    def of(self, group: Group, column: Column) -> Verdict | None:
        """Return the verdict on one group in one metric, if there is one."""
        return self.verdicts.get((group, column.key))


def assess(leaderboard: Leaderboard, columns: Sequence[Column], test: TestName = "permutation") -> Certainty:
    """Judge the ranked methods of each group of a leaderboard.

    Args:
        leaderboard: what is judged.
        columns: the metrics.
        test: by which methods are told apart.
    """
    verdicts: dict[tuple[Group, ColumnKey], Verdict] = {}
    unread: list[tuple[Entry, str]] = []
    for group, entries in leaderboard.by_group.items():
        tables = {}
        for entry in sorted(entries, key=lambda one: one.method):  # the order of a board depends on all of it
            if entry.standing == "ranked":
                shown = {column_key(one, group.protocol) for one in entry.record.metrics if not one.unavailable}
                try:
                    metrics = [column.metric for column in columns if column.key in shown]
                    tables[entry.method] = read_scores(entry, metrics)
                except StoreError as error:
                    unread.append((entry, str(error)))
        rivals = {
            column.key: Rivals(
                {str(method): scores.to_numpy() for method, scores in pair(tables, column.key.name).scores.items()},
                column.metric.higher_is_better,
            )
            for column in columns
        }
        verdicts |= zip(((group, key) for key in rivals), judge(list(rivals.values()), _seed(group), test), strict=True)
    return Certainty(verdicts, test, tuple(unread))


def _seed(group: Group) -> int:
    """Return a seed that depends on what is compared, and not on what else stands in the leaderboard."""
    return derive_seed("statistics", *(f"{name}={value}" for name, value in sorted(dataclasses.asdict(group).items())))
