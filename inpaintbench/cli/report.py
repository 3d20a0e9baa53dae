"""`bench report`: the results as pages for a browser."""

from __future__ import annotations

import math
from pathlib import Path

import click

from inpaintbench.api import MethodSpec
from inpaintbench.cli.reading import judge, read_results, results_argument
from inpaintbench.plugins import Registry, load_registry


def _folder(context: click.Context, parameter: click.Parameter, value: str) -> Path:
    if not value:
        raise click.BadParameter("it is empty; expected the name of a folder, or . for the present one.")
    return Path(value)


def _limit(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if math.isnan(value):
        raise click.BadParameter("nan is no number; expected one of 0 or more, or inf for no limit.")
    return value


@click.command("report")
@results_argument
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    callback=_folder,
    default="site",
    show_default=True,
    metavar="DIR",
    help="The folder that the report becomes.",
)
@click.option("--title", metavar="TEXT", help="What the report is called.  [default: the name of the results folder]")
@click.option(
    "--megabytes",
    type=click.FloatRange(min=0),
    callback=_limit,
    default=50,
    show_default=True,
    metavar="N",
    help="What the pictures may take: they are lossless if they fit, else smaller, else fewer; inf for no limit.",
)
@click.pass_context
def report_command(context: click.Context, folder: Path | None, out: Path, title: str | None, megabytes: float) -> None:
    """Write the results in DIR as a report: static pages with a leaderboard, pictures and plots.

    They open from disk, without a server, and ask no other host for anything.
    """
    read = read_results(folder)

    from inpaintbench.site import build_site
    from inpaintbench.site.contents import Contents

    certainty = judge(read.leaderboard)
    title = title or read.folder.resolve().name
    registry = load_registry()
    judged = certainty.judged(read.leaderboard)
    contents = Contents(title, judged, certainty, read.problems, read.folder, _meanings(registry))
    built = build_site(contents, out, megabytes, _shipped(registry))
    click.echo(f"{built.start}: {built.pages} pages, {built.bytes / 1e6:.1f} MB")
    if read.problems:
        context.exit(1)


def _meanings(registry: Registry) -> dict[tuple[str, int], str]:
    """Return what plugins say that their metrics measure, by name and version."""
    specs = (registered.spec for registered in registry.of("metric").values())
    return {(spec.name, spec.version): f"{spec.summary} {spec.notes}".strip() for spec in specs}


def _shipped(registry: Registry) -> set[str]:
    """Return where plugins bring checkpoints, as `package:folder`: their cards have training curves."""
    specs = (registered.spec for registered in registry.of("method").values())
    return {spec.training.shipped for spec in specs if isinstance(spec, MethodSpec) and spec.training} - {""}
