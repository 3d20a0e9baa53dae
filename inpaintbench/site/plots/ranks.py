"""Rank distributions: how often each method is first, second, and so on, over groups and ranked metrics.

A method's rank in a group is one more than there are methods that are certainly better: those that cannot be told apart
share one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from inpaintbench.columns import Column
from inpaintbench.report.sheet import clean, count
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.drawing import GROUND, axis, bar, hover, layout, named_rows
from inpaintbench.site.plots.plot import Plot, Table, View, choose, metric_ids

ALL: Final = "all"

READING: Final = (
    "Each bar is a method: how often it takes which rank, one vote for each group and ranked metric. Methods that "
    "cannot be told apart share a rank, so that several may be first."
)

SHADES: Final = 8
"""Ranks that have a colour of their own; those behind share the last one."""

Counts = Mapping[str, Counter[int]]


def plot(contents: Contents) -> Plot:
    """Return the plot: a figure over all ranked metrics, and one for each."""
    columns = {key: column for key, column in metric_ids(contents).items() if column.metric.ranked}
    counts = {key: counted(contents, [column]) for key, column in columns.items()}
    counts = {key: one for key, one in counts.items() if one}
    labels = [columns[key].label for key in counts]
    titles = {ALL: f"all ranked: {', '.join(labels)}"} | dict(zip(counts, labels, strict=True))
    if counts:
        counts = {ALL: counted(contents, list(columns.values())), **counts}
    views = {key: _view(one) for key, one in counts.items()}
    tables = tuple(_table(f"Ranks · {titles[key]}", one, {"metric": key}) for key, one in counts.items())
    return Plot(
        name="ranks",
        title="Rank distributions",
        reading=READING,
        choices=choose(views, metric=titles),
        views=views,
        tables=tables,
        empty="In no group two methods are ranked.",
        shades=min(
            SHADES, max((rank for one in counts.values() for ranks in one.values() for rank in ranks), default=0)
        ),
    )


def counted(contents: Contents, columns: Sequence[Column]) -> Counts:
    """Return how often each method takes each rank in these metrics, over the groups in which there are rivals.

    Methods stand in the leaderboard's order.
    """
    found: dict[str, Counter[int]] = {one.method: Counter() for one in contents.leaderboard.mean_ranks}
    for group in contents.leaderboard.groups:
        for column in columns:
            verdict = contents.certainty.of(group, column)
            if verdict is not None and verdict.images and len(verdict.ranks) > 1:
                for method, rank in verdict.ranks.items():
                    found[method][rank] += 1
    return {method: ranks for method, ranks in found.items() if ranks}


def _view(counts: Counts) -> View:
    methods = list(counts)
    last = max(rank for ranks in counts.values() for rank in ranks)
    traces = []
    for rank in range(1, last + 1):
        those = [counts[method][rank] for method in methods]
        shade = min(rank, SHADES)
        traces.append(
            bar(
                those,
                range(len(methods)),
                marker={"color": f"var(--rank-{shade})", "line": {"color": GROUND, "width": 1}},
                text=[str(one) if one else "" for one in those],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                insidetextfont={"color": f"var(--rank-{shade}-ink)", "size": 12},
                constraintext="inside",
                hovertext=[
                    hover(method, f"rank {rank}: {one} of {counts[method].total()} times")
                    for method, one in zip(methods, those, strict=True)
                ],
            )
        )
    arranged = layout(
        90 + 44 * len(methods),
        barmode="stack",
        bargap=0.35,
        xaxis=axis("groups × metrics", rangemode="tozero", nticks=8),
        yaxis=named_rows(methods),
        uniformtext={"mode": "hide", "minsize": 10},
    )
    return View(traces, arranged, _finding(counts))


def _finding(counts: Counts) -> str:
    most = max(ranks[1] for ranks in counts.values())
    if not most:
        return "No method is first anywhere."
    first = [method for method, ranks in counts.items() if ranks[1] == most]
    total = counts[first[0]].total()
    if len(first) == 1:
        return f"{clean(first[0])} is most often first, alone or with others: {most} of {count(total, 'time')}."
    names = ", ".join(map(clean, first))
    return f"{names} are most often first, alone or with others: {count(most, 'time')} each."


def _table(caption: str, counts: Counts, when: Mapping[str, str]) -> Table:
    last = max(rank for ranks in counts.values() for rank in ranks)
    headings = ["method", *(f"rank {rank}" for rank in range(1, last + 1)), "in all"]
    rows = [
        [method, *(str(ranks[rank]) for rank in range(1, last + 1)), str(ranks.total())]
        for method, ranks in counts.items()
    ]
    return Table(caption, headings, rows, when)
