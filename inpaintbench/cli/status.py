"""`bench status`: how far a run is that goes on elsewhere, in another terminal or on another machine."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from inpaintbench.errors import StoreError, UsageError
from inpaintbench.suite import DEFAULT

if TYPE_CHECKING:
    from inpaintbench.logbook import RunSeen
    from inpaintbench.status import CellSeen, Overview

_SHOWN: Final = 20
"""So many cells that failed are named, and cells that are running; `--json` names all."""

_LONGEST: Final = 300
"""So many characters of a failure's message are shown; `report.sheet` does it alike, but imports pandas."""

_RECENT: Final = datetime.timedelta(days=1)
"""An older run that may still live is shown if it was heard of since so long."""


@click.command("status")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def status_command(context: click.Context, folder: Path | None, as_json: bool) -> None:
    """Say how far the runs in DIR (default: of the embedded suite) are. Reads the disk alone, and disturbs nobody.

    The exit code is 1 if something there cannot be read.
    """
    from inpaintbench.status import look

    folder = folder or Path("results") / DEFAULT
    if not any((folder / name).is_dir() for name in ("cells", "runs")):
        raise UsageError(f"{folder} holds no results: expected a folder with cells/ or runs/ below it.")
    problems: list[StoreError] = []
    overview = look(folder, problems)
    for problem in problems:
        click.echo(f"bench: {problem}", err=True)
    if as_json:
        click.echo(json.dumps(_document(overview, problems), indent=1))  # names of odd files are no Unicode
    else:
        for line in _lines(overview):
            click.echo(line)
    if problems or overview.unreadable:
        context.exit(1)


def _lines(overview: Overview) -> Iterator[str]:
    for run in overview.runs:
        silent = run.state == "silent" and overview.at - (run.beaten or run.started) < _RECENT
        if run.state == "running" or silent or run is overview.newest:
            yield from _run_lines(run, overview.at, overview.nothing_left and run is overview.planned_by)
    if overview.planned_by is None:
        yield f"{_why_stored(overview)}; these are all the stored cells."
    yield ""
    for state, number in overview.counts.items():
        yield f"{number:8,} {state}"
    number = len(overview.cells)
    total = f"{number:,} cell{'s' * (number != 1)}"
    share = f" ({100 * overview.done_images // overview.planned_images} %)" if overview.planned_images else ""
    yield f"{total}; {overview.done_images:,} of {overview.planned_images:,} images{share} are done."
    if overview.seconds_left is not None:
        yield f"At this pace it takes about {_span(overview.seconds_left)} more."
    failures = overview.failures
    for seen in failures[:_SHOWN]:
        why = f": {_plain(seen.why)}" if seen.why else ""
        yield f"{seen.state}  {_plain(seen.cell.title)}{why}"
    if len(failures) > _SHOWN:
        yield f"… and {len(failures) - _SHOWN:,} more that failed; --json names them."


def _why_stored(overview: Overview) -> str:
    """Say why the cells are not those of a run."""
    if overview.newest is not None:
        return f"What run {int(overview.newest.folder.name)} is to do cannot be read"
    if overview.lost.isdecimal():
        return f"Run {int(overview.lost)}, the newest, cannot be read"
    return "What runs have left here cannot be read" if overview.lost else "No run has left word here"


def _run_lines(run: RunSeen, at: datetime.datetime, nothing_left: bool) -> Iterator[str]:
    where = f"process {run.pid} on {_plain(run.host)}"
    since = f"since {_clock(run.started)} ({_span((at - run.started).total_seconds())})"
    beat = f"last heard of {_span((at - run.beaten).total_seconds())} ago" if run.beaten else "not heard of yet"
    end, begun = f"at {_clock(run.finished)}", f"begun {_clock(run.started)}"
    again = (
        "All its cells are stored; nothing is left to do." if nothing_left else "The same command goes on from there."
    )
    perhaps = again if nothing_left else "If it was, the same command goes on from there."
    said = {
        "running": f"is running: {where}, {since}, {beat}.",
        "silent": f"may have been killed: {where}, {begun}, {beat}. {perhaps}",
        "ended": f"has ended {end}: {where}, {begun}.",
        "interrupted": f"was interrupted {end}: {where}, {begun}. {again}",
        "killed": f"was killed: {where}, {begun}, {beat}. {again}",
    }
    yield f"Run {int(run.folder.name)} of {_plain(run.suite)} {said[run.state]}"
    for title in run.now[:_SHOWN]:
        when = "now" if run.state == "running" else "at that time"
        yield f"  {when}: {_plain(title)}" + (", which gives no sign of life" if title in run.silent else "")
    if len(run.now) > _SHOWN:
        yield f"  and {len(run.now) - _SHOWN:,} more"


def _plain(text: str) -> str:
    r"""Return a text in one line that a terminal obeys in nothing, and of a long one the beginning.

    >>> _plain("one\n two\x1b[1m")
    'one two?[1m'
    """
    line = "".join(one if one.isprintable() else "?" for one in " ".join(text.split()))
    return line if len(line) <= _LONGEST else line[:_LONGEST].rstrip() + "…"


def _clock(time: datetime.datetime | None) -> str:
    """Write a time as the clock of this place shows it."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S") if time else "–"


def _span(seconds: float) -> str:
    """Write how long something takes, in its two largest units.

    >>> _span(-1), _span(59.6), _span(3725), _span(90_000)
    ('0 s', '1 min 0 s', '1 h 2 min', '1 d 1 h')
    """
    left = max(0, round(seconds))
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if left >= length or parts or unit == "s":
            parts.append(f"{left // length} {unit}")
            left %= length
    return " ".join(parts[:2])


def _document(overview: Overview, problems: Sequence[StoreError]) -> dict[str, Any]:
    return {
        "at": overview.at.isoformat(timespec="seconds"),
        "runs": [_run_document(run) for run in overview.runs],
        "cells_of": overview.planned_by and overview.planned_by.folder.name,
        "cells": overview.counts,
        "images": {"planned": overview.planned_images, "done": overview.done_images},
        "seconds_left": overview.seconds_left,
        "running": [_cell_document(seen) for seen in overview.cells if seen.state == "running"],
        "failures": [_cell_document(seen) for seen in overview.failures],
        "problems": [*map(str, problems), *(seen.why for seen in overview.unreadable)],
    }


def _run_document(run: RunSeen) -> dict[str, Any]:
    times = {"started": run.started, "beaten": run.beaten, "finished": run.finished}
    return (
        {"id": run.folder.name, "suite": run.suite, "host": run.host, "pid": run.pid, "state": run.state}
        | {name: time and time.isoformat(timespec="milliseconds") for name, time in times.items()}
        | {"now": run.now, "silent": run.silent, "counts": dict(run.counts)}
    )


def _cell_document(seen: CellSeen) -> dict[str, Any]:
    cell = seen.cell
    return (
        {"method": cell.method, "dataset": cell.dataset, "mask": cell.mask, "key": cell.key}
        | {"state": seen.state, "images": cell.images, "done": seen.done}
        | {"why": seen.why, "folder": str(seen.folder)}
    )
