"""What has become worse than allowed: a check for somebody's continuous integration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from inpaintbench.columns import Column
from inpaintbench.comparing.differences import CellDifference, Differences
from inpaintbench.comparing.pairs import CellPair, Pairing
from inpaintbench.errors import UsageError
from inpaintbench.report.sheet import count

_ROUNDING: Final = 1e-9
"""Relative: means that differ by less are equal, and a margin is met exactly that is exceeded by less."""


@dataclass(frozen=True)
class Margin:
    """How much worse a mean may be.

    Attributes:
        metric: its name, with or without parameters.
        allowed: in the metric's own unit, from 0.
    """

    metric: str
    allowed: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `metric` or `metric:margin`.

        Raises:
            UsageError: if it is neither.

        >>> Margin.parse("lpips[net=alex]:0.01")
        Margin(metric='lpips[net=alex]', allowed=0.01)
        >>> Margin.parse("psnr")
        Margin(metric='psnr', allowed=0.0)
        """
        metric, colon, amount = text.rpartition(":")
        if not colon:
            metric, amount = amount, "0"
        try:
            allowed = float(amount)
        except ValueError:
            allowed = math.nan
        if not metric or not math.isfinite(allowed) or allowed < 0:
            raise UsageError(
                f"{text!r} is no limit; expected METRIC or METRIC:MARGIN with a number from 0, such as psnr:0.1."
            )
        return cls(metric, allowed)


@dataclass(frozen=True)
class Regression:
    """One thing that B does worse than allowed, or not at all.

    Attributes:
        method: of A.
        dataset: where; so is `mask`. Empty if it holds everywhere.
        metric: its label.
        what: what has happened, as a clause without an end mark.
    """

    method: str
    dataset: str
    mask: str
    metric: str
    what: str


def find_regressions(differences: Differences, column: Column, allowed: float) -> tuple[Regression, ...]:
    """Return every cell in which B's mean is worse than A's by more than allowed, and every number that B lacks.

    All pairs of cells count, whole or not: what is asked is whether these images got worse, not whether it is certain.

    Args:
        differences: what was compared, `column` among it.
        column: the metric.
        allowed: in its own unit.
    """
    found = [*_worse(differences.of(column), allowed), *_lacking(differences, column)]
    if not found and not differences.of(column):
        label = column.metric.label
        found.append(Regression("", "", "", label, "nothing could be compared, so that nothing was checked"))
    return tuple(found)


def _worse(cells: Sequence[CellDifference], allowed: float) -> Iterator[Regression]:
    for cell in cells:
        metric = cell.column.metric
        by = -cell.difference.mean if metric.higher_is_better else cell.difference.mean
        if by - allowed > _ROUNDING * max(abs(cell.a.mean), abs(cell.b.mean), allowed):
            unit = f" {metric.unit}" if metric.unit else ""
            digits = metric.decimals + 2
            yield _at(
                cell.pair,
                metric.label,
                f"{cell.b.mean:.{digits}f} against {cell.a.mean:.{digits}f}{unit}, worse by {by:.4g}, "
                f"allowed {allowed:.4g}",
            )
        if cell.lost:
            yield _at(cell.pair, metric.label, f"no number for {count(cell.lost, 'image')} of which A has one")


def _lacking(differences: Differences, column: Column) -> Iterator[Regression]:
    for one in differences.obstacles:
        if one.metric == column.key.name and "a" in one.has:
            yield _at(one.pair, one.label, f"cannot be compared: {one.why}")
    for entry in differences.pairing.only_a:
        if entry.record.means.get(column.key.name) is not None:
            group = entry.group
            yield Regression(entry.method, group.dataset, group.mask, column.metric.label, "B has no such cell")


def _at(pair: CellPair, label: str, what: str) -> Regression:
    return Regression(pair.a.method, pair.place.dataset, pair.place.mask, label, what)


def describe(regression: Regression, pairing: Pairing) -> str:
    """Return one line that says what got worse, and where."""
    where = " × ".join(filter(None, (regression.dataset, regression.mask)))
    whose = regression.method if pairing.kind == "runs" else pairing.b
    parts = filter(None, (regression.metric, whose if where else "", where))
    return f"{' · '.join(parts)}: {regression.what}"
