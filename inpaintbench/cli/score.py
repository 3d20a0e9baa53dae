"""`bench score`: what a program has filled, looked through and scored as every method is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from inpaintbench.cli.options import device_option, plugin_option, registry_with, samples_option
from inpaintbench.cli.run import carry_out
from inpaintbench.errors import UsageError
from inpaintbench.execution.options import Options
from inpaintbench.store import Store

if TYPE_CHECKING:
    from inpaintbench.exchange.returned import Returned
    from inpaintbench.results import Results

LISTED: Final = 10
"""Names of files in one message, at most."""


@click.command("score")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--name", required=True, help="What tables call the program; no method may be called so.")
@click.option(
    "--filled",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where the filled pictures lie.  [default: DIR/filled]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="RESULTS",
    help="The results folder.  [default: results/<suite>]",
)
@device_option
@samples_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON in place of the leaderboard.")
@plugin_option
@click.pass_context
def score_command(
    context: click.Context,
    folder: Path,
    name: str,
    filled: Path | None,
    out: Path | None,
    device: str,
    samples: int | None,
    as_json: bool,
    plugins: tuple[str, ...],
) -> None:
    """Score pictures of `bench export` that a program has filled, and print the leaderboard with it.

    DIR is what `bench export` wrote. Every picture must have come back under its name, as large as it was.
    """
    from inpaintbench.exchange.entrant import enter
    from inpaintbench.exchange.manifest import FILLED, NAME, Manifest
    from inpaintbench.exchange.returned import look_through

    manifest = Manifest.read(folder / NAME)
    filled = filled or folder / FILLED
    if manifest.plugins and not plugins:
        click.echo(f"bench: {folder} was exported with --plugin {' --plugin '.join(manifest.plugins)}.", err=True)
    registry = registry_with(plugins)
    enter(registry, name, folder, filled)
    suite = manifest.suite_for(name)
    _refuse_gaps(look_through(manifest, filled), filled)
    # Nothing but this package's own code fills holes here, and no worker would know the method.
    options = Options(device=device, samples=samples, isolation="none", rerun="failed")
    store = Store(suite.default_folder if out is None else out)
    if not carry_out(suite, registry, store, options, as_json=as_json, first=partial(_warn_of_altered, name)):
        context.exit(1)


def _refuse_gaps(returned: Returned, filled: Path) -> None:
    """Say what was found, and refuse what cannot all be scored.

    Raises:
        UsageError: if a picture is missing, or cannot be scored.
    """
    from inpaintbench.report.sheet import count

    if returned.surplus:
        there = f"{count(len(returned.surplus), 'file')} in {filled}"
        _list(f"{there} that the export does not have, passed over", returned.surplus)
    if returned.converted:
        said = {name: f"{name} ({what})" for name, what in returned.converted.items()}
        _list(f"{count(len(returned.converted), 'picture')} converted to RGB of 8 bits", said.values())
    if returned.missing:
        _list(f"{count(len(returned.missing), 'picture')} missing in {filled}", returned.missing)
    if returned.refused:
        _list(f"{count(len(returned.refused), 'picture')} cannot be scored", returned.refused)
    if not returned.complete:
        raise UsageError(
            f"Not everything in {filled} can be scored, and nothing was. Expected for each picture of the export a PNG "
            "file of the same name and size: RGB, 8 bits a channel, nothing transparent."
        )


def _list(head: str, names: Collection[str] | Mapping[str, str]) -> None:
    from inpaintbench.report.sheet import clean

    click.echo(f"bench: {head}:", err=True)
    for name in list(names)[:LISTED]:
        click.echo(clean(f"  {names[name] if isinstance(names, Mapping) else name}"), err=True)
    if len(names) > LISTED:
        click.echo(f"  … and {len(names) - LISTED} more", err=True)


def _warn_of_altered(name: str, results: Results) -> None:
    """Say of how many pictures the program has changed known pixels, which are put back before they are scored."""
    from inpaintbench.report.sheet import count

    records = results.records()
    if "method.altered" not in records:
        return
    altered = records[records["method.altered"] > 0]
    if len(altered):
        pixels, levels = altered["method.altered"].mean(), int(altered["method.altered_levels"].max())
        click.echo(
            f"bench: {name} has altered known pixels of {count(len(altered), 'picture')} of {len(records)}: "
            f"{pixels:,.0f} pixels of each on average, by up to {levels} of 255 levels. They were put back before they "
            "were scored.",
            err=True,
        )
