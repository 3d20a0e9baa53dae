"""The last block of a table: the methods over all groups, by their mean ranks, their means, or Borda's points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from inpaintbench.columns import Column, ColumnKey
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.ranking import MeanRank, Place, Score
from inpaintbench.report.certain import TESTS
from inpaintbench.report.sheet import MISSING, Block, Heading, Item, Note, count, number, p_value, score_item
from inpaintbench.statistics import aggregates
from inpaintbench.statistics.certainty import Certainty, place_of
from inpaintbench.statistics.friedman import FEWEST_CELLS, FEWEST_METHODS, RankTest
from inpaintbench.statistics.verdicts import ALPHA, Verdict

Aggregate = Literal["rank", "mean", "borda"]
"""How methods are compared over all groups."""

_METHOD: Final = Heading(label="method", numeric=False)
_RANKED_IN: Final = Heading(label="ranked in")


def block(
    leaderboard: Leaderboard,
    columns: Sequence[Column],
    certainty: Certainty | None,
    aggregate: Aggregate,
    intervals: bool,
) -> tuple[Block, list[Note]]:
    """Return the block, and what must be said of it.

    Args:
        leaderboard: what is summed up; judged, if it is at all.
        columns: metrics that are shown.
        certainty: what is known of its numbers; None if nothing.
        aggregate: how methods are compared.
        intervals: whether means have their intervals beside them.
    """
    if aggregate == "mean":
        return _means(leaderboard, columns, certainty, intervals)
    if aggregate == "borda" and certainty is not None:
        return _points(leaderboard, certainty)
    if certainty is None:
        return _plain_ranks(leaderboard), []
    return _ranks(leaderboard, certainty)


def _title(leaderboard: Leaderboard) -> str:
    labels = ", ".join(column.label for column in aggregates.voters(leaderboard))
    return f"Mean rank over {labels or 'nothing'}"


def _plain_ranks(leaderboard: Leaderboard, *, places: bool = True) -> Block:
    headings = (_METHOD, Heading(label="mean rank", arrow="↓"), _RANKED_IN)
    rows = [
        (Item(one.method), Item(number(one.mean, 2), one.place if places else 0), _ranked_in(one, leaderboard))
        for one in leaderboard.mean_ranks
    ]
    return Block(_title(leaderboard), headings, tuple(rows))


def _ranks(leaderboard: Leaderboard, certainty: Certainty) -> tuple[Block, list[Note]]:
    voters = aggregates.voters(leaderboard)
    ranks = aggregates.mean_ranks(leaderboard, certainty)
    if ranks.together is None and not any(ranks.by_column.values()):
        return _plain_ranks(leaderboard, places=False), [_rank_note(ranks, voters)]
    headings = (_METHOD, Heading(label="mean rank", arrow="↓"), *(Heading(label=one.label) for one in voters))
    tests = [ranks.together, *(ranks.by_column[column.key] for column in voters)]
    values = [dict(zip(ranks.methods, test.mean_ranks, strict=True)) if test else {} for test in tests]
    columns = [(own, _places(own, test)) for own, test in zip(values, tests, strict=True)]
    methods = sorted(leaderboard.mean_ranks, key=lambda one: values[0].get(one.method, math.inf))
    rows = [
        (
            Item(one.method),
            *(Item(number(values.get(one.method), 2), places.get(one.method, 0)) for values, places in columns),
            _ranked_in(one, leaderboard),
        )
        for one in methods
    ]
    return Block(_title(leaderboard), (*headings, _RANKED_IN), tuple(rows)), [_rank_note(ranks, voters)]


def _places(mean_ranks: Mapping[str, float], test: RankTest | None) -> dict[str, Place]:
    """Return who is best: all whose mean ranks are nearer to the lowest than the critical difference."""
    if test is None:
        return {}
    lowest = min(mean_ranks.values())
    near = test.critical_difference if test.p <= ALPHA else len(mean_ranks)
    shared = {method: 1 if one - lowest < near else 2 for method, one in mean_ranks.items()}
    behind = min((one for method, one in mean_ranks.items() if shared[method] > 1), default=None)
    shared = {method: rank if rank == 1 or mean_ranks[method] == behind else 3 for method, rank in shared.items()}
    return {method: place_of(rank, shared.values()) for method, rank in shared.items()}


def _rank_note(ranks: aggregates.MeanRanks, voters: Sequence[Column]) -> Note:
    test = ranks.together
    if test is None:
        return Note(
            "",
            f"Mean ranks are not tested, and none is marked as best: that takes {FEWEST_METHODS} methods that are "
            f"ranked everywhere, and {FEWEST_CELLS} groups.",
        )
    found = [(column.label, ranks.by_column[column.key]) for column in voters]
    each = ", ".join(f"{label} {p_value(one.p)}" for label, one in found if one)
    return Note(
        "",
        f"Mean ranks over {count(test.cells, 'group')} of the same weight; in each, methods are ranked by their mean "
        f"rank over these metrics. Friedman's test: {p_value(test.p)} ({each}). Those that differ by less than "
        f"{test.critical_difference:.2f} cannot be told apart (Nemenyi, {ALPHA:.0%}).",
    )


def _means(
    leaderboard: Leaderboard, columns: Sequence[Column], certainty: Certainty | None, intervals: bool
) -> tuple[Block, list[Note]]:
    scores = mean_scores(leaderboard, columns, certainty)
    shown = [column for column in columns if column.key in scores]
    methods = list(leaderboard.mean_ranks)
    if shown:
        sign = -1.0 if shown[0].metric.higher_is_better else 1.0
        first = {method: score.mean or 0.0 for method, score in scores[shown[0].key].items()}
        methods.sort(key=lambda one: (one.method not in first, sign * first.get(one.method, 0.0)))
    rows = [
        (
            Item(one.method),
            *(score_item(scores[column.key].get(one.method, Score()), column, interval=intervals) for column in shown),
            _ranked_in(one, leaderboard),
        )
        for one in methods
    ]
    title = f"Mean over {count(leaderboard.ranked_group_count, 'group')}, each of the same weight"
    return Block(title, (_METHOD, *map(Heading.of, shown), _RANKED_IN), tuple(rows)), _mean_notes(
        leaderboard, shown, certainty
    )


def _mean_notes(leaderboard: Leaderboard, shown: Sequence[Column], certainty: Certainty | None) -> list[Note]:
    said = []
    for column in shown:
        groups = aggregates.groups_of(leaderboard, column)
        if groups < leaderboard.ranked_group_count:
            said.append(f"The mean of {column.label} is over {groups} of the groups: the others lack it.")
    if certainty is not None and certainty.test != "permutation":
        said.append(f"Means over groups are told apart by the {TESTS['permutation']}.")
    return [Note("", text) for text in said]


def mean_scores(
    leaderboard: Leaderboard, columns: Sequence[Column], certainty: Certainty | None
) -> dict[ColumnKey, dict[str, Score]]:
    """Return the means over groups of the methods that are ranked everywhere, in each metric that has some.

    Args:
        leaderboard: what is summed up.
        columns: the metrics.
        certainty: None if means are to have neither intervals nor places.
    """
    plain = aggregates.plain_means(leaderboard, columns)
    found = aggregates.means(leaderboard, columns) if certainty is not None else {}
    return {key: _scores(means, found.get(key)) for key, means in plain.items() if means}


def _scores(means: Mapping[str, float], verdict: Verdict | None) -> dict[str, Score]:
    scores = {}
    for method, mean in means.items():
        interval = verdict.means.get(method) if verdict else None
        ranks = verdict.ranks if verdict else {}
        known = interval is not None and interval.known
        scores[method] = Score(
            mean=interval.mean if interval is not None else mean,  # over the images that all methods have
            place=place_of(ranks.get(method), ranks.values()),
            low=interval.low if interval and known else None,
            high=interval.high if interval and known else None,
            shared=ranks.get(method),
            sources=verdict.sources if verdict else None,
        )
    return scores


def _points(leaderboard: Leaderboard, certainty: Certainty) -> tuple[Block, list[Note]]:
    points = aggregates.points(leaderboard, certainty)
    voters = aggregates.voters(leaderboard)
    totals: dict[str, float] = {}
    for won in points.by_column.values():
        for method, one in won.items():
            totals[method] = totals.get(method, 0.0) + one
    most = sum(points.most.values())
    headings = (_METHOD, Heading(label="points", arrow="↑"), *(Heading(label=one.label) for one in voters))
    methods = sorted(leaderboard.mean_ranks, key=lambda one: -totals.get(one.method, -1.0))
    rows = [
        (
            Item(one.method),
            _won(totals.get(one.method)),
            *(_won(points.by_column[column.key].get(one.method)) for column in voters),
            _ranked_in(one, leaderboard),
        )
        for one in methods
    ]
    note = Note(
        "",
        f"Borda's points, at most {most}: in each group and metric, a method gets one for each that it certainly "
        "beats, and half of one for each that it cannot be told from.",
    )
    return Block("Borda's points", (*headings, _RANKED_IN), tuple(rows)), [note]


def _won(points: float | None) -> Item:
    return Item(MISSING if points is None else f"{points:.1f}")


def _ranked_in(one: MeanRank, leaderboard: Leaderboard) -> Item:
    return Item(f"{one.groups}/{leaderboard.ranked_group_count}")
