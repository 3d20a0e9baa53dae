"""`bench compare`: two methods of one results folder, or two folders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from inpaintbench.cli.reading import (
    format_option,
    methods_option,
    metrics_option,
    read_results,
    results_argument,
    test_option,
)
from inpaintbench.errors import UsageError
from inpaintbench.store import Store

if TYPE_CHECKING:
    from inpaintbench.comparing.differences import Differences
    from inpaintbench.comparing.pairs import Pairing
    from inpaintbench.comparing.regressions import Regression


@click.command("compare")
@click.argument("a")
@click.argument("b")
@results_argument
@methods_option("Of two folders, compare this method only. Repeatable.  [default: all]")
@metrics_option("Compare this metric only. Repeatable.  [default: the ranked ones and the PSNR over the hole]")
@test_option("The paired test by which a difference is told from chance.")
@click.option(
    "--images",
    type=click.IntRange(0, 10_000),
    default=5,
    show_default=True,
    help="List so many images that changed most.",
)
@click.option(
    "--fail-if-worse",
    "limits",
    multiple=True,
    metavar="METRIC[:MARGIN]",
    help="End with code 1 if B's mean is worse by more than the margin (default 0) in any cell, or B lacks a number, "
    "a cell or a method that A has. Repeatable.",
)
@format_option
@click.pass_context
def compare_command(
    context: click.Context,
    a: str,
    b: str,
    folder: Path | None,
    methods: tuple[str, ...],
    metrics: tuple[str, ...],
    test: Literal["permutation", "wilcoxon"],
    images: int,
    limits: tuple[str, ...],
    format_: str,
) -> None:
    """Compare A and B: two methods, or two results folders.

    Methods are those of the results in DIR (default: those of the embedded suite). Images are paired. Prints the
    difference B - A of each metric with a 95 % interval over all cells and in each, whether it is certain, and the
    images that changed most.
    """
    from inpaintbench.comparing.differences import find_columns, find_differences
    from inpaintbench.comparing.regressions import Margin, describe, find_regressions
    from inpaintbench.report.sheet import clean

    margins = [Margin.parse(text) for text in limits]
    pairing, unread = _pair(a, b, folder, methods)
    columns = dict.fromkeys(find_columns(pairing, metrics or None))
    checked = [(column, one.allowed) for one in margins for column in find_columns(pairing, [one.metric])]
    columns |= dict.fromkeys(column for column, _ in checked)
    differences = find_differences(pairing, list(columns), test)
    worse = dict.fromkeys(one for column, allowed in checked for one in find_regressions(differences, column, allowed))
    _write(differences, images, tuple(worse) if margins else None, format_)
    for one in worse:
        click.echo(clean(f"bench: worse: {describe(one, pairing)}"), err=True)
    if worse or unread:
        context.exit(1)


def _pair(a: str, b: str, folder: Path | None, methods: Sequence[str]) -> tuple[Pairing, bool]:
    """Return what is compared with what, and whether something could not be read."""
    from inpaintbench.comparing.pairs import find_method, pair_methods, pair_runs

    folders = [Store(Path(one)).cells_folder.is_dir() for one in (a, b)]
    if all(folders):
        if folder is not None:
            raise UsageError(f"{a} and {b} are results folders, so that DIR has no meaning; found {folder}.")
        sides = [read_results(Path(one)) for one in (a, b)]
        pairing = pair_runs((a, sides[0].leaderboard), (b, sides[1].leaderboard), methods)
        unread = any(one.problems for one in sides)
    elif any(folders):
        is_one, is_none = (a, b) if folders[0] else (b, a)
        raise UsageError(
            f"{is_one} is a results folder, and {is_none} has no cells/ below it. Expected two results folders, or two "
            "methods and the folder last: `bench compare METHOD METHOD DIR`."
        )
    else:
        if methods:
            raise UsageError("-m chooses among the methods of two results folders; A and B are methods here.")
        read = read_results(folder)
        unread = bool(read.problems)
        known = {entry.method for entry in read.leaderboard.entries}
        pairing = pair_methods(read.leaderboard, find_method(a, known), find_method(b, known))
    if not pairing.pairs:
        raise UsageError(
            f"{a} and {b} have no cell in common: one has results on {_places(pairing, 'only_a')}, the other on "
            f"{_places(pairing, 'only_b')}. Expected the same data set, mask, size and seed on both sides."
        )
    return pairing, unread


def _places(pairing: Pairing, side: Literal["only_a", "only_b"]) -> str:
    from inpaintbench.comparing.notes import place_name
    from inpaintbench.report.sheet import clean, listed

    entries = pairing.only_a if side == "only_a" else pairing.only_b
    return clean(listed(dict.fromkeys(map(place_name, entries)), "; ")) or "nothing"


def _write(differences: Differences, images: int, regressions: Sequence[Regression] | None, format_: str) -> None:
    from inpaintbench.comparing.changed import find_changed
    from inpaintbench.comparing.data import comparison_csv, comparison_json
    from inpaintbench.comparing.sheets import build_sheet
    from inpaintbench.comparing.summary import summarise
    from inpaintbench.report import write

    summaries, changed = summarise(differences), find_changed(differences, images)
    sheet = build_sheet(differences, summaries, changed)
    if format_ == "csv":
        text = comparison_csv(differences)
    elif format_ == "json":
        text = comparison_json(differences, summaries, changed, regressions, sheet)
    else:
        text = write(sheet, format_, color=format_ == "text" and sys.stdout.isatty())
    click.echo(text, color=True, nl=False)
