"""`bench report`: the results as pages for a browser."""

from __future__ import annotations

from pathlib import Path

import click

from inpaintbench.api import MethodSpec
from inpaintbench.errors import StoreError, UsageError
from inpaintbench.plugins import load_registry
from inpaintbench.store import Store
from inpaintbench.suite import DEFAULT


@click.command("report")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("site"),
    show_default=True,
    metavar="DIR",
    help="The folder that the report becomes.",
)
@click.option("--title", metavar="TEXT", help="What the report is called.  [default: the name of the results folder]")
@click.option(
    "--megabytes",
    type=click.FloatRange(min=0),
    default=50,
    show_default=True,
    metavar="N",
    help="What the pictures may take: they are lossless if they fit, else smaller, else fewer.",
)
@click.pass_context
def report_command(context: click.Context, folder: Path | None, out: Path, title: str | None, megabytes: float) -> None:
    """Write the results in DIR as a report: static pages with a leaderboard, pictures and plots.

    They open from disk, without a server, and ask no other host for anything.
    """
    folder = folder or Path("results") / DEFAULT
    store = Store(folder)
    if not store.cells_folder.is_dir():
        raise UsageError(f"{folder} holds no results: expected a folder with cells/ below it. `bench run` makes one.")
    problems: list[StoreError] = []
    cells = tuple(store.scan(problems))
    for problem in problems:
        click.echo(f"bench: {problem}", err=True)
    if not cells:
        raise UsageError(f"{folder} holds no cell that can be read.")

    from inpaintbench.site import build_site
    from inpaintbench.site.contents import Contents

    title = title or folder.resolve().name
    built = build_site(Contents.of(title, cells, map(str, problems)), out, megabytes, _shipped())
    click.echo(f"{built.start}: {built.pages} pages, {built.bytes / 1e6:.1f} MB")
    if problems:
        context.exit(1)


def _shipped() -> set[str]:
    """Return where plugins bring checkpoints, as `package:folder`: their cards have training curves."""
    specs = (registered.spec for registered in load_registry().of("method").values())
    return {spec.training.shipped for spec in specs if isinstance(spec, MethodSpec) and spec.training} - {""}
