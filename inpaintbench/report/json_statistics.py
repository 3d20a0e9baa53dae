"""What JSON says of how certain numbers are: intervals, comparisons of methods, and methods over all groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inpaintbench.columns import Column
from inpaintbench.json_types import finite
from inpaintbench.leaderboard import Group, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report.overall import Aggregate, mean_scores
from inpaintbench.statistics import aggregates
from inpaintbench.statistics.certainty import Certainty
from inpaintbench.statistics.friedman import RankTest
from inpaintbench.statistics.intervals import LEVEL
from inpaintbench.statistics.resampling import COUNT
from inpaintbench.statistics.verdicts import ALPHA, Comparison, Verdict


def basis(certainty: Certainty) -> dict[str, Any]:
    """Return by what numbers were judged."""
    return {"test": certainty.test, "adjusted_by": "holm", "alpha": ALPHA, "level": LEVEL, "resamples": COUNT}


def of_score(score: Score) -> dict[str, Any]:
    """Return one score; null for what is not known."""
    return {
        "mean": finite(score.mean),
        "rank": score.rank,
        "place": score.place,
        "low": finite(score.low),
        "high": finite(score.high),
        "shared_rank": score.shared,
        "sources": score.sources,
    }


def comparisons(certainty: Certainty, group: Group, columns: Sequence[Column]) -> dict[str, list[dict[str, Any]]]:
    """Return the pairs of methods of a group in each metric; none of metrics in which nothing was compared."""
    found = {}
    for column in columns:
        verdict = certainty.of(group, column)
        if verdict is not None and verdict.pairs and verdict.images:
            found[column.field] = [_pair(*names, one, verdict) for names, one in verdict.pairs.items()]
    return found


def overall(
    leaderboard: Leaderboard, columns: Sequence[Column], certainty: Certainty | None, aggregate: Aggregate
) -> dict[str, Any]:
    """Return the methods over all groups: mean ranks and their tests, and what else was asked for.

    Args:
        leaderboard: judged, if it is at all.
        columns: metrics that are shown.
        certainty: what is known of its numbers; None if nothing.
        aggregate: what is asked for besides mean ranks.
    """
    ranks = aggregates.mean_ranks(leaderboard, certainty)
    together = dict(zip(ranks.methods, ranks.together.mean_ranks, strict=True)) if certainty and ranks.together else {}
    fields = {column.key: column.field for column in leaderboard.columns}
    tests = {fields[key]: test for key, test in ranks.by_column.items() if test is not None}
    return {
        "mean_ranks": [
            {
                "method": one.method,
                "mean_rank": together.get(one.method, one.mean),
                "groups": one.groups,
                "of_groups": leaderboard.ranked_group_count,
                "by_metric": {
                    field: test.mean_ranks[ranks.methods.index(one.method)]
                    for field, test in tests.items()
                    if one.method in ranks.methods
                },
            }
            for one in leaderboard.mean_ranks
        ],
        "rank_tests": {
            "together": None if ranks.together is None else _test(ranks.together),
            "by_metric": {field: _test(test) for field, test in tests.items()},
        },
        **_aggregate(leaderboard, columns, certainty, aggregate),
    }


def _pair(one: str, two: str, comparison: Comparison, verdict: Verdict) -> dict[str, Any]:
    difference = comparison.difference
    return {
        "methods": [one, two],
        "images": verdict.images,
        "sources": verdict.sources,
        "difference": finite(difference.mean),
        "low": finite(difference.low),
        "high": finite(difference.high),
        "p": finite(comparison.p),
        "certain": comparison.certain,
    }


def _test(test: RankTest) -> dict[str, Any]:
    return {
        "groups": test.cells,
        "statistic": finite(test.statistic),
        "p": finite(test.p),
        "critical_difference": finite(test.critical_difference),
    }


def _aggregate(
    leaderboard: Leaderboard, columns: Sequence[Column], certainty: Certainty | None, aggregate: Aggregate
) -> dict[str, Any]:
    fields = {column.key: column.field for column in leaderboard.columns}
    if aggregate == "mean":
        found = mean_scores(leaderboard, columns, certainty)
        scores = {
            fields[key]: {method: of_score(score) for method, score in scores.items()} for key, scores in found.items()
        }
        return {"aggregate": {"by": "mean", "scores": scores}}
    if aggregate == "borda" and certainty is not None:
        points = aggregates.points(leaderboard, certainty)
        won = {fields[key]: {"most": points.most[key], "points": dict(one)} for key, one in points.by_column.items()}
        return {"aggregate": {"by": "borda", "by_metric": won}}
    return {}
