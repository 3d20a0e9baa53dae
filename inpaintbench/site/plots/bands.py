"""Quality by hole ratio within a group: a line a method over the bands by which the field reports irregular holes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inpaintbench.columns import Column
from inpaintbench.report.sheet import MISSING, clean, count, listed, number
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.drawing import Look, axis, hover, layout, line, literal, rounded
from inpaintbench.site.plots.plot import (
    Plot,
    Table,
    View,
    choose,
    group_titles,
    metric_ids,
    metric_titles,
    quality,
    ranked,
    titled,
    worded,
)
from inpaintbench.strata import BANDS, EDGES, Stratum, stratify

READING = (
    "Each line is a method: its mean over those images of the group whose hole takes this share of the image. A line "
    "that falls steeply suffers from large holes."
)


def plot(contents: Contents, looks: Mapping[str, Look]) -> Plot:
    """Return the plot: a figure for each metric and group."""
    columns = metric_ids(contents)
    strata = stratify(contents.leaderboard, "hole_ratio", list(columns.values()))
    views, tables = {}, []
    for group, identity in contents.group_ids.items():
        for key, column in columns.items():
            bands = [one for one in strata.of(group, column) if one.name is not None]
            methods = [
                one.method for one in ranked(contents, group) if any(one.method in band.scores for band in bands)
            ]
            if methods:
                views[f"{key} {identity}"] = _view(bands, methods, column, looks)
                caption = f"{titled(column)} by hole ratio · {contents.titles.group(group)}"
                tables.append(_table(caption, bands, methods, column, {"metric": key, "group": identity}))
    unread = listed(clean(entry.method) for entry, _ in strata.unread)
    return Plot(
        name="bands",
        title="Quality by hole ratio",
        reading=READING,
        choices=choose(views, metric=metric_titles(columns), group=group_titles(contents)),
        views=views,
        tables=tuple(tables),
        empty="No ranked method has numbers of images with a known hole ratio here.",
        notes=(f"Numbers of single images cannot be read for {unread}.",) if unread else (),
        methods=True,
    )


def _view(bands: Sequence[Stratum], methods: Sequence[str], column: Column, looks: Mapping[str, Look]) -> View:
    traces = []
    for method in methods:
        means = [_mean(band, method) for band in bands]
        texts = [
            hover(method, f"hole ratio {band.name}", f"{column.label}: {quality(mean, column)}", _images(band, method))
            for band, mean in zip(bands, means, strict=True)
        ]
        traces.append(line(range(len(bands)), means, looks[method], texts))
    ticks = [literal(_percent(band.name or "")) for band in bands]
    horizontal = axis(
        "share of the image that is missing, %",
        tickmode="array",
        tickvals=list(range(len(bands))),
        ticktext=ticks,
        range=[-0.4, len(bands) - 0.6],
    )
    return View(traces, layout(380, xaxis=horizontal, yaxis=axis(worded(column))), _finding(bands, methods, column))


def _finding(bands: Sequence[Stratum], methods: Sequence[str], column: Column) -> str:
    if len(bands) == 1:
        return f"All holes of this group lie in one band, {bands[0].name}: there is one point a method, and no line."
    sign = 1.0 if column.metric.higher_is_better else -1.0
    leaders: list[tuple[str, str]] = []
    for band in bands:
        means = {method: mean for method in methods if (mean := _mean(band, method)) is not None}
        if means:
            leaders.append((max(means, key=lambda one: sign * means[one]), band.name or ""))
    if len(methods) == 1:
        return f"{clean(methods[0])} is the only ranked method."
    if len({method for method, _ in leaders}) == 1:
        return f"{clean(leaders[0][0])} has the best mean in each of the {len(leaders)} bands."
    said = ", ".join(f"{clean(method)} in {band}" for method, band in leaders)
    return f"The best means are those of {said}."


def _table(
    caption: str, bands: Sequence[Stratum], methods: Sequence[str], column: Column, when: Mapping[str, str]
) -> Table:
    rows = [
        [
            method,
            *(
                number(band.scores[method].score.mean, column.metric.decimals) if method in band.scores else MISSING
                for band in bands
            ),
        ]
        for method in methods
    ]
    heads = [f"{band.name}: {count(band.images, 'image')}" for band in bands]
    return Table(caption, ["method", *heads], rows, when)


def _mean(band: Stratum, method: str) -> float | None:
    mean = band.scores[method].score.mean if method in band.scores else None
    return None if rounded(mean) is None else mean


def _images(band: Stratum, method: str) -> str:
    return count(band.scores[method].images if method in band.scores else 0, "image")


def _percent(band: str) -> str:
    """Return a band in percent, as short as an axis on a small screen needs it.

    >>> [_percent(band) for band in BANDS[:2]], _percent(BANDS[-1])
    (['≤ 1', '1–10'], '> 60')
    """
    place = BANDS.index(band)
    low, high = EDGES[max(0, place - 1)], EDGES[min(place, len(EDGES) - 1)]
    if band in (BANDS[0], BANDS[-1]):
        return f"{'≤' if band == BANDS[0] else '>'} {100 * low:g}"
    return f"{100 * low:g}–{100 * high:g}"
