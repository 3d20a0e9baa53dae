"""What all figures share: one look for each method, text that no browser obeys, axes, and Plotly's own objects.

Colours are variables of the style sheet, so that a figure follows the page from light to dark. They are those of Okabe
and Ito (2008, Color Universal Design), which people with any kind of colour vision tell apart, made darker for a light
ground where they are too pale; each goes together with a symbol.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go  # type: ignore[import-untyped]

from inpaintbench.ranking import natural
from inpaintbench.report.sheet import clean

SYMBOLS: Final = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "x": "✖",
    "triangle-down": "▼",
    "cross": "✚",
    "star": "★",
}
"""Plotly's names of the symbols, and the characters that stand for them in a legend."""

COLOURS: Final = 8
_DASHES: Final = ("solid", "dash", "dot", "dashdot")
_DIGITS: Final = 6  # that a figure is given of a number: more than any screen shows

FONT: Final = "system-ui, sans-serif"
INK: Final = "var(--ink)"
QUIET: Final = "var(--quiet)"
LINE: Final = "var(--line)"
GROUND: Final = "var(--ground)"


@dataclass(frozen=True)
class Look:
    """How a method is drawn, in all figures alike.

    Attributes:
        number: of the method, by which a script finds its traces.
        colour: a variable of the style sheet.
        symbol: Plotly's name of it.
        dash: of its lines.
    """

    number: int
    colour: str
    symbol: str
    dash: str

    @property
    def glyph(self) -> str:
        """The character that stands for the symbol."""
        return SYMBOLS[self.symbol]

    @property
    def meta(self) -> dict[str, int]:
        """What a trace bears so that it can be found."""
        return {"method": self.number}

    def marker(self, size: int = 10) -> dict[str, Any]:
        """Return a point of this method; its thin edge is seen whatever the colour."""
        return {"color": self.colour, "symbol": self.symbol, "size": size, "line": {"color": INK, "width": 0.75}}


def looks(methods: Iterable[str]) -> dict[str, Look]:
    """Return how methods are drawn: by the order of their names, so that it depends on no ranking.

    No two of the first 64 have both colour and symbol in common.
    """
    found = {}
    symbols = list(SYMBOLS)
    for number, method in enumerate(sorted(set(methods), key=natural)):
        lap = number // COLOURS
        symbol = symbols[(number + lap) % len(symbols)]
        found[method] = Look(number, f"var(--method-{number % COLOURS + 1})", symbol, _DASHES[lap % len(_DASHES)])
    return found


def literal(text: str) -> str:
    """Return a text that Plotly shows as it is, though it takes some tags and entities for its own.

    >>> literal("<b>a</b> & b")
    '&lt;b&gt;a&lt;/b&gt; &amp; b'
    """
    return html.escape(clean(text), quote=False)


def wrapped(text: str, width: int = 22, lines: int = 3) -> str:
    """Return a text for Plotly in lines of at most so many characters; what does not fit is left out.

    >>> wrapped("context_encoder[preset=quick]", 16)
    'context_encoder<br>[preset=quick]'
    """
    left = clean(text)
    found: list[str] = []
    while left and len(found) < lines:
        end = len(left) if len(left) <= width else _break(left, width)
        found.append(left[:end].strip())
        left = left[end:]
    if left:
        found[-1] = found[-1][: width - 1] + "…"
    return "<br>".join(html.escape(line, quote=False) for line in found)


def _break(text: str, width: int) -> int:
    """Return where a line ends: before a bracket or after a comma, a space or a stroke, if one is far enough."""
    ends = [place for place in range(width // 3, width + 1) if text[place] in "[(" or text[place - 1] in ",_ /·"]
    return ends[-1] if ends else width


def hover(title: str, *lines: str) -> str:
    """Return what is shown beside the pointer: a title, and lines below it."""
    return "<br>".join([f"<b>{wrapped(title, 48, 4)}</b>", *map(literal, lines)])


def rounded(value: float | None) -> float | None:
    """Return a number as a figure is given it; None where there is none that can be drawn.

    >>> rounded(0.123456789), rounded(float("inf"))
    (0.123457, None)
    """
    return None if value is None or not math.isfinite(value) else float(f"{value:.{_DIGITS}g}")


def scatter(x: Sequence[float | None], y: Sequence[float | None], **further: Any) -> dict[str, Any]:
    """Return a trace of points or lines."""
    given = {"x": [rounded(one) for one in x], "y": [rounded(one) for one in y], "hoverinfo": "text"}
    return _json(go.Scatter({**given, **further}))


def line(x: Sequence[float | None], y: Sequence[float | None], look: Look, texts: Sequence[str]) -> dict[str, Any]:
    """Return the line of a method with its points, and what is said of each of them."""
    return scatter(
        x,
        y,
        mode="lines+markers",
        line={"color": look.colour, "width": 2, "dash": look.dash},
        marker=look.marker(9),
        hovertext=list(texts),
        meta=look.meta,
    )


def bar(x: Sequence[float], y: Sequence[float], **further: Any) -> dict[str, Any]:
    """Return a trace of bars that lie."""
    return _json(go.Bar({"x": list(x), "y": list(y), "orientation": "h", "hoverinfo": "text", **further}))


def box(**given: Any) -> dict[str, Any]:
    """Return a trace of boxes whose quartiles are given: a browser is not to compute them."""
    return _json(go.Box(given))


def layout(height: int, **given: Any) -> dict[str, Any]:
    """Return a layout: a height in pixels, and what differs from what all figures share."""
    return _json(go.Layout({"height": height, **given}))


def shared_layout() -> dict[str, Any]:
    """Return what the layouts of all figures have in common."""
    return layout(
        360,
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor=GROUND,
        plot_bgcolor=GROUND,
        margin={"l": 8, "r": 12, "t": 12, "b": 8},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        hoverlabel={
            "bgcolor": "var(--raised)",
            "bordercolor": "var(--edge)",
            "font": {"color": INK, "size": 13, "family": FONT},
            "align": "left",
        },
    )


def axis(title: str = "", **given: Any) -> dict[str, Any]:
    """Return an axis: thin lines, digits without prefixes, and as much room as its labels need."""
    return {
        "title": {"text": literal(title), "standoff": 12, "font": {"size": 13}},
        "automargin": True,
        "fixedrange": True,
        "gridcolor": LINE,
        "zeroline": False,
        "linecolor": QUIET,
        "showline": True,
        "ticks": "outside",
        "tickcolor": QUIET,
        "exponentformat": "power",
        **given,
    }


def named_rows(names: Sequence[str], lines: int = 3) -> dict[str, Any]:
    """Return an upright axis with a name a row, the first on top; a name takes at most so many lines."""
    return axis(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[wrapped(name, lines=lines) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        ticks="",
    )


def _json(made: Any) -> dict[str, Any]:
    found: Mapping[str, Any] = made.to_plotly_json()
    return dict(found)
