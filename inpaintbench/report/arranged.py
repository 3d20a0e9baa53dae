"""The arrangements of a leaderboard as a `pandas.DataFrame` that have no row a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report.sheet import encodable
from inpaintbench.report.stratified import judged, shown_entries
from inpaintbench.report.titles import Side, Titles
from inpaintbench.statistics.certainty import Certainty
from inpaintbench.strata import Key, StratumScore

KNOWN: Final = ("low", "high", "shared_rank")
"""What is known of a mean beside it: the ends of its interval, and the rank that it shares."""

_LONG: Final[Mapping[str, str]] = {
    **dict.fromkeys(("method", "dataset", "mask"), ""),
    **dict.fromkeys(("size", "seed"), "int64"),
    "limit": "Int64",
    "protocol": "int64",
    **dict.fromkeys(("metric", "unit"), ""),
    "higher_is_better": "boolean",
    **dict.fromkeys(("mean", "low", "high", "rank"), "float64"),
    "shared_rank": "Int64",
    **dict.fromkeys(("place", "images", "expected"), "int64"),
    "standing": "",
    "seconds_per_image": "float64",
    "key": "",
}
"""Columns of the layout `long`, and their types; empty for text."""


def apart(name: str, kind: str, taken: Sequence[str]) -> str:
    """Return the name of a column, unlike the fixed ones: nothing forbids a plugin to be called `seed`."""
    return f"{kind} {name}" if name in taken else name


def side_by_side(leaderboard: Leaderboard, by: Side, columns: Sequence[Column]) -> pd.DataFrame:
    """Return one row a metric and method, and a column a mask or data set."""
    titles = Titles(leaderboard.groups)
    other: Side = "dataset" if by == "mask" else "mask"
    index = ["metric", other, "size", "seed", "limit", "protocol", "method"]
    sides: dict[str, None] = {}
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for column in columns:
        for entry in leaderboard.entries:
            group, side = entry.group, apart(titles.side(entry.group, by), by, index)
            place = (
                column.name,
                titles.side(group, other),
                group.size,
                group.seed,
                group.limit,
                group.protocol,
                entry.method,
            )
            sides[side] = None
            rows.setdefault(place, {})[side] = entry.scores.get(column.key, Score()).mean
    table = [[*map(encodable, place), *(means.get(side) for side in sides)] for place, means in rows.items()]
    frame = pd.DataFrame(table, columns=[*index, *map(encodable, sides)])
    return frame.astype({**dict.fromkeys(map(encodable, sides), "float64"), "limit": "Int64"})


def each_score(leaderboard: Leaderboard, columns: Sequence[Column]) -> pd.DataFrame:
    """Return one row a cell and metric; failures have one for each metric that others of their group have."""
    shown = {
        (group, column.key, entry.method)
        for group in leaderboard.groups
        for column in columns
        for entry in shown_entries(leaderboard, group, column)
    }
    rows: list[dict[str, Any]] = []
    for entry in leaderboard.entries:
        mine = [one for one in columns if (entry.group, one.key, entry.method) in shown]
        rows += [_cell_and_score(entry, one) for one in mine] or [_cell_and_score(entry, None)]
    table = [{name: encodable(value) for name, value in row.items()} for row in rows]
    return pd.DataFrame(table, columns=list(_LONG)).astype({name: kind for name, kind in _LONG.items() if kind})


def _cell_and_score(entry: Entry, column: Column | None) -> dict[str, Any]:
    record, group = entry.record, entry.group
    score = Score() if column is None else entry.scores.get(column.key, Score())
    return {
        "method": record.method,
        "dataset": record.dataset,
        "mask": record.mask,
        "size": group.size,
        "seed": group.seed,
        "limit": group.limit,
        "protocol": group.protocol,
        "metric": None if column is None else column.name,
        "unit": None if column is None else column.metric.unit,
        "higher_is_better": None if column is None else column.metric.higher_is_better,
        "mean": score.mean,
        "low": score.low,
        "high": score.high,
        "rank": score.rank,
        "shared_rank": score.shared,
        "place": score.place,
        "images": record.scored,
        "expected": record.expected,
        "standing": entry.standing,
        "seconds_per_image": entry.seconds_per_image,
        "key": record.key,
    }


def of_strata(
    leaderboard: Leaderboard, by: Key, columns: Sequence[Column], certainty: Certainty | None
) -> pd.DataFrame:
    """Return one row a metric, group, stratum and method."""
    titles = Titles(leaderboard.groups)
    strata = judged(leaderboard, by, columns, certainty)
    missing = StratumScore(Score(), 0)
    rows = []
    for column in columns:
        for group in leaderboard.groups:
            sides = titles.side(group, "dataset"), titles.side(group, "mask")
            place = (column.name, *sides, group.size, group.seed, group.limit, group.protocol)
            for stratum in strata.of(group, column):
                for entry in shown_entries(leaderboard, group, column):
                    one = stratum.scores.get(entry.method, missing)
                    known = (one.score.low, one.score.high, one.score.shared)
                    own = (entry.method, entry.standing, one.images, one.score.mean, one.score.rank)
                    rows.append((*place, stratum.name, *own, *known))
    index = ["metric", "dataset", "mask", "size", "seed", "limit", "protocol", by]
    table = [list(map(encodable, row)) for row in rows]
    frame = pd.DataFrame(table, columns=[*index, "method", "standing", "images", "mean", "rank", *KNOWN])
    types = {"limit": "Int64", "images": "int64", **dict.fromkeys(["mean", "rank", "low", "high"], "float64")}
    frame = frame.astype({**types, "shared_rank": "Int64"})
    return frame if certainty is not None else frame.drop(columns=list(KNOWN))
