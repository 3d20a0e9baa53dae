"""Printed leaderboards: one file a format, and one description of the table that they share.

`options` says what can be asked of a table, `sheet` what a printed one consists of; `views`, `stratified`, `overall`
and `titles` arrange a leaderboard as one, `notes` writes what stands below it, and `frame` and `arranged` turn it into
a `pandas.DataFrame`. Each `as_…` module writes one format: of any sheet, or, for programs, of a leaderboard. A further
format is one more such module, and a line in `SHEETS` or `DATA`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import as_csv, as_html, as_json, as_latex, as_markdown, as_text
from inpaintbench.report.as_styler import to_styler
from inpaintbench.report.frame import to_frame
from inpaintbench.report.options import By, Layout, TableOptions, check_arrangement
from inpaintbench.report.overall import Aggregate
from inpaintbench.report.sheet import Sheet
from inpaintbench.report.views import build_sheet
from inpaintbench.statistics.certainty import Certainty, assess

__all__ = [
    "FORMATS",
    "Aggregate",
    "By",
    "Certainty",
    "Layout",
    "assess",
    "render",
    "to_frame",
    "to_styler",
    "write",
]

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
    layout: Layout = "wide",
    metrics: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    certainty: Certainty | None = None,
    intervals: bool = False,
    aggregate: Aggregate = "rank",
    color: bool = False,
    siunitx: bool = False,
) -> str:
    """Print a leaderboard.

    Args:
        leaderboard: what to print.
        format: one of `FORMATS`.
        by: `mask` or `dataset`: what stands side by side, in a block for each metric. `hole_ratio` or `class`: by what
            images are told apart, in a block for each metric, data set, mask and size, with the methods side by side.
            None for a block for each data set, mask and size, with the metrics side by side. JSON always holds every
            cell's means, and the strata if they are asked for.
        layout: without `by`, `long` is one block with data set and mask in columns; of CSV, one row a cell and metric.
        metrics: names of the metrics to show, with or without their parameters, in order; None for all (with `by`:
            those that are ranked, and the PSNR over the hole).
        columns: which columns to show, in order; None for all. `method` stands first; metrics are named as in
            `metrics`, besides `images` and `time`. Of CSV, any of its columns.
        certainty: what `inpaintbench.statistics.certainty.assess` has found of it: methods that cannot be told apart
            from the best are best, too. None if means alone are to say so.
        intervals: whether numbers have their intervals beside them; CSV and JSON hold them whenever they are known.
        aggregate: how methods are compared over all groups: `rank` for mean ranks, `mean` for means over groups of the
            same weight, `borda` for points (which need `certainty`; else ranks are shown).
        color: whether `text` may hold ANSI styles; other formats take no notice.
        siunitx: whether `latex` has columns of siunitx.

    Returns:
        The whole output, which ends in a newline.

    Raises:
        UnknownNameError: if there is no such format, metric, column, or way to arrange.
        UsageError: if images are to be told apart by class, and none has one; or if options contradict each other.
    """
    if format not in FORMATS:
        raise UnknownNameError("table format", format, FORMATS)
    check_arrangement(by, layout)
    options = TableOptions(
        by=by,
        layout=layout,
        metrics=metrics,
        columns=columns,
        certainty=certainty,
        intervals=intervals,
        aggregate=aggregate,
    )
    if format not in DATA:
        return write(build_sheet(leaderboard, options), format, color=color, siunitx=siunitx)
    _refuse_siunitx(format, siunitx)
    return DATA[format](leaderboard, options)


def write(sheet: Sheet, format: str = "text", *, color: bool = False, siunitx: bool = False) -> str:
    """Write a sheet.

    Args:
        sheet: what to write.
        format: a key of `SHEETS`.
        color: whether `text` may hold ANSI styles; other formats take no notice.
        siunitx: whether `latex` has columns of siunitx.

    Raises:
        UnknownNameError: if there is no such format.
        UsageError: if another format than `latex` is to have columns of siunitx.
    """
    if format not in SHEETS:
        raise UnknownNameError("format of a sheet", format, SHEETS)
    _refuse_siunitx(format, siunitx)
    match format:
        case "text":
            return as_text.write(sheet, color)
        case "latex":
            return as_latex.write(sheet, siunitx)
        case _:
            return SHEETS[format](sheet)


def _refuse_siunitx(format: str, siunitx: bool) -> None:
    if siunitx and format != "latex":
        raise UsageError(f"siunitx is a package of LaTeX, and the format is {format}: write --format latex.")
