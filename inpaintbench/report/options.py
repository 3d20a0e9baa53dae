"""What is asked of a table: how it is arranged, what it shows, and what is known of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from inpaintbench.columns import Column
from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report.overall import Aggregate
from inpaintbench.statistics.certainty import Certainty

By = Literal["mask", "dataset", "hole_ratio", "class"]
"""What a leaderboard is arranged by: masks or data sets side by side, or images told apart by strata."""

Layout = Literal["wide", "long"]
"""How a leaderboard is laid out without `By`.

Of a sheet, `wide` is a block for each data set and mask, and `long` one block in which they are columns. Of a frame,
`wide` is a row a cell with the metrics side by side, and `long` a row for each cell and metric."""

IMAGES: Final = "images"
TIME: Final = "time"
_FIRST: Final = "method"

Shown: TypeAlias = Column | Literal["images", "time"]
"""One column of a block: of a metric, or of what every entry has."""


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How a leaderboard is to be printed.

    Attributes:
        by: what is told apart in a block for each metric: masks or data sets side by side, or strata of images below
            each other. None for the metrics side by side.
        layout: how it is laid out without `by`.
        metrics: names of the metrics to show, with or without their parameters. None for all (with `by`: those that
            are ranked, and the PSNR over the hole).
        columns: names of the columns to show, in order; None for all. Of a sheet: metrics, `images` and `time`; of a
            frame: its own columns.
        certainty: what is known of the numbers; None where means alone say what is best.
        intervals: whether numbers have their intervals beside them.
        aggregate: how methods are compared over all groups.
    """

    by: By | None = None
    layout: Layout = "wide"
    metrics: Sequence[str] | None = None
    columns: Sequence[str] | None = None
    certainty: Certainty | None = None
    intervals: bool = False
    aggregate: Aggregate = "rank"


def check_arrangement(by: str | None, layout: str) -> None:
    """Refuse arrangements that there are none of.

    Raises:
        UnknownNameError: if there is no such way to arrange or to lay out.
        UsageError: if it is to be arranged and laid out at once.
    """
    if by is not None and by not in get_args(By):
        raise UnknownNameError("arrangement", by, get_args(By))
    if layout not in get_args(Layout):
        raise UnknownNameError("layout", layout, get_args(Layout))
    if by is not None and layout != "wide":
        raise UsageError(
            f"The layout {layout} is of tables that are not arranged by anything: leave --by {by} out, or --layout."
        )


def choose_columns(leaderboard: Leaderboard, by: By | None, metrics: Sequence[str] | None) -> list[Column]:
    """Return the columns of the metrics asked for, in that order; of those shown by default if none are.

    Raises:
        UnknownNameError: if a metric is not there.
    """
    every = list(leaderboard.columns)
    if metrics is None:
        few = [one for one in every if one.metric.ranked or one.metric.plugin == "psnr_hole"]
        return (few or every) if by else every
    found: list[Column] = []
    for wanted in metrics:
        named = [one for one in every if wanted in _names(one)]
        if not named:
            known = {name for one in every for name in (one.metric.plugin, one.key.name)}
            raise UnknownNameError("metric in these results", wanted, known)
        found += [one for one in named if one not in found]
    return found


def choose_shown(metrics: Sequence[Column], options: TableOptions) -> list[Shown]:
    """Return what a block of a sheet shows beside the methods, in order.

    Args:
        metrics: what `choose_columns` has found.
        options: what is asked for; `method` may be named among the columns, and stands first in any case.

    Raises:
        UnknownNameError: if there is no such column.
        UsageError: if columns are chosen of blocks that have others.
    """
    if options.columns is None:
        return [*metrics, "images", "time"]
    if options.by is not None:
        raise UsageError(
            f"Columns are chosen of tables that have metrics side by side; with --by {options.by} there is a block for "
            "each metric. Choose metrics by --metric, leave --by out, or write --format csv, of which any column can "
            "be chosen."
        )
    found: list[Shown] = []
    for wanted in options.columns:
        if wanted == _FIRST:
            continue
        named: list[Shown] = [one for one in metrics if wanted in _names(one)]
        if wanted == IMAGES:
            named.append("images")
        if wanted == TIME:
            named.append("time")
        if not named:
            known = {name for one in metrics for name in (one.metric.plugin, one.key.name)}
            raise UnknownNameError("column of this table", wanted, {_FIRST, *known, IMAGES, TIME})
        found += [one for one in named if one not in found]
    return found


def _names(column: Column) -> tuple[str, str, str]:
    return column.metric.plugin, column.key.name, column.name
