"""What is stored of a cell: the record of it at any moment, and that of a cell whose run left none itself."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from inpaintbench.cell_writer import CellWriter
from inpaintbench.checkpoints import Checkpoint
from inpaintbench.execution.evaluating.tally import Tally
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.metrics.protocol import PROTOCOL
from inpaintbench.records import CellRecord, Status

LONGEST_MESSAGE: Final = 10_000
"""Characters of an error's message that are kept."""


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
        error=None if error is None else {"type": type(error).__name__, "message": capped(_printable(text_of(error)))},
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
        record = record_of(cell, status, environment, error, **Tally.of(writer.journal).counts, **counted)
        writer.log(f"{now()} {status}\n{type(error).__name__}: {capped(text_of(error))}")
        if said:
            writer.log(f"It had printed:\n{said}")
        writer.fail(record)
    finally:
        writer.close()
    return record


def text_of(error: BaseException) -> str:
    """Return what an error says, even if it is one whose own code for that fails."""
    try:
        return str(error)
    except Exception as another:
        return f"What it says cannot be had: its __str__ raises {type(another).__name__}."


def capped(text: str, tail: int = 0) -> str:
    """Return text with what is too long for a file that people read left out, which is said.

    Args:
        text: what may be too long.
        tail: characters of its end that are kept besides those of its beginning.
    """
    left_out = len(text) - LONGEST_MESSAGE - tail
    if left_out <= 0:
        return text
    said = f" … [{left_out:,} characters are left out] … "
    return text[:LONGEST_MESSAGE] + (said + text[-tail:] if tail else said.rstrip(" …"))


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
