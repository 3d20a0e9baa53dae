"""The leaderboard as a `pandas.Styler`: for notebooks, and for further work on how it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import pandas as pd

from inpaintbench.columns import Column
from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.ranking import Place, Score
from inpaintbench.report import as_html, tex
from inpaintbench.report.options import choose_columns
from inpaintbench.report.sheet import Heading, clean, number
from inpaintbench.report.titles import Titles
from inpaintbench.statistics.certainty import Certainty

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

Target = Literal["html", "latex", "excel"]
"""What a Styler is for. Styles and escaped names are written differently in each, and a Styler holds one of them."""

_Style: TypeAlias = Mapping[Place, str]

_CSS: Final[_Style] = MappingProxyType({0: "", 1: "font-weight: bold", 2: "text-decoration: underline"})
_NAMES: Final = "text-align: left; vertical-align: top; font-weight: normal; padding: 0 .6em"
_STYLES: Final[Mapping[str, tuple[Callable[[str], str], _Style]]] = MappingProxyType(
    {
        "html": (as_html.escape, _CSS),
        "latex": (tex.escape, MappingProxyType({0: "", 1: "textbf:--rwrap", 2: "underline:--rwrap"})),
        "excel": (clean, _CSS),
    }
)


def to_styler(
    leaderboard: Leaderboard,
    *,
    metrics: Sequence[str] | None = None,
    certainty: Certainty | None = None,
    target: Target = "html",
) -> Styler:
    """Return a table with a row for each data set, mask and method, and a column for each metric.

    Best is bold and second best underlined, as in any other table. The numbers in it are exact; only what is shown is
    rounded.

    Args:
        leaderboard: what to show.
        metrics: names of the metrics to show, with or without their parameters; None for all.
        certainty: what is known of the numbers: methods that cannot be told apart from the best are best, too.
        target: `html` for notebooks and `Styler.to_html`, `latex` for `Styler.to_latex` (`hrules=True` draws the rules
            of booktabs), `excel` for `Styler.to_excel`, which needs openpyxl.

    Raises:
        UnknownNameError: if there is no such metric or target.
    """
    if target not in _STYLES:
        raise UnknownNameError("target of a Styler", target, _STYLES)
    escape, styles = _STYLES[target]
    columns = choose_columns(leaderboard, None, metrics)
    if certainty is not None:
        leaderboard = certainty.judged(leaderboard)
    titles = Titles(leaderboard.groups)
    heads = [Heading.of(column).line for column in columns]
    if target == "excel":  # writes labels as they are, and refuses control characters
        heads = [clean(head) for head in heads]
    scores = [[entry.scores.get(column.key, Score()) for column in columns] for entry in leaderboard.entries]
    frame = pd.DataFrame(
        [[score.mean for score in row] for row in scores], index=_index(leaderboard, titles, target), columns=heads
    ).astype("float64")
    places = pd.DataFrame(
        [[styles[score.place] for score in row] for row in scores], index=frame.index, columns=frame.columns
    )
    styler = frame.style.format(_formatters(columns, heads, escape)).apply(lambda _: places, axis=None)
    if target == "excel":
        for column, head in zip(columns, heads, strict=True):
            form = "0." + "0" * column.metric.decimals if column.metric.decimals else "0"
            styler = styler.set_properties(subset=[head], **{"number-format": form})
        return styler
    if target == "html":
        styler = styler.set_table_styles(
            [
                {"selector": "th.row_heading, th.index_name", "props": _NAMES},
                {"selector": "th.col_heading, td", "props": "text-align: right; padding: 0 .6em"},
            ]
        )
    shown: Callable[[Any], str] = lambda label: escape(str(label))  # noqa: E731 - what format_index takes
    return styler.format_index(shown, axis="index").format_index(shown, axis="columns")


def _index(leaderboard: Leaderboard, titles: Titles, target: Target) -> pd.MultiIndex:
    """Return what tells rows apart: what groups differ in besides data set and mask has a level, where they do."""
    runs = [titles.run(entry.group) for entry in leaderboard.entries]
    levels = {
        "data set": [titles.side(entry.group, "dataset") for entry in leaderboard.entries],
        "mask": [titles.side(entry.group, "mask") for entry in leaderboard.entries],
        **({"run": runs} if len(set(runs)) > 1 else {}),
        "method": [entry.method for entry in leaderboard.entries],
    }
    if target == "excel":
        levels = {name: [clean(label) for label in labels] for name, labels in levels.items()}
    return pd.MultiIndex.from_arrays(list(levels.values()), names=list(levels))


def _formatters(
    columns: Sequence[Column], heads: Sequence[str], escape: Callable[[str], str]
) -> dict[Any, str | Callable[[object], str] | None]:
    def formatter(decimals: int) -> Callable[[Any], str]:
        return lambda mean: escape(number(mean, decimals))

    return {head: formatter(column.metric.decimals) for head, column in zip(heads, columns, strict=True)}
