"""The critical-difference diagram: mean ranks over groups, and which of them cannot be told apart.

After Demšar (2006, J. Mach. Learn. Res. 7, 1–30): methods stand on an axis of mean ranks, and a bar joins each largest
set of neighbours that lie within Nemenyi's critical difference. Ranks are those of the means in each group, ties
averaged; Friedman's test says first whether they differ at all: if it does not, one bar joins all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from inpaintbench.report.sheet import clean, count, p_value
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.drawing import INK, QUIET, Look, hover, layout, scatter, wrapped
from inpaintbench.site.plots.plot import Plot, Table, View, choose, metric_ids
from inpaintbench.statistics.aggregates import mean_ranks
from inpaintbench.statistics.friedman import FEWEST_CELLS, FEWEST_METHODS, RankTest
from inpaintbench.statistics.verdicts import ALPHA

TOGETHER: Final = "all"

READING: Final = (
    "Each method hangs on the axis at its mean rank over groups, the best on the left. A thick bar joins methods whose "
    "mean ranks are nearer to each other than the critical difference (CD): these cannot be told apart. Where "
    "Friedman's test finds no difference at all, it joins all of them."
)

_ROW: Final = 48  # pixels that a method's name takes
_EDGE: Final = 0.62  # of the ranks' range, on either side, for names


def plot(contents: Contents, looks: Mapping[str, Look]) -> Plot:
    """Return the plot: a figure over all ranked metrics, and one for each."""
    found = mean_ranks(contents.leaderboard, contents.certainty)
    columns = metric_ids(contents)
    tests = {TOGETHER: found.together} | {key: found.by_column.get(column.key) for key, column in columns.items()}
    known = {key: test for key, test in tests.items() if test is not None}
    titles = {TOGETHER: "all ranked, ranks averaged in each group"} | {key: one.label for key, one in columns.items()}
    views = {key: _view(found.methods, test, looks) for key, test in known.items()}
    return Plot(
        name="critical",
        title="Critical differences of mean ranks",
        reading=READING,
        choices=choose(views, metric=titles),
        views=views,
        tables=tuple(_table(found.methods, test, titles[key], {"metric": key}) for key, test in known.items()),
        empty=(
            f"There is too little to test: it takes {FEWEST_METHODS} methods that are ranked in every group in which "
            f"any is, and {FEWEST_CELLS} such groups. Here {'is' if len(found.methods) == 1 else 'are'} "
            f"{count(len(found.methods), 'such method')} in {count(contents.leaderboard.ranked_group_count, 'group')}."
        ),
        notes=(
            "The diagram takes groups for independent, which those of the same images under several masks are not: its "
            "differences are somewhat too small.",
        )
        if views
        else (),
    )


def cliques(mean_ranks: Sequence[float], critical_difference: float) -> list[tuple[int, int]]:
    """Return the largest sets of neighbours that cannot be told apart.

    Args:
        mean_ranks: in ascending order.
        critical_difference: from which on two can be told apart.

    Returns:
        Position of the first and the last of each set of two or more.

    >>> cliques([1.0, 1.5, 2.4, 4.0], 1.0)
    [(0, 1), (1, 2)]
    """
    found: list[tuple[int, int]] = []
    for first, low in enumerate(mean_ranks):
        last = max(place for place, rank in enumerate(mean_ranks) if rank - low < critical_difference)
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found


def _reach(test: RankTest) -> float:
    """Return from which difference of ranks on two methods can be told apart: from none if no two differ at all."""
    return math.inf if test.p > ALPHA else test.critical_difference


def _view(methods: Sequence[str], test: RankTest, looks: Mapping[str, Look]) -> View:
    order = sorted(range(len(methods)), key=lambda place: test.mean_ranks[place])
    names, ranks = [methods[place] for place in order], [test.mean_ranks[place] for place in order]
    bars = cliques(ranks, _reach(test))
    worst, half = len(names), (len(names) + 1) // 2
    edge = _EDGE * (worst - 1)
    top = -(0.35 + 0.22 * len(bars))
    traces = [_line([1, worst], [0, 0], 1.5), *_ticks(worst), *_ruler(test.critical_difference, worst)]
    annotations = [_text(1, 1.25, f"CD = {test.critical_difference:.2f}", "left")]
    annotations += [_text(rank, 0.38, str(rank), "center") for rank in range(1, worst + 1)]
    for place, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        left = place < half
        depth = place if left else worst - 1 - place
        y, end = top - 0.55 - depth, (1 - edge if left else worst + edge)
        traces.append(_line([rank, rank, end], [0, y, y], 1.2, QUIET))
        annotations.append(_label(end, y, name, rank, "left" if left else "right"))
        text = hover(name, f"mean rank {rank:.2f} over {count(test.cells, 'group')}")
        look = looks[name]
        traces.append(scatter([rank], [0], mode="markers", marker=look.marker(11), hovertext=[text], meta=look.meta))
    for place, (first, last) in enumerate(bars):
        y = -0.3 - 0.22 * place
        traces.append(_line([ranks[first] - 0.03, ranks[last] + 0.03], [y, y], 5))
    bottom = top - 0.7 - (half - 1)
    hidden = {"visible": False, "fixedrange": True}
    arranged = layout(
        int(_ROW * (1.9 - bottom)),
        xaxis={**hidden, "range": [1 - edge - 0.02, worst + edge + 0.02]},
        yaxis={**hidden, "range": [bottom, 1.6]},
        annotations=annotations,
    )
    return View(traces, arranged, _finding(names, ranks, test, bars))


def _line(x: Sequence[float], y: Sequence[float], width: float, colour: str = INK) -> dict[str, Any]:
    return scatter(x, y, mode="lines", line={"color": colour, "width": width}, hoverinfo="skip")


def _ticks(worst: int) -> list[dict[str, Any]]:
    return [_line([rank, rank], [0, 0.16], 1.2) for rank in range(1, worst + 1)]


def _ruler(critical_difference: float, worst: int) -> list[dict[str, Any]]:
    """Return the critical difference as a length, from the best rank on; as far as the axis goes if it is longer."""
    end = min(1 + critical_difference, worst + 0.3)
    ends = [1.0] if end < 1 + critical_difference else [1.0, end]
    return [_line([1, end], [0.85, 0.85], 2), *(_line([x, x], [0.75, 0.95], 2) for x in ends)]


def _text(x: float, y: float, text: str, anchor: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "text": text,
        "xanchor": anchor,
        "yanchor": "middle",
        "align": anchor,
        "showarrow": False,
        "font": {"size": 12, "color": INK},
    }


def _label(x: float, y: float, name: str, rank: float, anchor: str) -> dict[str, Any]:
    """Return a method's name and mean rank, on the line that leads to it."""
    return {**_text(x, y, f"{wrapped(name, 17, 2)} {rank:.2f}", anchor), "yanchor": "bottom", "borderpad": 2}


def _finding(names: Sequence[str], ranks: Sequence[float], test: RankTest, bars: Sequence[tuple[int, int]]) -> str:
    over = f"Over {count(test.cells, 'group')}, Friedman's test"
    p = p_value(test.p)
    if test.p > ALPHA:
        return (
            f"{over} finds no difference between the {len(names)} methods ({p}): whatever their mean ranks, none can "
            "be said to be better."
        )
    said = f"{over} says that the {len(names)} methods differ ({p}). "
    said += f"{clean(names[0])} has the best mean rank, {ranks[0]:.2f}; "
    near = next((last for first, last in bars if first == 0), 0)
    if not near:
        return f"{said}every other one is behind by {test.critical_difference:.2f}, the critical difference, or more."
    others = ", ".join(map(clean, names[1 : near + 1]))
    return f"{said}from it {others} cannot be told apart (critical difference {test.critical_difference:.2f})."


def _table(methods: Sequence[str], test: RankTest, title: str, when: Mapping[str, str]) -> Table:
    order = sorted(zip(test.mean_ranks, methods, strict=True), key=lambda one: one[0])
    rows = []
    for rank, method in order:
        near = [other for mean, other in order if other != method and abs(mean - rank) < _reach(test)]
        rows.append([method, f"{rank:.2f}", ", ".join(near) or "none"])
    caption = (
        f"Mean ranks over {count(test.cells, 'group')} · {title}: χ² = {test.statistic:.2f}, p = {test.p:.2g}, "
        f"critical difference {test.critical_difference:.3f} at {ALPHA:.0%}"
    )
    return Table(caption, ["method", "mean rank", "cannot be told from"], rows, when)
