"""Printed leaderboards: one file a format, and one description of the table that they share.

`sheet` says what a table consists of, `views`, `stratified` and `titles` arrange a leaderboard as one, `notes` writes
what stands below it, and `frame` turns it into a `pandas.DataFrame`. Each `as_…` module writes one format: of any
sheet, or, for programs, of a leaderboard. A further format is one more such module, and a line in `SHEETS` or `DATA`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, get_args

from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import as_csv, as_html, as_json, as_latex, as_markdown, as_text
from inpaintbench.report.frame import to_frame
from inpaintbench.report.overall import Aggregate
from inpaintbench.report.sheet import Sheet
from inpaintbench.report.views import By, TableOptions, build_sheet
from inpaintbench.statistics.certainty import Certainty

__all__ = ["FORMATS", "Aggregate", "By", "render", "to_frame", "write"]

SHEETS: Final[Mapping[str, Callable[[Sheet], str]]] = MappingProxyType(
    {"text": as_text.write, "md": as_markdown.write, "latex": as_latex.write, "html": as_html.write}
)
"""Formats for people: how a sheet is written in each."""

DATA: Final[Mapping[str, Callable[[Leaderboard, TableOptions], str]]] = MappingProxyType(
    {"csv": as_csv.render, "json": as_json.render}
)
"""Formats for programs: how a leaderboard is written in each."""

FORMATS: Final = ("text", "md", "csv", "json", "latex", "html")
"""What `bench table --format` takes."""


def render(
    leaderboard: Leaderboard,
    format: str = "text",
    *,
    by: By | None = None,
    metrics: Sequence[str] | None = None,
    certainty: Certainty | None = None,
    intervals: bool = False,
    aggregate: Aggregate = "rank",
    color: bool = False,
) -> str:
    """Print a leaderboard.

    Args:
        leaderboard: what to print.
        format: one of `FORMATS`.
        by: `mask` or `dataset`: what stands side by side, in a block for each metric. `hole_ratio` or `class`: by what
            images are told apart, in a block for each metric, data set, mask and size, with the methods side by side.
            None for a block for each data set, mask and size, with the metrics side by side. JSON always holds every
            cell's means, and the strata if they are asked for.
        metrics: names of the metrics to show, with or without their parameters, in order; None for all (with `by`:
            those that are ranked, and the PSNR over the hole).
        certainty: what `inpaintbench.statistics.certainty.assess` has found of it: methods that cannot be told apart
            from the best are best, too. None if means alone are to say so.
        intervals: whether numbers have their intervals beside them; CSV and JSON hold them whenever they are known.
        aggregate: how methods are compared over all groups: `rank` for mean ranks, `mean` for means over groups of the
            same weight, `borda` for points (which need `certainty`; else ranks are shown).
        color: whether `text` may hold ANSI styles; other formats take no notice.

    Returns:
        The whole output, which ends in a newline.

    Raises:
        UnknownNameError: if there is no such format, metric, or way to arrange.
        UsageError: if images are to be told apart by class, and none has one.
    """
    if format not in FORMATS:
        raise UnknownNameError("table format", format, FORMATS)
    if by is not None and by not in get_args(By):
        raise UnknownNameError("arrangement", by, get_args(By))
    options = TableOptions(by=by, metrics=metrics, certainty=certainty, intervals=intervals, aggregate=aggregate)
    if format in DATA:
        return DATA[format](leaderboard, options)
    return write(build_sheet(leaderboard, options), format, color=color)


def write(sheet: Sheet, format: str = "text", *, color: bool = False) -> str:
    """Write a sheet.

    Args:
        sheet: what to write.
        format: a key of `SHEETS`.
        certainty: what `inpaintbench.statistics.certainty.assess` has found of it: methods that cannot be told apart
            from the best are best, too. None if means alone are to say so.
        intervals: whether numbers have their intervals beside them; CSV and JSON hold them whenever they are known.
        aggregate: how methods are compared over all groups: `rank` for mean ranks, `mean` for means over groups of the
            same weight, `borda` for points (which need `certainty`; else ranks are shown).
        color: whether `text` may hold ANSI styles; other formats take no notice.

    Raises:
        UnknownNameError: if there is no such format.
    """
    if format not in SHEETS:
        raise UnknownNameError("format of a sheet", format, SHEETS)
    return as_text.write(sheet, color) if format == "text" else SHEETS[format](sheet)
