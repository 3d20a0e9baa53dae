"""The leaderboard as a `pandas.DataFrame`: one row a cell, exact means; or one of the other arrangements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from inpaintbench.columns import STANDARD, Column
from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report.arranged import KNOWN, apart, each_score, of_strata, side_by_side
from inpaintbench.report.options import By, Layout, check_arrangement, choose_columns
from inpaintbench.report.sheet import encodable
from inpaintbench.statistics.certainty import Certainty

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


def to_frame(
    leaderboard: Leaderboard,
    *,
    by: By | None = None,
    metrics: Sequence[str] | None = None,
    layout: Layout = "wide",
    columns: Sequence[str] | None = None,
    certainty: Certainty | None = None,
) -> pd.DataFrame:
    """Return one row a cell, or what `by` or `layout` asks for.

    The columns of one row a cell begin with `method, dataset, mask, images, expected`, the metrics of the scoring
    protocol (empty where they were not scored) and `seconds_per_image`. A metric's column has the plugin's name where
    one column of it exists, else its name with parameters; the column `metrics` says which it was, in full. Further
    metrics follow, and what is known of each: `<metric>_low`, `<metric>_high`, `<metric>_shared_rank`.

    With the layout `long` there is one row a cell and metric: `method, dataset, mask, size, seed, limit, protocol,
    metric, unit, higher_is_better, mean, low, high, rank, shared_rank, place, images, expected, standing,
    seconds_per_image, key`. A cell without any metric has one row.

    With `mask` or `dataset` there is one row for each metric and method, and a column for each mask or data set.

    With `hole_ratio` or `class` there is one row for each metric, group, stratum and method: `metric, dataset, mask,
    size, seed, limit, protocol`, the name of the stratum in a column called as `by` is (empty for images of which it is
    not known), `method`, its `standing`, over how many `images` the `mean` is, and the method's `rank` in the stratum;
    then `low, high, shared_rank`, if known. A method without a number has a row without `mean`. Means over all images
    have no row: they stand in the table of one row a cell.

    Args:
        leaderboard: what to tabulate.
        by: what is told apart.
        metrics: names of the metrics to hold, with or without their parameters; None for all.
        layout: `wide` or `long`, without `by`.
        columns: names of the columns to keep, in order; None for all. A metric may be named with its parameters.
        certainty: what is known of the numbers; None if nothing.

    Raises:
        UnknownNameError: if there is no such metric or column, or way to arrange.
        UsageError: if images are to be told apart by class, and none has one, or a layout is asked for with `by`.
    """
    check_arrangement(by, layout)
    chosen = choose_columns(leaderboard, by, metrics)
    if certainty is not None:
        leaderboard = certainty.judged(leaderboard)
    match by:
        case None if layout == "long":
            frame = each_score(leaderboard, chosen)
        case None:
            frame = _cells(leaderboard, chosen, metrics, judged=certainty is not None)
        case "mask" | "dataset":
            frame = side_by_side(leaderboard, by, chosen)
        case "hole_ratio" | "class":
            frame = of_strata(leaderboard, by, chosen, certainty)
    return frame if columns is None else frame[_named(frame, columns, {_field(one): one for one in chosen})]


def _named(frame: pd.DataFrame, wanted: Sequence[str], metrics: Mapping[str, Column]) -> list[str]:
    """Return the columns of a frame that are meant, each once."""
    aliases = {name: field for field, one in metrics.items() for name in (one.name, one.key.name)}
    found: dict[str, None] = {}
    for name in wanted:
        column = name if name in frame else aliases.get(name, name)
        if column not in frame:
            raise UnknownNameError("column of this table", name, frame.columns)
        found[column] = None
    return list(found)


def _cells(
    leaderboard: Leaderboard, columns: Sequence[Column], metrics: Sequence[str] | None, *, judged: bool
) -> pd.DataFrame:
    plugins = STANDARD if metrics is None else [one.metric.plugin for one in columns]
    first = list(dict.fromkeys(field for plugin in plugins for field in _fields(plugin, columns)))
    last = [field for one in columns if (field := _field(one)) not in first]
    names = [*_CELL, *first, "seconds_per_image", *_RUN, *last]
    known = [_beside(one, what, names) for one in columns for what in KNOWN] if judged else []
    rows = [_row(entry, columns) | _known(entry, columns if judged else (), names) for entry in leaderboard.entries]
    rows = [{name: encodable(value) for name, value in row.items()} for row in rows]
    frame = pd.DataFrame(rows, columns=[*names, *known])
    ranks = [name for name in known if name.endswith(KNOWN[-1])]
    return frame.astype(
        {
            **dict.fromkeys([*first, "seconds_per_image", *last, *known], "float64"),
            **dict.fromkeys(["limit", *ranks], "Int64"),
        }
    )


def _beside(column: Column, what: str, taken: Sequence[str]) -> str:
    """Return the name of the column that says this of a metric."""
    return apart(f"{_field(column)}_{what}", "statistic", taken)


def _known(entry: Entry, columns: Sequence[Column], taken: Sequence[str]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for one in columns:
        score = entry.scores.get(one.key, Score())
        for what, value in zip(KNOWN, (score.low, score.high, score.shared), strict=True):
            found[_beside(one, what, taken)] = value
    return found


def _fields(plugin: str, columns: Sequence[Column]) -> list[str]:
    """Return the names of a plugin's columns; its own name for an empty one, if it has scored nothing."""
    return [_field(one) for one in columns if one.metric.plugin == plugin] or [plugin]


def _field(column: Column) -> str:
    return apart(column.field, "metric", (*_CELL, "seconds_per_image", *_RUN))


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
