"""What is stored of a cell and of its images: the numbers, and all that is needed to read them rightly.

`inpaintbench.store` puts these records on disk and reads them back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, Self, get_args

from inpaintbench.errors import StoreError
from inpaintbench.integrity import FIELD as CHECKSUM
from inpaintbench.integrity import sealed, why_damaged
from inpaintbench.json_types import (
    LIST,
    NUMBER_OR_NULL,
    OBJECT,
    OBJECT_OR_NULL,
    SWITCH,
    TEXT,
    WHOLE,
    WHOLE_OR_NULL,
    Expected,
    why_of_other_type,
)
from inpaintbench.schema import FIELD, why_refused

SCHEMA: Final = 2
"""Of `cell.json`: the first had neither a checksum nor `table`."""

IMAGES_SCHEMA: Final = 1
"""Of `images.parquet`."""

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
        decimals: how many are printed; what older plugins asked for beyond 0 to 12 is brought within.
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

    def __post_init__(self) -> None:
        """Bring what nobody could print into bounds: a record must not keep a table from being shown."""
        object.__setattr__(self, "decimals", max(0, min(12, self.decimals)))


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
        timing: `seconds_per_image`, `method_seconds`, `wall_seconds`, `warm_up_images`, and `batch_size`, the last one.
            Where a cell was carried on: all `batch_sizes` that it was made with, and in how many `environments`.
        memory: `peak_bytes` and what it counts.
        environment: versions, device, commit, plugin sources.
        error: type, message and advice of a failure.
        table: `bytes` and `sha256` of the `images.parquet` beside it; empty where there is none.
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
    table: dict[str, Any] = field(default_factory=dict)

    @property
    def ranked(self) -> bool:
        """Whether its numbers may be ranked: complete, all images, none left to do."""
        return self.status == "complete" and self.limit is None and self.scored + len(self.unreadable) == self.expected

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with its schema and its checksum."""
        return sealed(dataclasses.asdict(self) | {FIELD: SCHEMA})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read it back.

        Raises:
            StoreError: if it comes from a newer version of this package, lacks something, holds something of another
                type than was written, or was altered since.
        """
        refuse_newer(document)
        schema = document.get(FIELD, 1)
        bears_checksum = isinstance(schema, int) and schema > 1
        why = why_damaged(document) if bears_checksum else ""
        if why or not bears_checksum:  # else every value is as it was written
            _refuse_other_types(document)
        _refuse_unknown_status(document)
        content = {name: value for name, value in document.items() if name not in (FIELD, CHECKSUM)}
        try:
            metrics = tuple(_one_of_all(MetricColumn(**metric)) for metric in content["metrics"])
            record = cls(**{**content, "metrics": metrics, "unreadable": tuple(content["unreadable"])})
        except (KeyError, TypeError) as error:
            raise StoreError(f"is no record of a cell: {error}") from error
        if why:
            raise StoreError(why)
        return record


@lru_cache(maxsize=1024)
def _one_of_all(column: MetricColumn) -> MetricColumn:
    """Return the first one that was equal: ten thousand cells would hold as many descriptions of the same metrics."""
    return column


def refuse_newer(document: Mapping[str, Any]) -> None:
    """Refuse what this version may misread.

    Raises:
        StoreError: if `document` comes from a newer version of this package, or is not even a JSON object.
    """
    if not isinstance(document, Mapping):
        raise StoreError(f"is no record of a cell: found {document!r}, expected an object")
    if why := why_refused(document.get(FIELD), SCHEMA):
        raise StoreError(why)


_CELL: Final[Mapping[str, Expected]] = {
    **dict.fromkeys(("key", "status", "method", "dataset", "mask", "started", "finished"), TEXT),
    **dict.fromkeys(("size", "seed", "protocol", "expected", "scored", "unconverged", "clamped", "schema"), WHOLE),
    **dict.fromkeys(("identity", "means", "timing", "memory", "environment", "table"), OBJECT),
    **dict.fromkeys(("metrics", "unreadable"), LIST),
    "limit": WHOLE_OR_NULL,
    "error": OBJECT_OR_NULL,
}
_METRIC: Final[Mapping[str, Expected]] = {
    **dict.fromkeys(("name", "plugin", "label", "unit", "weights", "unavailable"), TEXT),
    **dict.fromkeys(("higher_is_better", "ranked"), SWITCH),
    **dict.fromkeys(("decimals", "version"), WHOLE),
}


def _refuse_other_types(document: Mapping[str, Any]) -> None:
    """Refuse a record so edited or damaged that a table would stumble over it. What is absent is not looked at."""
    _check_types(document, _CELL)
    for name, fields in (("metrics", _METRIC), ("unreadable", {"item": TEXT, "reason": TEXT})):
        for position, entry in enumerate(document.get(name, ())):
            where = f"{name}[{position}]"
            _check_types({where: entry}, {where: OBJECT})
            _check_types(entry, fields, f"{where}.")
            if name == "unreadable" and "item" not in entry:
                raise StoreError(f"is no record of a cell: {where} lacks item, the image that it is about")
    error, means, identity = document.get("error") or {}, document.get("means", {}), document.get("identity", {})
    _check_types(error, dict.fromkeys(error, TEXT), "error.")
    _check_types(means, dict.fromkeys(means, NUMBER_OR_NULL), "means.")
    _check_types(document.get("timing", {}), {"seconds_per_image": NUMBER_OR_NULL}, "timing.")
    _check_types(document.get("environment", {}), {"device": OBJECT}, "environment.")
    for part in ("method", "dataset", "mask"):
        _check_types(identity, {part: OBJECT}, "identity.")
        _check_types(identity.get(part, {}), {"version": WHOLE}, f"identity.{part}.")


def _refuse_unknown_status(document: Mapping[str, Any]) -> None:
    """Refuse a record of which nobody would know what it is worth."""
    if document.get("status", "complete") not in get_args(Status):
        expected = ", ".join(get_args(Status))
        raise StoreError(f"is no record of a cell: status is {document['status']!r}, expected one of {expected}")


def _check_types(found: Mapping[str, Any], fields: Mapping[str, Expected], where: str = "") -> None:
    if why := why_of_other_type(found, fields, where):
        raise StoreError(f"is no record of a cell: {why}")
