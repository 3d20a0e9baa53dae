"""The leaderboard as a `pandas.DataFrame`: one row a cell, exact means; or one of the other arrangements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

import pandas as pd

from inpaintbench.columns import STANDARD, Column
from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report.stratified import shown_entries
from inpaintbench.report.titles import Side, Titles
from inpaintbench.report.views import By, choose_columns
from inpaintbench.strata import Key, StratumScore, stratify

_CELL: Final = ("method", "dataset", "mask", "images", "expected")
_RUN: Final = (
    "size",
    "seed",
    "limit",
    "status",
    "unreadable",
    "unconverged",
    "protocol",
    "key",
    "standing",
    "clamped",
    "superseded",
    "dataset_version",
    "pictures",
    "mask_version",
    "holes",
    "reason",
    "finished",
    "metrics",
)


def to_frame(leaderboard: Leaderboard, *, by: By | None = None, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Return one row a cell, or what `by` asks for.

    With `mask` or `dataset` there is one row for each metric and method, and a column for each mask or data set.

    With `hole_ratio` or `class` there is one row for each metric, group, stratum and method: `metric, dataset, mask,
    size, seed, limit, protocol`, the name of the stratum in a column called as `by` is (empty for images of which it is
    not known), `method`, its `standing`, over how many `images` the `mean` is, and the method's `rank` in the stratum.
    A method without a number has a row without `mean`. Means over all images have no row: they stand in the table of
    one row a cell.

    Otherwise the columns begin with `method, dataset, mask, images, expected`, the metrics of the scoring protocol
    (empty where they were not scored) and `seconds_per_image`; further metrics come last. A metric's column has the
    plugin's name where one column of it exists, else its name with parameters; the column `metrics` says which it was,
    in full.

    Args:
        leaderboard: what to tabulate.
        by: what is told apart.
        metrics: names of the metrics to hold, with or without their parameters; None for all.

    Raises:
        UnknownNameError: if there is no such metric, or way to arrange.
        UsageError: if images are to be told apart by class, and none has one.
    """
    columns = choose_columns(leaderboard, by, metrics)
    match by:
        case None:
            return _cells(leaderboard, columns, metrics)
        case "mask" | "dataset":
            return _wide(leaderboard, by, columns)
        case "hole_ratio" | "class":
            return _long(leaderboard, by, columns)
        case _:
            raise UnknownNameError("arrangement", by, get_args(By))


def _cells(leaderboard: Leaderboard, columns: Sequence[Column], metrics: Sequence[str] | None) -> pd.DataFrame:
    plugins = STANDARD if metrics is None else [one.metric.plugin for one in columns]
    first = list(dict.fromkeys(field for plugin in plugins for field in _fields(plugin, columns)))
    last = [field for one in columns if (field := _field(one)) not in first]
    rows = [_row(entry, columns) for entry in leaderboard.entries]
    frame = pd.DataFrame(rows, columns=[*_CELL, *first, "seconds_per_image", *_RUN, *last])
    return frame.astype({**dict.fromkeys([*first, "seconds_per_image", *last], "float64"), "limit": "Int64"})


def _fields(plugin: str, columns: Sequence[Column]) -> list[str]:
    """Return the names of a plugin's columns; its own name for an empty one, if it has scored nothing."""
    return [_field(one) for one in columns if one.metric.plugin == plugin] or [plugin]


def _field(column: Column) -> str:
    return _apart(column.field, "metric", (*_CELL, "seconds_per_image", *_RUN))


def _apart(name: str, kind: str, taken: Sequence[str]) -> str:
    """Return the name of a column, unlike the fixed ones: nothing forbids a plugin to be called `seed`."""
    return f"{kind} {name}" if name in taken else name


def _row(entry: Entry, columns: Sequence[Column]) -> dict[str, Any]:
    record = entry.record
    scored = [one for one in columns if one.key in entry.scores]
    error = record.error or {}
    return {
        "method": record.method,
        "dataset": record.dataset,
        "mask": record.mask,
        "images": record.scored,
        "expected": record.expected,
        "seconds_per_image": entry.seconds_per_image,
        "size": record.size,
        "seed": record.seed,
        "limit": record.limit,
        "status": record.status,
        "unreadable": len(record.unreadable),
        "unconverged": record.unconverged,
        "protocol": record.protocol,
        "key": record.key,
        "standing": entry.standing,
        "clamped": record.clamped,
        "superseded": entry.superseded,
        "dataset_version": entry.group.pictures.version,
        "pictures": entry.group.pictures.fingerprint,
        "mask_version": entry.group.holes.version,
        "holes": entry.group.holes.fingerprint,
        "reason": error.get("message", ""),
        "finished": record.finished,
        "metrics": "; ".join(_in_full(one) for one in scored),
        **{_field(one): entry.scores[one.key].mean for one in scored},
    }


def _in_full(column: Column) -> str:
    weights = f" weights {column.key.weights}" if column.key.weights else ""
    return f"{_field(column)} = {column.key.name} version {column.key.version}{weights}"


def _wide(leaderboard: Leaderboard, by: Side, columns: Sequence[Column]) -> pd.DataFrame:
    titles = Titles(leaderboard.groups)
    other: Side = "dataset" if by == "mask" else "mask"
    index = ["metric", other, "size", "seed", "limit", "protocol", "method"]
    sides: dict[str, None] = {}
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for column in columns:
        for entry in leaderboard.entries:
            group, side = entry.group, _apart(titles.side(entry.group, by), by, index)
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
    table = [[*place, *(means.get(side) for side in sides)] for place, means in rows.items()]
    frame = pd.DataFrame(table, columns=[*index, *sides])
    return frame.astype({**dict.fromkeys(sides, "float64"), "limit": "Int64"})


def _long(leaderboard: Leaderboard, by: Key, columns: Sequence[Column]) -> pd.DataFrame:
    titles = Titles(leaderboard.groups)
    strata = stratify(leaderboard, by, columns)
    missing = StratumScore(Score(), 0)
    rows = []
    for column in columns:
        for group in leaderboard.groups:
            sides = titles.side(group, "dataset"), titles.side(group, "mask")
            place = (column.name, *sides, group.size, group.seed, group.limit, group.protocol)
            for stratum in strata.of(group, column):
                for entry in shown_entries(leaderboard, group, column):
                    one = stratum.scores.get(entry.method, missing)
                    own = (entry.method, entry.standing, one.images, one.score.mean, one.score.rank)
                    rows.append((*place, stratum.name, *own))
    index = ["metric", "dataset", "mask", "size", "seed", "limit", "protocol", by]
    frame = pd.DataFrame(rows, columns=[*index, "method", "standing", "images", "mean", "rank"])
    return frame.astype({"limit": "Int64", "images": "int64", "mean": "float64", "rank": "float64"})
