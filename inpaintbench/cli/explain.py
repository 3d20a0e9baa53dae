"""`bench explain`: what a stored cell's key is made of, and what differs from the nearest other one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inpaintbench.store import Store
from inpaintbench.suite import DEFAULT

if TYPE_CHECKING:
    from inpaintbench.explaining import Explanation
    from inpaintbench.records import CellRecord
    from inpaintbench.stored import StoredCell


@click.command("explain")
@click.argument("cell", metavar="CELL")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("results") / DEFAULT,
    show_default=True,
    metavar="DIR",
    help="The results folder in which a key is looked for.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain_command(cell: str, out: Path, as_json: bool) -> None:
    """Say what the key of a stored CELL is made of, and in what the cell differs from the nearest other one.

    CELL is a cell's folder, the path of its cell.json, or a key, of which the beginning is enough.
    """
    from inpaintbench.explaining import explain, find_cell
    from inpaintbench.report.sheet import clean

    explanation = explain(find_cell(cell, Store(out)))
    if as_json:
        click.echo(json.dumps(explanation.to_json(), indent=1, ensure_ascii=False))
        return
    for line in _lines(explanation):
        click.echo(clean(line))


def _lines(explanation: Explanation) -> Iterator[str]:
    record = explanation.cell.record
    yield f"{record.method} × {record.dataset} × {record.mask}"
    yield from _columns(_about(explanation))
    yield ""
    yield f"The key {record.key} is made of"
    yield from _columns(_identity(record.identity))
    yield ""
    yield from _nearest(explanation)


def _about(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield what is known of the cell besides its key."""
    from inpaintbench.report.sheet import shorten

    record = explanation.cell.record
    yield "status", _state(record)
    if record.error:
        yield "error", shorten(_error(record.error))
    if explanation.later_failure:
        yield "later", f"another attempt has failed: {shorten(_error(explanation.later_failure))}"
    if record.finished:
        yield "finished", record.finished
    if where := _environment(record.environment):
        yield "made on", f"{where} (no part of the key)"
    yield "folder", str(explanation.cell.folder)
    if explanation.log:
        yield "log", str(explanation.log)


def _identity(identity: dict[str, Any]) -> Iterator[tuple[str, str]]:
    from inpaintbench.explaining import shown

    for name, value in identity.items():
        if name != "metrics" or not isinstance(value, dict):
            yield name, shown(value)
            continue
        for position, metric in enumerate(value.values()):
            yield "" if position else name, shown(metric)


def _nearest(explanation: Explanation) -> Iterator[str]:
    if explanation.nearest is None:
        yield "No other cell of the same method, data set and mask is stored beside it."
        return
    nearest = explanation.nearest.record
    question = "the same" if explanation.same_question else "another"
    yield f"Nearest to it, of {question} size, seed and limit: {nearest.key} ({_named(explanation.nearest)})"
    if not explanation.differences:
        yield "  Nothing that a key is made of differs."
        return
    yield "What differs, there → here:"
    yield from (f"  {one}" for one in explanation.differences)


def _named(cell: StoredCell) -> str:
    return ", ".join(filter(None, [_state(cell.record), cell.record.finished and f"finished {cell.record.finished}"]))


def _state(record: CellRecord) -> str:
    return f"{record.status}, {record.scored} of {record.expected} images"


def _error(error: Any) -> str:
    return f"{error.get('type', 'error')}: {error.get('message', '')}"


def _environment(environment: dict[str, Any]) -> str:
    """Return device, versions of what computes, and commit, as far as they are stored."""
    device, versions = environment.get("device") or {}, environment.get("versions") or {}
    parts = [f"{device.get('type', '')} {device.get('name', '')}".strip()]
    parts += [f"{name} {versions[name]}" for name in ("inpaintbench", "torch", "python") if name in versions]
    commit, _, changes = str(environment.get("commit") or "").partition("+")
    parts.append(f"commit {commit[:8]}{'+' if changes else ''}{changes}" if commit else "")
    return ", ".join(filter(None, parts))


def _columns(rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Yield the rows as lines whose second columns stand below each other."""
    found = list(rows)
    width = max((len(name) for name, _ in found), default=0)
    yield from (f"  {name:{width}}  {text}".rstrip() for name, text in found)
