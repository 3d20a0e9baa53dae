"""What is stored of a cell: the record of it at any moment, and that of a cell whose run left none itself."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.metrics.protocol import PROTOCOL
from inpaintbench.records import CellRecord, Status
from inpaintbench.store import CellWriter


def record_of(
    cell: Cell, status: Status, environment: Mapping[str, Any], error: BaseException | None = None, **counted: Any
) -> CellRecord:
    """Return the record of a cell.

    Args:
        cell: which.
        status: of it.
        environment: the machine's.
        error: why it failed.
        counted: what has been counted and measured: other attributes of the record.
    """
    method, dataset, mask = cell.names
    plugins = {
        "method": str(cell.method.selection.source),
        "dataset": str(cell.dataset.selection.source),
        "mask": str(cell.mask.selection.source),
    }
    learned = {} if cell.checkpoint is None else {"checkpoint": _origin(cell.checkpoint)}
    given: dict[str, Any] = {"scored": 0, "finished": now()} | counted
    return CellRecord(
        key=cell.key,
        status=status,
        method=method,
        dataset=dataset,
        mask=mask,
        size=cell.size,
        seed=cell.seed,
        limit=cell.limit,
        protocol=PROTOCOL,
        identity=cell.identity,
        metrics=tuple(score.column for score in cell.metrics),
        expected=len(cell.dataset.items),
        environment=dict(environment) | {"plugins": plugins} | learned,
        error=None if error is None else {"type": type(error).__name__, "message": _printable(str(error))},
        **given,
    )


def store_failure(
    cell: Cell,
    folder: Path,
    status: Status,
    error: BaseException,
    environment: Mapping[str, Any],
    said: str = "",
    **counted: Any,
) -> CellRecord:
    """Store that a cell has failed whose run could not store it itself; what it had scored is kept.

    Args:
        cell: which.
        folder: of its results.
        status: how it failed.
        error: why.
        environment: the machine's, as far as it is known.
        said: what the run printed at the end.
        counted: what else was measured.

    Raises:
        StoreError: if the folder cannot be written.
    """
    writer = CellWriter(folder).open()
    try:
        batches = list(writer.journal.batches())
        records = [record for batch in batches for record in batch["records"]]
        record = record_of(
            cell,
            status,
            environment,
            error,
            scored=len(records),
            unreadable=tuple(entry for batch in batches for entry in batch["unreadable"]),
            unconverged=sum(one["converged"] is False for one in records),
            clamped=sum(bool(one["clamped"]) for one in records),
            **counted,
        )
        writer.log(f"{now()} {status}\n{type(error).__name__}: {error}")
        if said:
            writer.log(f"It had printed:\n{said}")
        writer.fail(record)
    finally:
        writer.close()
    return record


def now() -> str:
    """Return the time, in UTC, as records have it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _origin(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what is stored of the weights that a method has learned."""
    card = checkpoint.card
    said = {"title": card.title, "size": card.size, "steps": card.steps, "seconds": card.seconds}
    return said | {"sha256": checkpoint.sha256, "shipped": checkpoint.shipped, "warnings": list(card.warnings)}


def _printable(text: str) -> str:
    """Return text that UTF-8 can hold: half a surrogate pair, as in names of files that are no text, becomes `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")
