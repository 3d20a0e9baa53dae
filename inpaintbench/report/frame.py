"""The leaderboard as a `pandas.DataFrame`: one row a cell, exact means; or masks or data sets side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from inpaintbench.columns import STANDARD, Column
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report.titles import Titles
from inpaintbench.report.views import By, choose_columns

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
    """Return one row a cell; with `by`, one row for each metric and method, and a column for each mask or data set.

    The columns begin with `method, dataset, mask, images, expected`, the metrics of the scoring protocol (empty where
    they were not scored) and `seconds_per_image`; further metrics come last. A metric's column has the plugin's name
    where one column of it exists, else its name with parameters; the column `metrics` says which it was, in full.

    Args:
        leaderboard: what to tabulate.
        by: what stands side by side.
        metrics: names of the metrics to hold, with or without their parameters; None for all.

    Raises:
        UnknownNameError: if a metric is not there.
    """
    if by is not None:
        return _wide(leaderboard, by, choose_columns(leaderboard, by, metrics))
    columns = choose_columns(leaderboard, None, metrics)
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


def _wide(leaderboard: Leaderboard, by: By, columns: Sequence[Column]) -> pd.DataFrame:
    titles = Titles(leaderboard.groups)
    other: By = "dataset" if by == "mask" else "mask"
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
