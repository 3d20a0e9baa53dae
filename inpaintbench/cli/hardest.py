"""`bench hardest`: which mask, or which data set, is hardest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from inpaintbench.cli.reading import format_option, methods_option, metrics_option, read_results, results_argument


@click.command("hardest")
@click.argument("kind", type=click.Choice(["mask", "dataset"]), metavar="mask|dataset")
@results_argument
@methods_option("Take the mean over this method only. Repeatable.  [default: all]")
@metrics_option("By which metric. Repeatable.  [default: the PSNR over the hole]")
@format_option
@click.pass_context
def hardest_command(
    context: click.Context,
    kind: Literal["mask", "dataset"],
    folder: Path | None,
    methods: tuple[str, ...],
    metrics: tuple[str, ...],
    format_: str,
) -> None:
    """Say which mask, or which data set, is hardest.

    Asks the results in DIR (default: those of the embedded suite). A picture counts with the mean over all methods. All
    that cannot be told from the hardest is marked like it.
    """
    read = read_results(folder)

    from inpaintbench.comparing.data import ladders_csv, ladders_json
    from inpaintbench.comparing.hardest import find_hardest
    from inpaintbench.comparing.ladders import build_sheet
    from inpaintbench.report import write

    hardness = find_hardest(read.leaderboard, kind, metrics or None, methods)
    sheet = build_sheet(hardness)
    if format_ == "csv":
        text = ladders_csv(hardness.ladders)
    elif format_ == "json":
        text = ladders_json(hardness.ladders, sheet)
    else:
        text = write(sheet, format_, color=format_ == "text" and sys.stdout.isatty())
    click.echo(text, color=True, nl=False)
    if read.problems:
        context.exit(1)
