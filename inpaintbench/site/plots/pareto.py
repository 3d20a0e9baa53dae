"""Quality against seconds per image: which methods are worth their time.

A method is on the Pareto front if no other one is at least as good and at least as fast, and better in one of both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Group
from inpaintbench.report.notes import device_name
from inpaintbench.report.sheet import clean, count, duration, number
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.drawing import INK, Look, axis, hover, layout, scatter
from inpaintbench.site.plots.plot import (
    Plot,
    Table,
    View,
    choose,
    drawn_mean,
    group_titles,
    metric_ids,
    metric_titles,
    quality,
    ranked,
    shown_mean,
    titled,
    worded,
)

ON_FRONT: Final = "●"
BEHIND: Final = "○"
"""Marks, in the table, of numbers that are on the front and of those that are not."""

READING: Final = (
    "Each point is a method: further left is faster, and the steps join the methods for which no other one is both as "
    "good and as fast."
)


def plot(contents: Contents, looks: Mapping[str, Look]) -> Plot:
    """Return the plot: a figure for each metric and group."""
    views, tables, several = {}, [], False
    columns = metric_ids(contents)
    for group, identity in contents.group_ids.items():
        entries = [one for one in ranked(contents, group) if one.seconds_per_image]
        fronts = {key: _front(entries, column) for key, column in columns.items()}
        devices = _devices(entries)
        several = several or len(devices) > 1
        for key, column in columns.items():
            if view := _view(entries, column, fronts[key], looks):
                views[f"{key} {identity}"] = view
        if entries:
            tables.append(_table(contents, group, entries, columns, fronts))
    note = "Times of different devices do not compare: where there are several, each has a front of its own."
    return Plot(
        name="pareto",
        title="Quality against time",
        reading=READING,
        choices=choose(views, metric=metric_titles(columns), group=group_titles(contents)),
        views=views,
        tables=tuple(tables),
        empty="No ranked method has both a number and a time here.",
        notes=(note,) if several else (),
        methods=True,
    )


def front(points: Sequence[tuple[float, float]], higher_is_better: bool) -> list[bool]:
    """Return which points no other one dominates.

    Args:
        points: seconds and quality.
        higher_is_better: direction of the quality.

    >>> front([(1.0, 20.0), (2.0, 19.0), (3.0, 25.0)], higher_is_better=True)
    [True, False, True]
    """
    sign = 1.0 if higher_is_better else -1.0
    signed = [(seconds, sign * quality) for seconds, quality in points]
    return [not any(_dominates(other, one) for other in signed) for one in signed]


def _dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] <= other[0] and one[1] >= other[1]


def _front(entries: Sequence[Entry], column: Column) -> dict[str, bool]:
    """Return which methods are on the front of their device; those without a number are left out."""
    found: dict[str, bool] = {}
    for those in _devices(entries).values():
        points = {
            one.method: (one.seconds_per_image or 0.0, mean)
            for one in those
            if (mean := drawn_mean(one, column)) is not None
        }
        found |= dict(zip(points, front(list(points.values()), column.metric.higher_is_better), strict=True))
    return found


def _view(
    entries: Sequence[Entry], column: Column, fronts: Mapping[str, bool], looks: Mapping[str, Look]
) -> View | None:
    shown = [one for one in entries if one.method in fronts]
    if not shown:
        return None
    traces: list[dict[str, Any]] = []
    slowest = max(one.seconds_per_image or 0.0 for one in shown)
    devices = _devices(shown)
    for those in devices.values():
        steps = sorted(
            (one.seconds_per_image or 0.0, drawn_mean(one, column) or 0.0) for one in those if fronts[one.method]
        )
        steps.append((slowest, steps[-1][1]))
        x, y = zip(*steps, strict=True)
        traces.append(
            scatter(
                x, y, mode="lines", line={"shape": "hv", "color": INK, "width": 1.5, "dash": "dot"}, hoverinfo="skip"
            )
        )
    for one in shown:
        look, seconds, mean = looks[one.method], one.seconds_per_image or 0.0, drawn_mean(one, column)
        said = "on the front" if fronts[one.method] else "not on the front"
        where = [f"on {_device(one)}"] if len(devices) > 1 else []
        text = hover(
            one.method, f"{column.label}: {quality(mean, column)}", f"{duration(seconds)} s an image", said, *where
        )
        traces.append(
            scatter([seconds], [mean], mode="markers", marker=look.marker(13), hovertext=[text], meta=look.meta)
        )
    return View(
        traces,
        layout(
            380, xaxis=axis("seconds per image, logarithmic", type="log", **_ticks(shown)), yaxis=axis(worded(column))
        ),
        _finding(shown, column, fronts, devices),
    )


def _ticks(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return which times have a tick: powers of ten, if there are enough of them; else twice and five times these."""
    times = [one.seconds_per_image or 0.0 for one in entries]
    span = max(times) / min(times)
    return {"dtick": 1} if span > 100 else {"dtick": "D2"} if span > 5 else {}


def _finding(
    entries: Sequence[Entry], column: Column, fronts: Mapping[str, bool], devices: Mapping[str, Sequence[Entry]]
) -> str:
    on = sorted((one for one in entries if fronts[one.method]), key=lambda one: one.seconds_per_image or 0.0)
    said = ", ".join(
        f"{clean(one.method)} ({quality(drawn_mean(one, column), column)} in {duration(one.seconds_per_image)} s)"
        for one in on
    )
    behind = len(entries) - len(on)
    others = (
        f" {count(behind, 'other method')} {'is' if behind == 1 else 'are'} slower without being better."
        if behind
        else ""
    )
    apart = f" The times come from {len(devices)} devices and do not compare across them." if len(devices) > 1 else ""
    return f"On the front in {column.label}, from fast to slow: {said}.{others}{apart}"


def _table(
    contents: Contents,
    group: Group,
    entries: Sequence[Entry],
    columns: Mapping[str, Column],
    fronts: Mapping[str, Mapping[str, bool]],
) -> Table:
    several = len(_devices(entries)) > 1
    shown = {key: column for key, column in columns.items() if fronts[key]}
    rows = []
    for one in sorted(entries, key=lambda one: one.seconds_per_image or 0.0):
        numbers = (_marked(one, column, fronts[key].get(one.method)) for key, column in shown.items())
        rows.append([one.method, duration(one.seconds_per_image), *numbers, *([_device(one)] if several else [])])
    headings = ["method", "seconds per image", *map(titled, shown.values()), *(["device"] if several else [])]
    caption = f"{contents.titles.group(group)}; {ON_FRONT} is on the front, {BEHIND} is not"
    return Table(caption, headings, rows, {"group": contents.group_ids[group]})


def _marked(entry: Entry, column: Column, on_front: bool | None) -> str:
    digits = number(shown_mean(entry, column), column.metric.decimals)
    return digits if on_front is None else f"{digits} {ON_FRONT if on_front else BEHIND}"


def _devices(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Return the entries by where they were timed."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[_device(entry)].append(entry)
    return found


def _device(entry: Entry) -> str:
    return device_name(entry.record.environment.get("device") or {})
