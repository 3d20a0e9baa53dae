"""`bench merge`: the results of several machines, in one folder."""

from __future__ import annotations

import math
from pathlib import Path

import click

from inpaintbench.merging import TOLERANCE, Merged, Tally, merge


@click.command("merge")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR...")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The joined results; may exist, and may be one of the folders.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    default=TOLERANCE,
    show_default=True,
    help="Numbers of one key from different processors may differ by so much, relative or absolute.",
)
@click.option(
    "--allow-different",
    is_flag=True,
    help="Keep side by side what differs in protocol, code, data or weights, in place of refusing it.",
)
@click.pass_context
def merge_command(
    context: click.Context, folders: tuple[Path, ...], out: Path, tolerance: float, allow_different: bool
) -> None:
    """Join the results folders DIR... into one.

    Where several hold the same cell, its numbers are compared. What contradicts each other is refused, and nothing
    is copied then.
    """
    if not math.isfinite(tolerance):
        raise click.BadParameter(f"{tolerance} is no number by which others can differ.", param_hint="--tolerance")
    merged = merge(folders, out, tolerance=tolerance, allow_different=allow_different)
    _report(merged)
    if not merged.complete:
        context.exit(1)


def _report(merged: Merged) -> None:
    from inpaintbench.report.sheet import clean, count

    for tally in merged.sources:
        for problem in tally.unreadable:
            click.echo(clean(f"bench: {problem}"), err=True)
        for cell in tally.passed_over:
            click.echo(clean(f"bench: {cell.folder} is passed over ({cell.why})."), err=True)
        click.echo(f"{tally.source}: {_summary(tally)}")
    states = ", ".join(f"{number} {status}" for status, number in sorted(merged.cells.items()))
    click.echo(f"{merged.out}: {count(sum(merged.cells.values()), 'cell')}{f' ({states})' if states else ''} in all")


def _summary(tally: Tally) -> str:
    from inpaintbench.report.sheet import count

    if tally.own:
        first = [f"{count(tally.present, 'cell')} here before"]
    else:
        first = [f"{count(tally.copied, 'cell')} copied", f"{tally.equal} equal"]
    unreadable = [f"{len(tally.unreadable)} unreadable"] if tally.unreadable else []
    return ", ".join([*first, f"{len(tally.passed_over)} passed over", *unreadable])
