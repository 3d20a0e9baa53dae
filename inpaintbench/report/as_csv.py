"""The leaderboard as CSV: exact means, one row a cell; or, with `by`, what `to_frame` arranges by it."""

from __future__ import annotations

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report.frame import to_frame
from inpaintbench.report.views import TableOptions


def render(leaderboard: Leaderboard, options: TableOptions) -> str:
    """Return the leaderboard as CSV; a number is written so that reading it gives the same number back."""
    return to_frame(leaderboard, by=options.by, metrics=options.metrics).to_csv(index=False, lineterminator="\n")
