"""What may not be joined: unequal numbers under equal keys, and answers of different origin to one question.

**Equal keys mean equal numbers.** Of cells of one key, the items, the hashes of each picture and hole, and every metric
are compared. Numbers have to agree to the last bit where both were computed on a CPU of the same name, with as many
threads, the same batch size, and the same versions of everything. Elsewhere (on another processor, and on GPUs, which
add in no fixed order) two numbers a and b are equal if |a − b| ≤ tolerance · max(1, |a|, |b|). The default is about
the last digit that a table prints.

**One question has answers of one origin.** Method, data set, mask, size, seed and limit are the question. Answers that
differ in protocol, code, data, weights or parameters are no result of one benchmark. Of each folder the newest complete
answer counts: older ones are stale there already. Which metrics it has makes no difference, but the same metric has to
be the same code with the same weights.
"""

from __future__ import annotations

import filecmp
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inpaintbench.explaining import Difference, differences
from inpaintbench.merging.survey import Found, Question, Survey
from inpaintbench.records import CellRecord
from inpaintbench.stored import StoredCell

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

TOLERANCE: Final = 1e-4

_HASHES: Final = {"image_hash": "picture", "hole_hash": "hole"}


def unequal(groups: Iterable[Sequence[Found]], tolerance: float) -> Iterator[str]:
    """Yield a sentence for each complete cell that is not equal to the first complete one of its group.

    Args:
        groups: cells of one key each.
        tolerance: for numbers that were not computed alike.

    Raises:
        StoreError: if a table cannot be read.
    """
    for group in groups:
        complete = [cell for cell in group if cell.status == "complete"]
        for other in complete[1:]:
            first = complete[0]
            if first.identity != other.identity:
                why = "have one key, but differ in what it is made of: one of them was altered."
                yield f"{first.title}: {first.folder} and {other.folder} {why}"
            elif why := _disagreement(first.read(), other.read(), tolerance):
                yield f"{first.title}, key {first.place[-1]}: {why}"


def clashing(surveys: Sequence[Survey]) -> list[str]:
    """Return a sentence for each way in which the answers of two folders differ in origin."""
    answers: dict[Question, dict[Path, list[Found]]] = defaultdict(lambda: defaultdict(list))
    for survey in surveys:
        for cell in survey.cells:
            if cell.status == "complete":
                answers[cell.question][survey.source].append(cell)
    found: dict[tuple[Path, Path, tuple[str, ...]], list[str]] = defaultdict(list)
    for by_source in answers.values():
        newest = [max(rivals, key=lambda cell: (cell.finished, cell.place)) for rivals in by_source.values()]
        for first, other in itertools.combinations(newest, 2):
            stale = any(one.place == other.place for one in by_source[first.source]) or any(
                one.place == first.place for one in by_source[other.source]
            )  # one folder holds the answer of the other, and a newer one that has taken its place
            if not stale and not _compatible(first, other):
                reasons = tuple(str(one) for one in _reasons(first, other))
                found[first.source, other.source, reasons].append(first.title)
    return [
        f"{first} and {other} differ in {', '.join(reasons)} ({_cells(titles)}). --allow-different keeps both."
        for (first, other, reasons), titles in found.items()
    ]


def _cells(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{len(titles)} cells, the first: {titles[0]}"


def _compatible(first: Found, other: Found) -> bool:
    """Return whether two answers are of the same completions, and measure them alike where both do."""
    shared = first.metrics.keys() & other.metrics.keys()
    return first.completions == other.completions and all(first.metrics[name] == other.metrics[name] for name in shared)


def _reasons(first: Found, other: Found) -> Iterator[Difference]:
    """Yield in what two answers differ, but for metrics that only one of them has."""
    shared = sorted(first.metrics.keys() & other.metrics.keys())
    there, here = (
        identity | {"metrics": {name: identity["metrics"][name] for name in shared}}
        for identity in (cell.read().record.identity for cell in (first, other))
    )
    return differences(there, here)


def _disagreement(first: StoredCell, other: StoredCell, tolerance: float) -> str:
    """Say in what two complete cells of one key differ; nothing if they are equal."""
    if _same_content(first.folder / "images.parquet", other.folder / "images.parquet"):
        return ""
    one, two = (cell.images().set_index("item") for cell in (first, other))
    for cell, its, table in ((first, one, two), (other, two, one)):
        if len(missing := its.index.difference(table.index, sort=False)):
            return f"only {cell.folder} has numbers of {missing[0]}."
    two = two.reindex(one.index)
    for column, word in _HASHES.items():
        if column in one and column in two and len(others := one.index[one[column] != two[column]]):
            return f"the {word} of {others[0]} is not the same in {first.folder} and in {other.folder}."
    alike = _computed_alike(first.record, other.record)
    for metric in (metric.name for metric in first.record.metrics if not metric.unavailable):
        a, b = _numbers(one, metric), _numbers(two, metric)
        if len(differing := (~_close(a, b, 0.0 if alike else tolerance)).nonzero()[0]):
            at = differing[0]
            allowed = "computed alike, they have to be equal" if alike else f"tolerance {tolerance:g}"
            return (
                f"{metric} of {one.index[at]} is {a[at]} in {first.folder} and {b[at]} in {other.folder} ({allowed})."
            )
    return ""


def _same_content(first: Path, other: Path) -> bool:
    """Return whether one is a copy of the other, which spares the reading of tables."""
    try:
        return filecmp.cmp(first, other, shallow=False)
    except OSError:
        return False


def _computed_alike(first: CellRecord, other: CellRecord) -> bool:
    """Return whether not even the last digits may differ: a cell that was carried on may be of several makings."""
    one, two = first.environment, other.environment
    times = first.timing, other.timing
    sizes = {size for timing in times for size in timing.get("batch_sizes", [timing.get("batch_size")])}
    return (
        (one.get("device") or {}).get("type") == "cpu"
        and one["device"] == two.get("device")
        and bool(one.get("versions"))
        and one["versions"] == two.get("versions")
        and len(sizes) == 1
        and all(timing.get("environments", 1) == 1 for timing in times)
    )


def _numbers(table: pd.DataFrame, metric: str) -> NDArray[np.float64]:
    """Return a column, NaN where it has no number."""
    import numpy as np

    if metric not in table:
        return np.full(len(table), np.nan)
    return table[metric].to_numpy(dtype=np.float64, na_value=np.nan)


def _close(a: NDArray[np.float64], b: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """Return where two numbers are as good as equal; infinities and NaN are equal to their like alone."""
    import numpy as np

    with np.errstate(invalid="ignore"):  # inf − inf
        near = np.abs(a - b) <= tolerance * np.maximum(1, np.maximum(np.abs(a), np.abs(b)))
    equal: NDArray[np.bool_] = (a == b) | (np.isnan(a) & np.isnan(b)) | (near & np.isfinite(a) & np.isfinite(b))
    return equal
