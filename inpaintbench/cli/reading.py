"""What several commands read: options, the results in a folder, and how certain their numbers are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from inpaintbench.errors import StoreError, UsageError
from inpaintbench.store import Store
from inpaintbench.suite import DEFAULT

if TYPE_CHECKING:
    from inpaintbench.leaderboard import Leaderboard
    from inpaintbench.statistics.certainty import Certainty
    from inpaintbench.statistics.verdicts import TestName

PATIENCE: Final = 1.0
"""Seconds of silence, after which a terminal is told what goes on."""

FORMATS: Final = ("text", "md", "csv", "json", "latex", "html")
"""What `--format` takes: `inpaintbench.report.FORMATS`, which would take long to import."""

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

results_argument = click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")

format_option = click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write it."
)


def methods_option(help: str) -> Decorator:
    """Give a command `-m`; what the methods are chosen for, its own help says."""
    return click.option("-m", "--method", "methods", multiple=True, metavar="SELECTOR", help=help)


def metrics_option(help: str) -> Decorator:
    """Give a command `--metric`; what the metrics are chosen for, its own help says."""
    return click.option("--metric", "metrics", multiple=True, metavar="NAME", help=help)


def test_option(help: str, *further: str) -> Decorator:
    """Give a command `--test`: the paired tests, and what it takes further."""
    choices = click.Choice(["permutation", "wilcoxon", *further])
    return click.option("--test", type=choices, default="permutation", show_default=True, help=help)


@dataclass(frozen=True)
class Read:
    """The results in a folder.

    Attributes:
        folder: where they lie.
        leaderboard: all that could be read.
        problems: a sentence for each cell that could not be; they have been said on stderr.
    """

    folder: Path
    leaderboard: Leaderboard
    problems: tuple[str, ...]


def read_results(folder: Path | None) -> Read:
    """Read the results in a folder; those of the embedded suite if None.

    Raises:
        UsageError: if there are none.
    """
    folder = folder or Path("results") / DEFAULT
    store = Store(folder)
    if not store.cells_folder.is_dir():
        raise UsageError(f"{folder} holds no results: expected a folder with cells/ below it. `bench run` makes one.")
    from inpaintbench.report.sheet import clean

    problems: list[StoreError] = []
    cells = tuple(store.scan(problems))
    for problem in problems:
        click.echo(clean(f"bench: {problem}"), err=True)
    if not cells:
        raise UsageError(f"{folder} holds no cell that can be read.")

    from inpaintbench.leaderboard import Leaderboard

    return Read(folder, Leaderboard.from_cells(cells), tuple(map(str, problems)))


def judge(leaderboard: Leaderboard, test: TestName = "permutation") -> Certainty:
    """Say how certain a leaderboard is; where that takes long, a terminal shows how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from inpaintbench.statistics.certainty import assess

    columns = TextColumn("comparing methods"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=len(leaderboard.groups), visible=False)
        begun = time.monotonic()

        def move(groups: int) -> None:
            bar.update(task, completed=groups, visible=time.monotonic() - begun > PATIENCE)

        return assess(leaderboard, leaderboard.columns, test, move)
