"""Which scores may share a column of a table, and what that column is called.

Numbers of one metric share a column only if they come from the same version of the metric, the same weights
and the same scoring protocol. Columns whose labels or names would otherwise read alike are told apart by what
differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from inpaintbench.records import CellRecord, MetricColumn

STANDARD: Final = ("psnr", "ssim", "lpips", "l1", "psnr_hole", "l1_hole")
"""The metrics of the scoring protocol, in the order of a table's columns. Others follow."""


class ColumnKey(NamedTuple):
    """What has to agree for two numbers to stand in one column."""

    name: str
    protocol: int
    version: int
    weights: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of scores.

    Attributes:
        key: what all its numbers agree in.
        metric: how it is read; of the newest record, where older ones print it differently.
        label: the head of the column in a printed table, unlike any other column's.
        name: the metric with its parameters, unlike any other column's.
        field: the name in a CSV file: the plugin's name where it has one column only, else `name`.
    """

    key: ColumnKey
    metric: MetricColumn
    label: str
    name: str
    field: str

    @property
    def arrow(self) -> str:
        """The direction in which it gets better."""
        return "↑" if self.metric.higher_is_better else "↓"


def column_key(metric: MetricColumn, protocol: int) -> ColumnKey:
    """Return what identifies the column of this metric in a cell of this protocol."""
    return ColumnKey(metric.name, protocol, metric.version, metric.weights)


def name_columns(records: Sequence[CellRecord]) -> tuple[Column, ...]:
    """Return the columns that these records fill, in order.

    A metric that was unavailable everywhere (its weights are missing, say) has a column, which stays empty;
    one that was available somewhere has no further column for the cells that lack it.
    """
    metrics: dict[ColumnKey, MetricColumn] = {}
    for record in sorted(records, key=lambda record: record.finished):
        for metric in record.metrics:
            key = column_key(metric, record.protocol)
            if key not in metrics or not metric.unavailable:
                metrics[key] = metric
    available = {(key.name, key.protocol) for key, metric in metrics.items() if not metric.unavailable}
    kept = {
        key: metric
        for key, metric in metrics.items()
        if not metric.unavailable or (key.name, key.protocol) not in available
    }
    keys = sorted(kept, key=lambda key: (_position(kept[key].plugin), key))
    labels = _tell_apart({key: kept[key].label for key in keys})
    names = _tell_apart({key: key.name for key in keys})
    plugins = [kept[key].plugin for key in keys]
    return tuple(
        Column(
            key=key,
            metric=kept[key],
            label=labels[key],
            name=names[key],
            field=kept[key].plugin if plugins.count(kept[key].plugin) == 1 else names[key],
        )
        for key in keys
    )


def _position(plugin: str) -> tuple[int, str]:
    return (STANDARD.index(plugin), "") if plugin in STANDARD else (len(STANDARD), plugin)


def _tell_apart(texts: dict[ColumnKey, str]) -> dict[ColumnKey, str]:
    """Append to texts that occur more than once what their columns differ in."""
    rivals: dict[str, list[ColumnKey]] = defaultdict(list)
    for key, text in texts.items():
        rivals[text].append(key)
    told = dict(texts)
    for text, keys in rivals.items():
        if len(keys) > 1:
            for key in keys:
                told[key] = f"{text} {' '.join(_differences(key, keys))}"
    return told


def _differences(key: ColumnKey, rivals: Sequence[ColumnKey]) -> list[str]:
    parts = []
    if len({rival.name for rival in rivals}) > 1:
        parts.append(key.name)
    if len({rival.protocol for rival in rivals}) > 1:
        parts.append(f"protocol {key.protocol}")
    if len({rival.version for rival in rivals}) > 1:
        parts.append(f"version {key.version}")
    hashes = {rival.weights for rival in rivals}
    if len(hashes) > 1:
        digits = next((n for n in range(6, 64) if len({one[:n] for one in hashes}) == len(hashes)), 64)
        parts.append(key.weights[:digits] or "no weights")
    return parts
