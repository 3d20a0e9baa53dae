"""What a plot consists of: what can be chosen, a view for each choice, and the tables of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Group
from inpaintbench.ranking import Score
from inpaintbench.report.sheet import Heading, number
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.drawing import rounded


@dataclass(frozen=True)
class Choice:
    """One thing that a reader chooses.

    Attributes:
        name: of what is chosen, such as `metric`.
        options: each with its short name and its title.
        first: short name of the option that is shown first.
    """

    name: str
    options: tuple[tuple[str, str], ...]
    first: str


@dataclass(frozen=True)
class View:
    """One figure.

    Attributes:
        traces: as Plotly has them; so is `layout`. Colours may be the style sheet's variables.
        layout: everything but what all figures share.
        finding: what is to be seen in it, in words.
    """

    traces: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    finding: str


@dataclass(frozen=True)
class Table:
    """Numbers behind a figure.

    Attributes:
        caption: what they are.
        headings: of the columns; the first column names the rows.
        rows: what is printed; an entry a heading.
        when: the choices, by name, for which this table is shown.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    when: Mapping[str, str]


@dataclass(frozen=True)
class Plot:
    """One plot of the page.

    Attributes:
        name: short, for addresses and files.
        title: its heading.
        reading: how to read it.
        choices: what can be chosen.
        views: the figures, by the short names of what is chosen, in order, with spaces between.
        tables: all its numbers.
        notes: what else must be known.
        empty: what is said where a choice has no figure.
        methods: whether its lines and points are methods, so that it needs their legend.
        shades: how many ranks have a colour, so that it needs theirs.
    """

    name: str
    title: str
    reading: str
    choices: tuple[Choice, ...]
    views: Mapping[str, View]
    tables: tuple[Table, ...]
    empty: str
    notes: tuple[str, ...] = ()
    methods: bool = False
    shades: int = 0

    @property
    def first(self) -> View | None:
        """The figure that is shown first; None if there is none."""
        return self.views.get(" ".join(choice.first for choice in self.choices))


def ranked(contents: Contents, group: Group) -> list[Entry]:
    """Return the entries of a group that plots show: those whose numbers may be compared."""
    return [entry for entry in contents.leaderboard.by_group[group] if entry.standing == "ranked"]


def shown_mean(entry: Entry | None, column: Column) -> float | None:
    """Return an entry's mean in a metric; None if there is none."""
    return None if entry is None else entry.scores.get(column.key, Score()).mean


def drawn_mean(entry: Entry | None, column: Column) -> float | None:
    """Return the same where it can be drawn; None if it is infinite."""
    mean = shown_mean(entry, column)
    return None if rounded(mean) is None else mean


def metric_ids(contents: Contents) -> dict[str, Column]:
    """Return the metrics by short names: `m1`, `m2`, in the order of the leaderboard's columns."""
    return {f"m{number}": column for number, column in enumerate(contents.leaderboard.columns, start=1)}


def choose(views: Mapping[str, View], **titles: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return what a reader chooses among the figures that there are.

    At first each choice stands at its first option; the last of several at the one whose figure has most points.

    Args:
        views: the figures.
        titles: for each thing that is chosen, in the order of the views' names, the titles of its options by their
            short names.
    """
    used = [key.split(" ") for key in views]
    options = [
        tuple((key, title) for key, title in those.items() if any(parts[place] == key for parts in used))
        for place, those in enumerate(titles.values())
    ]
    firsts = [those[0][0] if those else "" for those in options]
    if views and len(options) > 1:
        alike = [key for key in views if key.split(" ")[:-1] == firsts[:-1]]
        firsts[-1] = max(alike, key=lambda key: _points(views[key])).split(" ")[-1]
    return tuple(Choice(*one) for one in zip(titles, options, firsts, strict=True))


def metric_titles(columns: Mapping[str, Column]) -> dict[str, str]:
    """Return what metrics are called, by their short names."""
    return {key: titled(column) for key, column in columns.items()}


def group_titles(contents: Contents) -> dict[str, str]:
    """Return what groups are called, by their short names."""
    return {identity: contents.titles.group(group) for group, identity in contents.group_ids.items()}


def _points(view: View) -> int:
    return sum(len(trace.get("y") or ()) for trace in view.traces)


def titled(column: Column) -> str:
    """Return what a metric is called in one line: `PSNR (dB) ↑`."""
    return Heading.of(column).line


def quality(mean: float | None, column: Column) -> str:
    """Return a number of a metric with its unit, as in a sentence."""
    return f"{number(mean, column.metric.decimals)} {column.metric.unit}".strip()


def worded(column: Column) -> str:
    """Return the title of a metric's axis: an arrow would turn with the text of an upright one."""
    unit = f" ({column.metric.unit})" if column.metric.unit else ""
    return f"{column.label}{unit}, {'higher' if column.metric.higher_is_better else 'lower'} is better"
