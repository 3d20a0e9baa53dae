"""`bench table`: the leaderboard of what is stored."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from inpaintbench.cli.reading import format_option, judge, metrics_option, read_results, results_argument, test_option
from inpaintbench.errors import UsageError


@click.command("table")
@results_argument
@format_option
@click.option(
    "--by",
    type=click.Choice(["mask", "dataset", "hole_ratio", "class"]),
    help="One column a mask, or a data set, in place of one a metric; or one row a band of the hole ratio, or a class.",
)
@click.option(
    "--layout",
    type=click.Choice(["wide", "long"]),
    default="wide",
    show_default=True,
    help="Without --by: a block a data set and mask, or one with both in columns; of csv, a row a cell, or a metric.",
)
@metrics_option("Show this metric only. Repeatable.")
@click.option(
    "--columns",
    multiple=True,
    metavar="NAME,…",
    help="Show these columns only, in this order: metrics, images, time; of csv, any of its columns. Repeatable.",
)
@click.option("--intervals", is_flag=True, help="Print 95 % intervals of the means beside them.")
@click.option(
    "--aggregate",
    type=click.Choice(["rank", "mean", "borda"]),
    default="rank",
    show_default=True,
    help="Compare methods over all data sets and masks by mean ranks, by means of means, or by who beats whom.",
)
@test_option("By which test methods are told apart that are marked as best; none: the best mean alone is.", "none")
@click.option("--siunitx", is_flag=True, help="Write the numbers of --format latex in columns of siunitx.")
@click.pass_context
def table_command(
    context: click.Context,
    folder: Path | None,
    format_: str,
    by: Literal["mask", "dataset", "hole_ratio", "class"] | None,
    layout: Literal["wide", "long"],
    metrics: tuple[str, ...],
    columns: tuple[str, ...],
    intervals: bool,
    aggregate: Literal["rank", "mean", "borda"],
    test: Literal["permutation", "wilcoxon", "none"],
    siunitx: bool,
) -> None:
    """Print the leaderboard of the results in DIR (default: those of the embedded suite)."""
    if aggregate == "borda" and test == "none":
        raise UsageError(
            "--aggregate borda counts who certainly beats whom, which takes a test: leave --test none out."
        )
    read = read_results(folder)

    from inpaintbench.report import render

    text = render(
        read.leaderboard,
        format_,
        by=by,
        layout=layout,
        metrics=metrics or None,
        columns=_names(columns) or None,
        certainty=None if test == "none" else judge(read.leaderboard, test),
        intervals=intervals,
        aggregate=aggregate,
        color=format_ == "text" and sys.stdout.isatty(),
        siunitx=siunitx,
    )
    click.echo(text, color=True, nl=False)
    if read.problems:
        context.exit(1)


def _names(texts: Sequence[str]) -> list[str]:
    """Return the names in texts that have commas between them; those within brackets are part of a name."""
    return [name.strip() for text in texts for name in re.split(r",(?![^\[]*\])", text) if name.strip()]
