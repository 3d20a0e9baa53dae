"""The leaderboard as CSV: exact means, one row a cell; or what `to_frame` arranges by `by` or `layout`."""

from __future__ import annotations

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report.frame import to_frame
from inpaintbench.report.options import TableOptions


def render(leaderboard: Leaderboard, options: TableOptions) -> str:
    """Return the leaderboard as CSV; a number is written so that reading it gives the same number back."""
    frame = to_frame(
        leaderboard,
        by=options.by,
        metrics=options.metrics,
        layout=options.layout,
        columns=options.columns,
        certainty=options.certainty,
    )
    return frame.to_csv(index=False, lineterminator="\n")
