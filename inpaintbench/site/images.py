"""The numbers of a cell's images, read once for its page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from inpaintbench.columns import Column
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry
from inpaintbench.report.sheet import MISSING, Heading, duration, number, shorten
from inpaintbench.site.scores import Shown, exact
from inpaintbench.statistics.pairing import IMAGE, read_scores

if TYPE_CHECKING:
    import pandas as pd

MOST: Final = 1000
"""So many images are listed on a page: more would make it larger than a megabyte."""

FIRST: Final = "psnr_hole"
"""The metric by which the worst images come first, where it was scored; otherwise the first ranked one."""


@dataclass(frozen=True)
class Field:
    """A column of the table of images.

    Attributes:
        heading: its head.
        name: of the column in the records.
        kind: `text` or `number`, how it is sorted.
        first: direction of the first click.
        sort: direction in which the table is sorted by it, if it is.
        metric: whether it is a metric, which may bear any name.
    """

    heading: Heading
    name: str
    kind: str = "number"
    first: str = "ascending"
    sort: str = ""
    metric: bool = False


_ITEM: Final = Field(Heading(label="image"), "item", "text")
_NUMBER: Final = Field(Heading(label="no."), "index")
_CLASS: Final = Field(Heading(label="class"), "class", "text")
_HOLE: Final = Field(Heading(label="hole", unit="%"), "hole_ratio")
_TIME: Final = Field(Heading(label="time", unit="s"), "seconds")
_CLAMPED: Final = Field(Heading(label="clamped", unit="values"), "clamped", first="descending")
_CONVERGED: Final = Field(Heading(label="converged"), "converged")


@dataclass(frozen=True)
class ImageTable:
    """The images of a cell.

    Attributes:
        frame: one row an image, worst first; None if there is none, or it cannot be read.
        columns: the metrics.
        worst: the metric by which it is sorted; None if by none.
        problem: why it cannot be read; empty if it can.
    """

    frame: pd.DataFrame | None
    columns: Sequence[Column]
    worst: Column | None = None
    problem: str = ""

    @property
    def total(self) -> int:
        """How many images there are."""
        return 0 if self.frame is None else len(self.frame)

    @cached_property
    def fields(self) -> list[Field]:
        """The heads of what is shown."""
        metrics = [
            Field(
                heading=Heading.of(one),
                name=one.name,
                first=_worst_first(one),
                sort=_worst_first(one) if one is self.worst else "",
                metric=True,
            )
            for one in self.columns
        ]
        known = {one.name: one for one in (_CLASS, _HOLE, _TIME, _CLAMPED, _CONVERGED) if self._tells(one.name)}
        before = [known.pop(one.name) for one in (_CLASS, _HOLE) if one.name in known]
        return [_ITEM, _NUMBER, *before, *metrics, *known.values()]

    @cached_property
    def rows(self) -> list[list[Shown]]:
        """What is shown of the first images, one entry a field."""
        if self.frame is None:
            return []
        frame = self.frame.head(MOST)
        decimals = {one.name: one.metric.decimals for one in self.columns}
        names = {one.name: one.key.name for one in self.columns}
        columns = []
        for field in self.fields:
            values = frame.get(names.get(field.name, field.name), [None] * len(frame))
            columns.append([_show(field.name, value, decimals.get(field.name)) for value in values])
        return [list(row) for row in zip(*columns, strict=True)]

    def spread(self, column: Column) -> list[str]:
        """Return the least, the median and the greatest value over the images; dashes where there is none."""
        values = self._values(column)
        if not len(values):
            return [MISSING] * 3
        return [number(float(value), column.metric.decimals) for value in (values.min(), values.median(), values.max())]

    def undefined(self, column: Column) -> int:
        """Return on how many images the metric has no value."""
        return self.total - len(self._values(column))

    def _tells(self, name: str) -> bool:
        """Return whether anything stands in a column."""
        if self.frame is None or name not in self.frame:
            return False
        return bool((self.frame[name].dropna().astype(str) != "").any())

    def _values(self, column: Column) -> pd.Series[float]:
        import pandas as pd

        found = None if self.frame is None else self.frame.get(column.key.name)
        return (pd.Series(dtype="float64") if found is None else found.astype("float64")).dropna()


def read_images(entry: Entry, columns: Sequence[Column]) -> ImageTable:
    """Return the images of an entry, those on which it does worst first."""
    if entry.record.status != "complete":
        return ImageTable(None, columns)
    try:
        frame = _read(entry, columns)
    except StoreError as error:
        return ImageTable(None, columns, problem=shorten(str(error)))
    known = [one for one in columns if one.key.name in frame]
    ranked = [one for one in known if one.metric.ranked]
    worst = next((one for one in known if one.metric.plugin == FIRST), ranked[0] if ranked else None)
    if worst is not None:
        frame = frame.sort_values(worst.key.name, ascending=worst.metric.higher_is_better, kind="stable")
    return ImageTable(frame, columns, worst)


def _read(entry: Entry, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the table of the images, with those metrics that only other results of the same completions have."""
    frame = entry.cell.images()
    missing = [one.metric for one in columns if one.key.name not in frame]
    if missing and entry.others:
        scores = read_scores(entry, missing).reset_index()
        keys = [name for name in IMAGE if name in frame]
        frame = frame.merge(scores.drop_duplicates(keys)[[*keys, *scores.columns.difference(IMAGE)]], "left", keys)
    return frame


def _worst_first(column: Column) -> str:
    return "ascending" if column.metric.higher_is_better else "descending"


def _show(field: str, value: object, decimals: int | None) -> Shown:
    """Return one entry of the table of images."""
    if field in ("item", "class"):
        return Shown(str(value))
    if not isinstance(value, int | float) or math.isnan(value):
        return Shown(MISSING)
    match field:
        case "converged":
            text = "yes" if value else "no"
        case "seconds":
            text = duration(value)
        case "hole_ratio":
            text = number(100 * value, 1)
        case _:
            text = str(int(value)) if decimals is None else number(value, decimals)
    return Shown(text, exact(value))
