"""What is stored of a cell and of its images: the numbers, and all that is needed to read them rightly.

`inpaintbench.store` puts these records on disk and reads them back.
"""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from inpaintbench.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

SCHEMA: Final = 1
Status = Literal["complete", "incomplete", "failed", "oom", "timeout", "invalid-output"]
"""`incomplete`: running, or interrupted; what it has scored is kept and taken up by the next run."""

ImageRecord = Mapping[str, str | int | float | bool | None]
"""The numbers of one image: `item`, `index`, one entry a metric, `seconds`, `clamped`, `converged`,
diagnostics."""


@dataclass(frozen=True, kw_only=True)
class MetricColumn:
    """What is needed to read one metric's numbers: they share a column with others only where all of it agrees.

    Attributes:
        name: the metric with its parameters; the column of `images.parquet`.
        plugin: its name without parameters.
        label: the head of a table's column.
        unit: such as dB.
        higher_is_better: the direction.
        decimals: how many are printed.
        ranked: whether it counts for the mean rank.
        version: of the metric's code.
        weights: SHA-256 of its pretrained weights; empty if it has none.
        unavailable: why nothing was scored; empty if it was.
    """

    name: str
    plugin: str
    label: str
    unit: str
    higher_is_better: bool
    decimals: int
    ranked: bool
    version: int
    weights: str = ""
    unavailable: str = ""


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """The content of `cell.json`.

    Attributes:
        key: hash of `identity`.
        status: `complete`, `incomplete`, or how it failed.
        method: the selector with its parameters; so are `dataset` and `mask`.
        size: of the square images, in pixels.
        seed: of the suite.
        limit: at most so many images were taken; None for all.
        protocol: version of the scoring protocol.
        identity: everything that the numbers depend on.
        metrics: one entry a column of scores.
        expected: images that the cell is about, after `limit`.
        scored: images that have numbers.
        unreadable: images that could not be decoded, with the reason.
        unconverged: images on which the method stopped at a limit.
        clamped: images of which the method returned values outside [0, 1].
        means: mean over the scored images for each metric (NaN left out; None where there is nothing to
            average).
        timing: `seconds_per_image`, `method_seconds`, `wall_seconds`, `batch_size`, `warm_up_images`.
        memory: `peak_bytes` and what it counts.
        environment: versions, device, commit, plugin sources.
        error: type, message and advice of a failure.
    """

    key: str
    status: Status
    method: str
    dataset: str
    mask: str
    size: int
    seed: int
    limit: int | None
    protocol: int
    identity: dict[str, Any]
    metrics: tuple[MetricColumn, ...]
    expected: int
    scored: int
    unreadable: tuple[dict[str, str], ...] = ()
    unconverged: int = 0
    clamped: int = 0
    means: dict[str, float | None] = field(default_factory=dict)
    timing: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    error: dict[str, str] | None = None
    started: str = ""
    finished: str = ""
    schema: int = SCHEMA

    @property
    def ranked(self) -> bool:
        """Whether its numbers may be ranked: complete, all images, none left to do."""
        return self.status == "complete" and self.limit is None and self.scored + len(self.unreadable) == self.expected

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read it back.

        Raises:
            StoreError: if it comes from a newer version of this package, lacks something, or holds something of
                another type than was written.
        """
        refuse_newer(document)
        _refuse_other_types(document)
        try:
            metrics = tuple(MetricColumn(**metric) for metric in document["metrics"])
            return cls(**{**document, "metrics": metrics, "unreadable": tuple(document["unreadable"])})
        except (KeyError, TypeError) as error:
            raise StoreError(f"is no record of a cell: {error}") from error


def refuse_newer(document: Mapping[str, Any]) -> None:
    """Refuse what this version may misread.

    Raises:
        StoreError: if `document` comes from a newer version of this package, or is not even a JSON object.
    """
    if not isinstance(document, Mapping):
        raise StoreError(f"is no record of a cell: found {_in_json(document)}, expected an object")
    found = document.get("schema")
    if isinstance(found, int) and found > SCHEMA:
        raise StoreError(f"was written by a newer inpaintbench (schema {found}, this one reads up to {SCHEMA})")


_NULL: Final = type(None)
_LIST: Final = (list, tuple)  # a tuple before it has passed through JSON
_IN_JSON: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text", dict: "an object"} | {
    list: "a list",
    _NULL: "null",
}
_TEXTS: Final = ("key", "status", "method", "dataset", "mask", "started", "finished")
_COUNTS: Final = ("size", "seed", "protocol", "expected", "scored", "unconverged", "clamped", "schema")
_OBJECTS: Final = ("identity", "means", "timing", "memory", "environment")
_CELL_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    **dict.fromkeys(_TEXTS, (str,)),
    **dict.fromkeys(_COUNTS, (int,)),
    **dict.fromkeys(_OBJECTS, (dict,)),
    "limit": (int, _NULL),
    "metrics": _LIST,
    "unreadable": _LIST,
    "error": (dict, _NULL),
}
_METRIC_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    **dict.fromkeys(("name", "plugin", "label", "unit", "weights", "unavailable"), (str,)),
    **dict.fromkeys(("higher_is_better", "ranked"), (bool,)),
    **dict.fromkeys(("decimals", "version"), (int,)),
}
_NUMBER: Final = (float, int, _NULL)


def _refuse_other_types(document: Mapping[str, Any]) -> None:
    """Refuse a record edited or damaged so that what reads it would stumble. What is absent is not looked at."""
    _check_types(document, _CELL_TYPES)
    if document.get("status", "complete") not in get_args(Status):
        expected = ", ".join(get_args(Status))
        raise StoreError(f"is no record of a cell: status is {document['status']!r}, expected one of {expected}")
    for name, entry_types in (("metrics", _METRIC_TYPES), ("unreadable", {"item": (str,), "reason": (str,)})):
        for position, entry in enumerate(document.get(name, ())):
            _check_types({f"{name}[{position}]": entry}, {f"{name}[{position}]": (dict,)})
            _check_types(entry, entry_types, f"{name}[{position}].")
    _check_types(document.get("error") or {}, dict.fromkeys(document.get("error") or {}, (str,)), "error.")
    _check_types(document.get("means", {}), dict.fromkeys(document.get("means", {}), _NUMBER), "means.")
    _check_types(document.get("timing", {}), {"seconds_per_image": _NUMBER}, "timing.")
    _check_types(document.get("environment", {}), {"device": (dict,)}, "environment.")
    identity = document.get("identity", {})
    _check_types(identity, dict.fromkeys(("method", "dataset", "mask"), (dict,)), "identity.")
    for name in ("method", "dataset", "mask"):
        _check_types(identity.get(name, {}), {"version": (int,)}, f"identity.{name}.")


def _check_types(found: Mapping[str, Any], types: Mapping[str, tuple[type, ...]], where: str = "") -> None:
    for name, expected in types.items():
        # isinstance would take true for a whole number
        if name in found and type(found[name]) not in expected:
            words = " or ".join(_IN_JSON[one] for one in expected if one in _IN_JSON and (one, float) != (int, expected[0]))
            raise StoreError(f"is no record of a cell: {where}{name} is {_in_json(found[name])}, expected {words}")


def _in_json(value: object) -> str:
    """Name the type of a value as JSON does."""
    return _IN_JSON.get(type(value), type(value).__name__)


@dataclass(frozen=True)
class StoredCell:
    """A cell as it lies on disk."""

    folder: Path
    record: CellRecord

    def images(self) -> pd.DataFrame:
        """Return one row an image, in the data set's order. Empty for a failure.

        Raises:
            StoreError: if `images.parquet` is absent or damaged.
        """
        import pandas as pd

        if self.record.status != "complete":
            return pd.DataFrame({"item": []})
        path = self.folder / "images.parquet"
        try:
            return pd.read_parquet(path).sort_values("index", kind="stable", ignore_index=True)
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(f"{path} cannot be read: {error}") from error


def mean_scores(images: Path, metrics: Sequence[MetricColumn]) -> dict[str, float | None]:
    """Average each metric over the rows of a Parquet file, NaN and null left out; None where nothing is left.

    The sum is exact, so that no order of the rows changes it.
    """
    import pyarrow.parquet as pq

    means: dict[str, float | None] = {}
    with pq.ParquetFile(images) as file:
        present = set(file.schema_arrow.names)
        for name in (metric.name for metric in metrics):
            column = _numbers(file, name) if name in present else []
            means[name] = math.fsum(column) / len(column) if column else None
    return means


def _numbers(file: pq.ParquetFile, name: str) -> array[float]:
    """Return a column without its NaN and null, read some rows at a time."""
    numbers = array("d")
    for rows in file.iter_batches(columns=[name]):
        numbers.extend(value for value in rows.column(0).to_pylist() if value is not None and not math.isnan(value))
    return numbers
