"""How certain the numbers of a leaderboard are: each cell of it judged in each metric."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from inpaintbench.columns import Column, ColumnKey, column_key
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import Place, Score
from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.intervals import Interval
from inpaintbench.statistics.memory import recall, remember
from inpaintbench.statistics.pairing import Table, read_sources, read_table
from inpaintbench.statistics.rivalry import Judgement, judge_tables
from inpaintbench.statistics.verdicts import TestName, Verdict


@dataclass(frozen=True)
class Certainty:
    """What can be said of the numbers of a leaderboard.

    Attributes:
        judgements: of each group that has results.
        test: by which methods are told apart.
        unread: entries whose images' numbers cannot be read, and why; they are in no verdict.
    """

    judgements: Mapping[Group, Judgement]
    test: TestName
    unread: tuple[tuple[Entry, str], ...]

    def of(self, group: Group, column: Column) -> Verdict | None:
        """Return the verdict on the ranked methods of one group in one metric, if there is one."""
        found = self.judgements.get(group)
        return None if found is None else found.verdicts.get(column.key)

    def interval(self, entry: Entry, column: Column) -> Interval | None:
        """Return the interval of an entry's mean, ranked or not; None where there is none."""
        found = self.judgements.get(entry.group)
        return None if found is None else found.intervals.get((entry.method, column.key))

    def judged(self, leaderboard: Leaderboard) -> Leaderboard:
        """Return the leaderboard with intervals, and with all those as best that cannot be told from the best."""
        entries = []
        for entry in leaderboard.entries:
            judgement = self.judgements.get(entry.group, Judgement({}, {}))
            scores = {key: judged_score(score, entry.method, key, judgement) for key, score in entry.scores.items()}
            entries.append(dataclasses.replace(entry, scores=scores))
        return dataclasses.replace(leaderboard, entries=tuple(entries))


def assess(
    leaderboard: Leaderboard,
    columns: Sequence[Column],
    test: TestName = "permutation",
    on_progress: Callable[[int], None] = lambda groups: None,
) -> Certainty:
    """Judge the ranked methods of each group of a leaderboard.

    What was found is remembered for as long as the records of the images stay the same.

    Args:
        leaderboard: what is judged.
        columns: the metrics.
        test: by which methods are told apart.
        on_progress: called with the number of groups that are judged.
    """
    judgements: dict[Group, Judgement] = {}
    unread: list[tuple[Entry, str]] = []
    for group, entries in leaderboard.by_group.items():
        # The order of a board's methods depends on all of it; what is found of a group must not.
        complete = sorted((one for one in entries if one.record.status == "complete"), key=lambda one: one.method)
        asked = asked_of(complete, columns, test)
        found = recall(asked) if asked else None
        if found is None:
            found, failed = _judge(group, complete, columns, test)
            unread += failed
            if asked and not failed:
                remember(asked, found)
        judgements[group] = found
        on_progress(len(judgements))
    return Certainty(judgements, test, tuple(unread))


def judged_score(score: Score, method: str, column: ColumnKey, judgement: Judgement) -> Score:
    """Return a score with its interval, its sources, the rank that it shares, and the place that follows from it."""
    interval, verdict = judgement.intervals.get((method, column)), judgement.verdicts.get(column)
    ranks = verdict.ranks if verdict is not None and verdict.images else {}
    shared = ranks.get(method)
    low, high = (interval.low, interval.high) if interval is not None else (None, None)
    return dataclasses.replace(
        score,
        low=low,
        high=high,
        sources=judgement.sources.get((method, column)),
        shared=shared,
        place=place_of(shared, ranks.values()),
    )


def seed_of(group: Group, *further: str) -> int:
    """Return a seed that depends on what is compared, and not on what else stands in the leaderboard."""
    parts = (f"{name}={value}" for name, value in sorted(dataclasses.asdict(group).items()))
    return derive_seed("statistics", *parts, *further)


def columns_of(entry: Entry, columns: Sequence[Column]) -> list[Column]:
    """Return those metrics that an entry has numbers of."""
    scored = {column_key(one, entry.group.protocol) for one in entry.record.metrics if not one.unavailable}
    return [column for column in columns if column.key in scored]


def _judge(
    group: Group, complete: Sequence[Entry], columns: Sequence[Column], test: TestName
) -> tuple[Judgement, list[tuple[Entry, str]]]:
    tables: dict[str, Table] = {}
    sources: dict[str, str] = {}
    unread = []
    for entry in complete:
        try:
            tables[entry.method] = read_table(entry, columns_of(entry, columns))
            sources |= read_sources(entry)
        except StoreError as error:
            unread.append((entry, str(error)))
    ranked = {entry.method for entry in complete if entry.standing == "ranked"}
    return judge_tables(tables, ranked, columns, seed_of(group), test, sources), unread


def asked_of(complete: Sequence[Entry], columns: Sequence[Column], test: TestName) -> dict[str, object] | None:
    """Return all that the judgement of a group depends on, to be remembered by.

    Args:
        complete: the group's entries with numbers.
        columns: the metrics.
        test: by which methods are told apart.

    Returns:
        It, as JSON can hold it; None if some numbers bear no checksum, or are no longer what they were, or if there are
        none.
    """
    tables = {}
    for entry in complete:
        hashes = [cell.record.table.get("sha256") for cell in (entry.cell, *entry.others)]
        if not all(hashes):
            return None
        try:
            for cell in (entry.cell, *entry.others):
                cell.verify()
        except StoreError:  # what was found of it while it was whole does not count
            return None
        shown = [[*column.key, column.metric.higher_is_better] for column in columns_of(entry, columns)]
        tables[entry.method] = {"standing": entry.standing, "tables": hashes, "columns": shown}
    return {"seed": seed_of(complete[0].group), "test": test, "methods": tables} if complete else None


def place_of(shared: int | None, ranks: Collection[int]) -> Place:
    """Return the place of a shared rank among those of all methods; 0 if there is none.

    >>> [place_of(rank, [1, 1, 3, 4]) for rank in (1, 3, 4, None)], place_of(1, [1])
    ([1, 2, 0, 0], 0)
    """
    if shared is None or len(ranks) < 2:
        return 0
    if shared == 1:
        return 1
    return 2 if shared == min(rank for rank in ranks if rank > 1) else 0
