"""`bench export`: pictures with holes for programs that no plugin calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inpaintbench.cli.faults import plugin_faults
from inpaintbench.cli.options import picturing
from inpaintbench.plugins import Registry
from inpaintbench.suite import Suite

if TYPE_CHECKING:
    from inpaintbench.exchange.export import Polarity


@click.command("export")
@picturing
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    required=True,
    help="The folder to write to.",
)
@click.option(
    "--hole",
    type=click.Choice(["white", "black", "both"]),
    default="white",
    show_default=True,
    help="What missing pixels are: white in DIR/holes/, black in DIR/holes_black/, or both.",
)
def export_command(suite: Suite, registry: Registry, out: Path, hole: Polarity) -> None:
    """Write the pictures of `bench run` with their holes, for any program to fill; `bench score` takes them back.

    DIR gets the corrupted pictures, their holes, manifest.json and a README.txt; never what was in a
    hole. What one mask hides of a picture can be known under another one: export masks apart where that matters.
    """
    from inpaintbench.exchange.export import export
    from inpaintbench.report.sheet import count

    with plugin_faults("One of the data sets or masks"):
        done = export(suite, registry, out, hole)
    if done.unreadable:
        click.echo(f"{count(done.unreadable, 'picture')} cannot be decoded and left out.", err=True)
    again = ", the same that was there before" if done.again else ""
    click.echo(
        f"{count(len(done.manifest.entries), 'picture')} in {out}{again}. {out / 'README.txt'} says how to go on."
    )
