"""Training curves: how the losses of those methods went that have learned something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from inpaintbench.checkpoints import Card
from inpaintbench.report.sheet import MISSING, clean, listed
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots.cards import Training, find_trainings
from inpaintbench.site.plots.drawing import Look, axis, hover, layout, literal, rounded, scatter
from inpaintbench.site.plots.plot import Plot, Table, View, choose

READING: Final = (
    "Each panel is one loss of one training, averaged over stretches of steps. A loss that still falls at the end says "
    "that more steps may have helped; those of a discriminator and its rival are to hold each other in balance."
)

_PANEL: Final = 170  # pixels
_GAP: Final = 36
_WIDE: Final = 20  # the axis is logarithmic if the largest value is so many times the median


def plot(contents: Contents, looks: Mapping[str, Look], shipped: Iterable[str]) -> Plot:
    """Return the plot: a figure for each training that is found.

    Args:
        contents: what the report shows.
        looks: of the methods.
        shipped: where plugins bring checkpoints.
    """
    trainings = find_trainings(contents.leaderboard.entries, shipped)
    known = {f"t{place}": one for place, one in enumerate(trainings, start=1) if one.card and one.card.losses}
    views, tables, titles = {}, [], {}
    for key, training in known.items():
        assert training.card is not None
        titles[key] = _title(training, trainings)
        views[key] = _view(training.card, looks[training.methods[0]])
        tables.append(_table(titles[key], training.card, {"training": key}))
    lost = [f"{_title(one, trainings)} (weights {one.sha256[:12]})" for one in trainings if one not in known.values()]
    learned = (
        "No method of these results has learned anything."
        if not trainings
        else "No training of these results is found."
    )
    return Plot(
        name="curves",
        title="Training curves",
        reading=READING,
        choices=choose(views, training=titles),
        views=views,
        tables=tuple(tables),
        empty=learned,
        notes=(f"Not found on the machine that wrote this report: {listed(map(clean, lost), '; ')}.",) if lost else (),
    )


def _title(training: Training, trainings: Sequence[Training]) -> str:
    """Return what a training is called; its size and weights are added where another one is called the same."""
    alike = [one for one in trainings if one.title == training.title]
    if len(alike) == 1:
        return training.title
    return f"{training.title} · {training.size or '?'} px · weights {training.sha256[:6]}"


def _view(card: Card, look: Look) -> View:
    losses = {name: points for name, points in card.losses.items() if points.get("steps")}
    height = len(losses) * _PANEL + (len(losses) - 1) * _GAP
    traces: list[dict[str, Any]] = []
    arranged: dict[str, Any] = {"annotations": []}
    for place, (name, points) in enumerate(losses.items()):
        number = "" if place == 0 else str(place + 1)
        top = 1 - place * (_PANEL + _GAP) / height
        steps, means = points["steps"], points["means"]
        texts = [hover(name, f"step {step:.0f}: {_digits(mean)}") for step, mean in zip(steps, means, strict=True)]
        pen = {"color": look.colour, "width": 2}
        own = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        traces.append(scatter(steps, means, mode="lines", line=pen, hovertext=texts, **own))
        last = place == len(losses) - 1
        across = axis("step" if last else "", anchor=f"y{number}", rangemode="tozero", showticklabels=last)
        if place:
            across["matches"] = "x"
        arranged[f"xaxis{number}"] = across
        scale = "log" if _logarithmic(means) else "linear"
        up = axis(anchor=f"x{number}", domain=[max(0.0, top - _PANEL / height), top], type=scale, nticks=5)
        arranged[f"yaxis{number}"] = up
        arranged["annotations"].append(_heading(name, scale, top))
    return View(
        traces, layout(height + 90, **arranged | {"margin": {"l": 8, "r": 12, "t": 34, "b": 8}}), _finding(card, losses)
    )


def _heading(name: str, scale: str, top: float) -> dict[str, Any]:
    text = literal(name) + (", logarithmic" if scale == "log" else "")
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom", "yshift": 3}
    return {"text": text, "showarrow": False, "font": {"size": 13}, **place}


def _logarithmic(means: Sequence[float | None]) -> bool:
    """Whether the beginning would press all that follows to the ground."""
    known = sorted(mean for mean in means if mean is not None)
    return bool(known) and known[0] > 0 and known[len(known) // 2] * _WIDE < known[-1]


def _finding(card: Card, losses: Mapping[str, Mapping[str, Sequence[float | None]]]) -> str:
    ends = []
    for name, points in losses.items():
        known = [mean for mean in points["means"] if mean is not None]
        if known:
            ends.append(f"{clean(name)} from {_digits(known[0])} to {_digits(known[-1])}")
    warned = f" Noticed: {' '.join(map(clean, card.warnings))}" if card.warnings else ""
    return f"{card.steps} steps on {card.images} images, {card.epochs:.3g} epochs: {', '.join(ends)}.{warned}"


def _table(title: str, card: Card, when: Mapping[str, str]) -> Table:
    by_step: dict[float, dict[str, float | None]] = {}
    for name, points in card.losses.items():
        for step, mean in zip(points["steps"], points["means"], strict=True):
            if step is not None:
                by_step.setdefault(step, {})[name] = mean
    rows = [
        [f"{step:.0f}", *(_digits(means.get(name)) for name in card.losses)] for step, means in sorted(by_step.items())
    ]
    return Table(f"Mean losses up to each step · {title}", ["step", *card.losses], rows, when)


def _digits(value: float | None) -> str:
    return MISSING if rounded(value) is None else f"{value:.4g}"
