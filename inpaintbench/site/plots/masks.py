"""Quality across masks: a point for each method and mask of one data set, ordered by how much a mask takes away.

Masks have rows of their own rather than places on an axis of hole ratios: several of one size, as in most protocols,
would lie on top of each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inpaintbench.columns import Column
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group
from inpaintbench.report.sheet import clean, count, number
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.drawing import Look, axis, hover, layout, line, named_rows, rounded
from inpaintbench.site.plots.plot import (
    Plot,
    Table,
    View,
    choose,
    drawn_mean,
    metric_ids,
    metric_titles,
    quality,
    ranked,
    shown_mean,
    titled,
    worded,
)

READING: Final = (
    "Each row is a mask, from the smallest mean hole to the largest; each line follows a method. Where neighbouring "
    "rows have holes of like size and points far apart, it is the shape that makes one of them hard."
)


@dataclass(frozen=True)
class _Mask:
    """One mask of a data set: its name, the mean share that it takes away, and its entries by method."""

    name: str
    ratio: float
    entries: Mapping[str, Entry]


def plot(contents: Contents, looks: Mapping[str, Look]) -> Plot:
    """Return the plot: a figure for each metric and data set."""
    columns = metric_ids(contents)
    families: dict[str, list[Group]] = defaultdict(list)
    for group in contents.leaderboard.groups:
        families[contents.titles.group(group, without="mask")].append(group)
    views, tables, titles = {}, [], {}
    for number_, (title, groups) in enumerate(families.items(), start=1):
        identity = f"d{number_}"
        titles[identity] = title
        masks = [mask for group in groups if (mask := _mask(contents, group)) is not None]
        masks.sort(key=lambda mask: mask.ratio)
        for key, column in columns.items():
            methods = _methods(contents, masks, column)
            if methods:
                views[f"{key} {identity}"] = _view(masks, methods, column, looks)
                caption = f"{titled(column)} by mask · {title}"
                tables.append(_table(caption, masks, methods, column, {"metric": key, "dataset": identity}))
    return Plot(
        name="masks",
        title="Quality across masks",
        reading=READING,
        choices=choose(views, metric=metric_titles(columns), dataset=titles),
        views=views,
        tables=tuple(tables),
        empty="No ranked method has numbers under a mask of known hole ratio here.",
        methods=True,
    )


def _mask(contents: Contents, group: Group) -> _Mask | None:
    """Return what is known of a group's mask; None if no ranked cell tells how large its holes are."""
    entries = ranked(contents, group)
    for entry in entries:
        try:
            images = entry.cell.images()
        except StoreError:
            continue
        ratio = rounded(float(images["hole_ratio"].mean())) if "hole_ratio" in images else None
        if ratio is not None:
            return _Mask(contents.titles.side(group, "mask"), ratio, {one.method: one for one in entries})
    return None


def _methods(contents: Contents, masks: Sequence[_Mask], column: Column) -> list[str]:
    """Return the methods that have a number under any of the masks, in the leaderboard's order."""
    found = {method for mask in masks for method in mask.entries if _mean(mask, method, column) is not None}
    return [one.method for one in contents.leaderboard.mean_ranks if one.method in found]


def _view(masks: Sequence[_Mask], methods: Sequence[str], column: Column, looks: Mapping[str, Look]) -> View:
    traces = []
    for method in methods:
        means = [_mean(mask, method, column) for mask in masks]
        texts = [
            hover(method, mask.name, f"{_percent(mask)} missing", f"{column.label}: {quality(mean, column)}")
            for mask, mean in zip(masks, means, strict=True)
        ]
        traces.append(line(means, range(len(masks)), looks[method], texts))
    arranged = layout(
        90 + 50 * len(masks),
        xaxis=axis(worded(column)),
        yaxis=named_rows([f"{mask.name} · {_percent(mask)}" for mask in masks]) | {"showgrid": True},
    )
    return View(traces, arranged, _finding(masks, methods, column))


def _finding(masks: Sequence[_Mask], methods: Sequence[str], column: Column) -> str:
    """Say under which mask most methods do worst and best, of those that have a number under all."""
    everywhere = [one for one in methods if all(_mean(mask, one, column) is not None for mask in masks)]
    if len(masks) < 2 or not everywhere:
        return "There are not two masks under which the same methods have numbers."
    sign = 1.0 if column.metric.higher_is_better else -1.0
    worst = Counter(min(masks, key=lambda mask: sign * (_mean(mask, one, column) or 0.0)).name for one in everywhere)
    best = Counter(max(masks, key=lambda mask: sign * (_mean(mask, one, column) or 0.0)).name for one in everywhere)
    return f"Worst under {_most(worst, masks)}; best under {_most(best, masks)}."


def _most(votes: Counter[str], masks: Sequence[_Mask]) -> str:
    """Name the mask that most methods vote for."""
    name, count_ = votes.most_common(1)[0]
    ratio = next(_percent(mask) for mask in masks if mask.name == name)
    return f"{clean(name)} ({ratio} missing): {count_} of {count(votes.total(), 'method')}"


def _table(
    caption: str, masks: Sequence[_Mask], methods: Sequence[str], column: Column, when: Mapping[str, str]
) -> Table:
    rows = []
    for mask in masks:
        means = (shown_mean(mask.entries.get(method), column) for method in methods)
        digits = [number(mean, column.metric.decimals) for mean in means]
        rows.append([mask.name, _percent(mask), *digits])
    return Table(caption, ["mask", "missing", *methods], rows, when)


def _mean(mask: _Mask, method: str, column: Column) -> float | None:
    return drawn_mean(mask.entries.get(method), column)


def _percent(mask: _Mask) -> str:
    return f"{100 * mask.ratio:.1f} %"
