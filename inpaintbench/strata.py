"""Which method is best on which images: the images of each group in strata, by hole ratio or by class.

A leaderboard averages over all images of a cell; here the records of the single images are read again and averaged
within strata. Groups are never pooled: a stratum is part of one group. The bands of the hole ratio are those by which
the field reports irregular holes (Liu et al. 2018, arXiv 1804.07723, section 4.1): open below, closed above.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from inpaintbench.columns import Column, ColumnKey, column_key
from inpaintbench.errors import StoreError, UsageError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import Score, natural, rank_scores
from inpaintbench.records import MetricColumn
from inpaintbench.stored import StoredCell, open_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

Key = Literal["hole_ratio", "class"]
"""The column of `images.parquet` by which images are told apart."""

EDGES: Final = (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
BANDS: Final = (
    f"≤ {EDGES[0]}",
    *(f"({low}, {high}]" for low, high in itertools.pairwise(EDGES)),
    f"> {EDGES[-1]}",
)
"""Names of the bands of the hole ratio, in order."""


@dataclass(frozen=True)
class StratumScore:
    """One method's number in one stratum.

    Attributes:
        score: mean over the stratum's images, with its rank and place among the ranked methods of the stratum.
        images: over how many the mean is; NaN and null are left out.
    """

    score: Score
    images: int


@dataclass(frozen=True)
class Stratum:
    """Images of one group that have something in common.

    Attributes:
        name: one of `BANDS`, or a class; None for images of which it is not known.
        images: how many there are; the most that any method has.
        scores: by method; one that has no image of the stratum has no entry.
    """

    name: str | None
    images: int
    scores: Mapping[str, StratumScore]


@dataclass(frozen=True)
class Strata:
    """The strata of a leaderboard's groups.

    Attributes:
        by: what tells the images apart.
        found: the strata of each group and metric that have images, in order: bands by ratio, classes by name with
            numbers by value, images without either last.
        unknown: entries of whose images nothing is known by which to tell them apart.
        unread: entries with metrics whose numbers of each image cannot be read, and why.
    """

    by: Key
    found: Mapping[tuple[Group, ColumnKey], tuple[Stratum, ...]]
    unknown: tuple[Entry, ...]
    unread: tuple[tuple[Entry, str], ...]

    def of(self, group: Group, column: Column) -> tuple[Stratum, ...]:
        """Return the strata of one group in one metric; none if no image's numbers could be read."""
        return self.found.get((group, column.key), ())


@dataclass(frozen=True)
class _Part:
    """One cell's images of one stratum: how many, how many have a number, and the mean of those."""

    images: int
    scored: int
    mean: float | None


_Parts = dict[str | None, _Part]


def stratify(leaderboard: Leaderboard, by: Key, columns: Sequence[Column]) -> Strata:
    """Read the images of all complete cells, one column of one cell at a time, and average them within strata.

    Methods are ranked within a stratum if their entry is `ranked` and they have all images of the stratum.

    Args:
        leaderboard: what to read.
        by: what tells the images apart.
        columns: the metrics to average.

    Raises:
        UsageError: if images were read, and none of them has a class to be told apart by.
    """
    found: dict[tuple[Group, ColumnKey], tuple[Stratum, ...]] = {}
    unknown: list[Entry] = []
    unread: list[tuple[Entry, str]] = []
    for group, entries in leaderboard.by_group.items():
        parts: dict[ColumnKey, dict[str, _Parts]] = {column.key: {} for column in columns}
        for entry in entries:
            if entry.record.status == "complete":
                metrics = _metrics(entry, parts)
                read, reason = _read(entry, by, list(metrics.values()))
                if reason:
                    unread.append((entry, reason))
                if read and all(set(one) <= {None} for one in read.values()):
                    unknown.append(entry)
                for key, metric in metrics.items():
                    if metric.name in read:
                        parts[key][entry.method] = read[metric.name]
        for key, cells in parts.items():
            if cells:
                found[group, key] = _ranked(entries, key, cells, by, leaderboard.columns)
    if by == "class" and found and not any(one.name is not None for strata in found.values() for one in strata):
        raise UsageError(
            "No image of these results has a class: the data sets tell none, or the results are older than the classes "
            "of their data sets. Choose results of a data set with classes, run these again (`bench run --rerun all`), "
            "or tell the images apart by hole_ratio."
        )
    return Strata(by, found, tuple(unknown), tuple(unread))


def _metrics(entry: Entry, wanted: Collection[ColumnKey]) -> dict[ColumnKey, MetricColumn]:
    """Return the wanted metrics that an entry has been scored with."""
    metrics = {column_key(one, entry.group.protocol): one for one in entry.record.metrics if not one.unavailable}
    return {key: one for key, one in metrics.items() if key in wanted}


def _read(entry: Entry, by: Key, metrics: Sequence[MetricColumn]) -> tuple[dict[str, _Parts], str]:
    """Return the strata of one entry for each metric by name, and why some are missing; empty if none is.

    A metric that the shown cell's file lacks is looked for in the other results of the same completions.
    """
    read: dict[str, _Parts] = {}
    reasons = []
    for cell in (entry.cell, *entry.others):
        own = cell is entry.cell  # its record has the metrics of the others too
        names = [one.name for one in metrics if one.name not in read and (own or one in cell.record.metrics)]
        if names:
            try:
                read |= _read_file(cell, by, names)
            except StoreError as error:
                reasons.append(str(error))
    missing = [one.name for one in metrics if one.name not in read]
    if missing and not reasons:
        reasons.append(f"{entry.cell.folder / 'images.parquet'} has no {', '.join(missing)}")
    return read, "; ".join(reasons) if missing else ""


def _read_file(cell: StoredCell, by: Key, names: Sequence[str]) -> dict[str, _Parts]:
    """Return the strata of those metrics that the cell's file has.

    Raises:
        StoreError: if the file is absent or damaged, or is not of the images that the cell's record counts.
    """
    import pyarrow as pa

    path = cell.table
    cell.verify()
    try:
        with open_images(path) as file:
            if file.metadata.num_rows != cell.record.scored:
                raise ValueError(f"it has {file.metadata.num_rows} images, and cell.json {cell.record.scored}")
            present = set(file.schema_arrow.names)
            codes, labels = stratum_codes(file.read([by]).column(by) if by in present else None, by, cell.record.scored)
            order = np.argsort(codes, kind="stable")
            kinds, starts = np.unique(codes[order], return_index=True)
            stratum_names = [labels[kind] if kind >= 0 else None for kind in kinds]
            read: dict[str, _Parts] = {}
            for name in names:
                if name in present:
                    numbers = file.read([name]).column(name).cast(pa.float64()).to_numpy()[order]
                    pieces = np.split(numbers, starts[1:]) if len(numbers) else []
                    read[name] = {label: _part(piece) for label, piece in zip(stratum_names, pieces, strict=True)}
            return read
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error


def stratum_codes(column: Any, by: Key, images: int) -> tuple[NDArray[np.intp], Sequence[str]]:
    """Return for each image the position of its stratum's name in a list, -1 where it has none; and that list."""
    import pyarrow as pa

    if column is None:
        return np.full(images, -1, dtype=np.intp), ()
    if by == "hole_ratio":
        ratios = column.cast(pa.float64()).to_numpy()
        return np.where(np.isnan(ratios), -1, np.searchsorted(EDGES, ratios, side="left")).astype(np.intp), BANDS
    coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    classes = coded.dictionary.to_pylist()
    positions = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    if "" in classes:
        positions[positions == classes.index("")] = -1  # what a data set says of an image without a class
    return positions, classes


def _part(numbers: NDArray[np.float64]) -> _Part:
    """Average one stratum as `records.mean_scores` does a cell: the sum is exact, so that no order changes it."""
    kept = numbers[~np.isnan(numbers)].tolist()
    return _Part(len(numbers), len(kept), math.fsum(kept) / len(kept) if kept else None)


def _ranked(
    entries: Sequence[Entry], key: ColumnKey, cells: Mapping[str, _Parts], by: Key, columns: Sequence[Column]
) -> tuple[Stratum, ...]:
    """Return the strata of one group in one metric, with the methods ranked in each."""
    most: dict[str | None, int] = {}
    for parts in cells.values():
        for name, part in parts.items():
            most[name] = max(most.get(name, 0), part.images)
    records, ranked = {}, set()
    for entry in (one for one in entries if one.method in cells):
        metric = _metrics(entry, {key})[key]
        for name, part in cells[entry.method].items():
            means = {metric.name: part.mean}
            records[name, entry.method] = dataclasses.replace(entry.record, metrics=(metric,), means=means)
            if entry.standing == "ranked" and part.images == most[name]:
                ranked.add((name, entry.method))
    scores = rank_scores(records, ranked, columns).scores
    return tuple(
        Stratum(
            name,
            most[name],
            {
                method: StratumScore(scores[name, method].get(key, Score()), parts[name].scored)
                for method, parts in cells.items()
                if name in parts
            },
        )
        for name in sorted(most, key=lambda name: _order(name, by))
    )


def _order(name: str | None, by: Key) -> tuple[object, ...]:
    if name is None:
        return (1,)
    return 0, BANDS.index(name) if by == "hole_ratio" else natural(name)
