"""How a metric is distributed over the images of a group: a box for each method, and the mean with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float64

from inpaintbench.columns import Column
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group
from inpaintbench.ranking import Score
from inpaintbench.report.sheet import MISSING, bracketed, clean, count, listed, number
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.drawing import Look, axis, box, hover, layout, named_rows, rounded, scatter
from inpaintbench.site.plots.plot import (
    Plot,
    Table,
    View,
    choose,
    group_titles,
    metric_ids,
    metric_titles,
    ranked,
    titled,
    worded,
)
from inpaintbench.statistics.certainty import columns_of
from inpaintbench.statistics.pairing import Table as Numbers
from inpaintbench.statistics.pairing import read_table

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

READING: Final = (
    "Each box holds the middle half of a method's images with the median as a line; the whiskers reach from the 5th to "
    "the 95th percentile. The point is the mean, and the bar through it its 95 % interval."
)


@dataclass(frozen=True)
class Spread:
    """One method's numbers over the images of a group.

    Attributes:
        method: whose they are.
        images: how many have a finite number.
        quantiles: those of `QUANTILES`.
        score: the mean with its interval.
    """

    method: str
    images: int
    quantiles: tuple[float, ...]
    score: Score


def plot(contents: Contents, looks: Mapping[str, Look]) -> Plot:
    """Return the plot: a figure for each metric and group."""
    columns = metric_ids(contents)
    views, tables = {}, []
    unread: list[str] = []
    for group, identity in contents.group_ids.items():
        numbers = _read(contents, group, unread)
        for key, column in columns.items():
            spreads = [one for entry, table in numbers if (one := _spread(entry, table, column)) is not None]
            if spreads:
                views[f"{key} {identity}"] = _view(spreads, column, looks)
                caption = f"{titled(column)} over images · {contents.titles.group(group)}"
                tables.append(_table(caption, spreads, column, {"metric": key, "group": identity}))
    return Plot(
        name="spread",
        title="Distribution over images",
        reading=READING,
        choices=choose(views, metric=metric_titles(columns), group=group_titles(contents)),
        views=views,
        tables=tuple(tables),
        empty="No ranked method has numbers of single images here.",
        notes=(f"Numbers of single images cannot be read for {listed(unread, '; ')}.",) if unread else (),
    )


def quantiles(values: Float64[np.ndarray, " n"]) -> tuple[float, ...]:
    """Return the quantiles that a box shows, between the two nearest values in proportion.

    >>> quantiles(np.arange(101.0))
    (5.0, 25.0, 50.0, 75.0, 95.0)
    """
    return tuple(float(one) for one in np.quantile(values, QUANTILES))


def _read(contents: Contents, group: Group, unread: list[str]) -> list[tuple[Entry, Numbers]]:
    """Return the numbers of the group's ranked methods; those that cannot be read are noted."""
    found = []
    for entry in ranked(contents, group):
        try:
            found.append((entry, read_table(entry, columns_of(entry, contents.leaderboard.columns))))
        except StoreError:
            unread.append(f"{clean(entry.method)} on {clean(contents.titles.group(group))}")
    return found


def _spread(entry: Entry, numbers: Numbers, column: Column) -> Spread | None:
    if column.key not in numbers:
        return None
    values = numbers[column.key].to_numpy()
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return Spread(entry.method, len(values), quantiles(values), entry.scores.get(column.key, Score()))


def _view(spreads: Sequence[Spread], column: Column, looks: Mapping[str, Look]) -> View:
    traces: list[dict[str, Any]] = []
    for place, one in enumerate(spreads):
        look = looks[one.method]
        low, first, middle, third, high = ([rounded(value)] for value in one.quantiles)
        traces.append(
            box(
                orientation="h",
                y=[place],
                lowerfence=low,
                q1=first,
                median=middle,
                q3=third,
                upperfence=high,
                width=0.56,
                line={"color": look.colour, "width": 1.75},
                fillcolor="var(--raised)",
                hoverinfo="skip",
                meta=look.meta,
            )
        )
        traces.append(_mean(one, place, column, look))
    arranged = layout(
        84 + 58 * len(spreads), xaxis=axis(worded(column)), yaxis=named_rows([one.method for one in spreads])
    )
    return View(traces, arranged, _finding(spreads, column))


def _mean(one: Spread, place: int, column: Column, look: Look) -> dict[str, Any]:
    """Return the point of a mean, with its interval if there is one, and all that is said of the method."""
    texts = dict(zip(("5 %", "25 %", "median", "75 %", "95 %"), _digits(one.quantiles, column), strict=True))
    text = hover(one.method, f"mean {_said(one, column)}", *(f"{name}: {digits}" for name, digits in texts.items()))
    mean, low, high = one.score.mean, one.score.low, one.score.high
    bars = {}
    if mean is not None and low is not None and high is not None:
        sides = {"array": [rounded(high - mean)], "arrayminus": [rounded(mean - low)], "symmetric": False}
        bars = {"error_x": {"type": "data", **sides, "color": "var(--ink)", "thickness": 2, "width": 7}}
    marker = look.marker(11)
    return scatter([mean], [place], mode="markers", marker=marker, hovertext=[text], meta=look.meta, **bars)


def _finding(spreads: Sequence[Spread], column: Column) -> str:
    sign = 1.0 if column.metric.higher_is_better else -1.0
    known = [one for one in spreads if rounded(one.score.mean) is not None]
    if not known:
        return "No method has a finite mean."
    best = max(known, key=lambda one: sign * (one.score.mean or 0.0))
    tied = [
        one
        for one in known
        if one is not best and one.score.shared == best.score.shared and one.score.shared is not None
    ]
    over = f"over {count(best.images, 'image')}"
    if len(spreads) == 1:
        return f"The mean of {clean(best.method)} is {_said(best, column)}, {over}."
    said = f"{clean(best.method)} has the best mean, {_said(best, column)}, {over}."
    if tied:
        said += f" It cannot be told from {', '.join(clean(one.method) for one in tied)}."
    return said


def _said(one: Spread, column: Column) -> str:
    """Return the mean with its unit and its interval."""
    digits = number(one.score.mean, column.metric.decimals)
    ends = bracketed(one.score.low, one.score.high, column.metric.decimals)
    return " ".join(filter(None, (digits, column.metric.unit, ends)))


def _table(caption: str, spreads: Sequence[Spread], column: Column, when: Mapping[str, str]) -> Table:
    decimals = column.metric.decimals
    rows = [
        [
            one.method,
            str(one.images),
            number(one.score.mean, decimals),
            bracketed(one.score.low, one.score.high, decimals) or MISSING,
            *_digits(one.quantiles, column),
        ]
        for one in spreads
    ]
    return Table(
        caption, ["method", "images", "mean", "95 % interval", "5 %", "25 %", "median", "75 %", "95 %"], rows, when
    )


def _digits(values: Sequence[float], column: Column) -> list[str]:
    return [number(value, column.metric.decimals) for value in values]
