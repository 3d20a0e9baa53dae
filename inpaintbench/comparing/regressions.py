"""What has become worse than allowed: a check for somebody's continuous integration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from inpaintbench.columns import Column
from inpaintbench.comparing.differences import ROUNDING, CellDifference, Differences
from inpaintbench.comparing.pairs import CellPair, Pairing, place_of
from inpaintbench.errors import UsageError
from inpaintbench.report.sheet import count


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
        method: of A; empty if it holds for all.
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
        if by - allowed > ROUNDING * max(abs(cell.a.mean), abs(cell.b.mean), allowed):
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
        if cell.fallen:
            yield _at(cell.pair, metric.label, f"infinitely worse on {count(cell.fallen, 'image')}")


def _lacking(differences: Differences, column: Column) -> Iterator[Regression]:
    for one in differences.obstacles:
        if one.metric == column.key.name and "a" in one.has:
            yield _at(one.pair, one.label, f"cannot be compared: {one.why}")
    yield from dict.fromkeys(_missing(differences, column))


def _missing(differences: Differences, column: Column) -> Iterator[Regression]:
    """Yield the cells that B lacks, and has not answered with another limit or version either."""
    pairing, name = differences.pairing, column.key.name
    answered = {(one.pair.a.method, one.pair.place) for one in differences.cells if one.column.key.name == name}
    answered |= {(one.pair.a.method, one.pair.place) for one in differences.obstacles if one.metric == name and one.has}
    for entry in pairing.only_a:
        if entry.record.means.get(name) is None or (entry.method, place_of(entry)) in answered:
            continue
        group, label = entry.group, column.metric.label
        if entry.method in pairing.methods_only_a:
            yield Regression(entry.method, "", "", label, "B has no such method")
        elif pairing.is_further(entry):
            yield Regression(entry.method, group.dataset, group.mask, label, "B has no number in any form")
        else:
            yield Regression(entry.method, group.dataset, group.mask, label, "B has no such cell")


def _at(pair: CellPair, label: str, what: str) -> Regression:
    return Regression(pair.a.method, pair.place.dataset, pair.place.mask, label, what)


def describe(regression: Regression, pairing: Pairing) -> str:
    """Return one line that says what got worse, and where."""
    where = " × ".join(filter(None, (regression.dataset, regression.mask)))
    whose = regression.method if pairing.kind == "runs" else pairing.b
    parts = filter(None, (regression.metric, whose if regression.method else "", where))
    return f"{' · '.join(parts)}: {regression.what}"
