"""The leaderboard as a `pandas.DataFrame`: one row a cell, exact means; or masks or data sets side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from inpaintbench.columns import STANDARD, Column
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report.titles import Titles
from inpaintbench.report.views import By, choose_columns


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
    names = [*(_standard_fields(columns) if metrics is None else [one.field for one in columns])]
    further = [one.field for one in columns if one.field not in names]
    rows = [_row(entry, columns) for entry in leaderboard.entries]
    order = ["method", "dataset", "mask", "images", "expected", *names, "seconds_per_image"]
    order += ["size", "seed", "limit", "status", "unreadable", "unconverged", "protocol", "key"]
    order += [
        "standing",
        "clamped",
        "superseded",
        "pictures",
        "holes",
        "reason",
        "finished",
        "metrics",
        *further,
    ]
    frame = pd.DataFrame(rows, columns=order)
    numbers = [*names, "seconds_per_image", *further]
    return frame.astype({**dict.fromkeys(numbers, "float64"), "limit": "Int64"})


def _standard_fields(columns: Sequence[Column]) -> list[str]:
    """Return the fields of the protocol's metrics, in order, whether they were scored or not."""
    fields = []
    for plugin in STANDARD:
        fields += [one.field for one in columns if one.metric.plugin == plugin] or [plugin]
    return fields


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
        "pictures": entry.group.pictures,
        "holes": entry.group.holes,
        "reason": error.get("message", ""),
        "finished": record.finished,
        "metrics": "; ".join(_in_full(one) for one in scored),
        **{one.field: entry.scores[one.key].mean for one in scored},
    }


def _in_full(column: Column) -> str:
    weights = f" weights {column.key.weights}" if column.key.weights else ""
    return f"{column.field} = {column.key.name} version {column.key.version}{weights}"


def _wide(leaderboard: Leaderboard, by: By, columns: Sequence[Column]) -> pd.DataFrame:
    titles = Titles(leaderboard.groups)
    other: By = "dataset" if by == "mask" else "mask"
    index = ["metric", other, "size", "seed", "limit", "protocol", "method"]
    sides: dict[str, None] = {}
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for column in columns:
        for entry in leaderboard.entries:
            group, side = entry.group, titles.side(entry.group, by)
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
