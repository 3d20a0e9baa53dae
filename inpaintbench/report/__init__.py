"""Printed leaderboards: one file a format, and one description of the table that they share.

`sheet` says what a table consists of, `views`, `stratified` and `titles` arrange it, `notes` writes what stands below
it, `frame` turns it into a `pandas.DataFrame`, and each `as_…` module prints it. A further format is one more such
module and one more line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, get_args

from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import as_csv, as_html, as_json, as_latex, as_markdown, as_text
from inpaintbench.report.frame import to_frame
from inpaintbench.report.views import By, TableOptions

__all__ = ["FORMATS", "By", "render", "to_frame"]

FORMATS: Final[Mapping[str, Callable[[Leaderboard, TableOptions], str]]] = MappingProxyType(
    {
        "text": as_text.render,
        "md": as_markdown.render,
        "csv": as_csv.render,
        "json": as_json.render,
        "latex": as_latex.render,
        "html": as_html.render,
    }
)
"""By the name that `bench table --format` takes."""


def render(
    leaderboard: Leaderboard,
    format: str = "text",
    *,
    by: By | None = None,
    metrics: Sequence[str] | None = None,
    color: bool = False,
) -> str:
    """Print a leaderboard.

    Args:
        leaderboard: what to print.
        format: a key of `FORMATS`.
        by: `mask` or `dataset`: what stands side by side, in a block for each metric. `hole_ratio` or `class`: by what
            images are told apart, in a block for each metric, data set, mask and size, with the methods side by side.
            None for a block for each data set, mask and size, with the metrics side by side. JSON always holds every
            cell's means, and the strata if they are asked for.
        metrics: names of the metrics to show, with or without their parameters, in order; None for all (with `by`:
            those that are ranked, and the PSNR over the hole).
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
    return FORMATS[format](leaderboard, TableOptions(by=by, metrics=metrics, color=color))
