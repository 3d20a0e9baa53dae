"""`bench prepare`: get a data set, or say what a person must put where; then prepare its pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from inpaintbench.api import DatasetSpec, Split
from inpaintbench.cli.options import limit_option, plugin_option, registry_with, size_option
from inpaintbench.errors import DatasetError, NoSplitError, UsageError
from inpaintbench.folders import data_folder, places_of
from inpaintbench.suite import DEFAULT, Suite

if TYPE_CHECKING:
    from inpaintbench.execution.chosen import ChosenDataset
    from inpaintbench.prepared.shelf import Shelf
    from inpaintbench.selectors import Selection


@click.command("prepare")
@click.argument("selectors", nargs=-1, required=True, metavar="DATASET...")
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=click.Choice(get_args(Split)),
    default=("test",),
    show_default=True,
    help="Which pictures. Repeatable.",
)
@size_option
@limit_option
@click.option("--keep-archives", is_flag=True, help="Keep downloaded archives after they have been unpacked.")
@plugin_option
def prepare_command(
    selectors: tuple[str, ...],
    splits: tuple[Split, ...],
    size: int | None,
    limit: int | None,
    keep_archives: bool,
    plugins: tuple[str, ...],
) -> None:
    """Get data sets, and decode and resize their pictures once for all runs.

    What its publisher lets one download is fetched (below $INPAINTBENCH_DATA), which can be interrupted and goes on
    where it was. For the rest, a message says what to put where. `bench run` prepares pictures too, where they are
    missing.
    """
    from inpaintbench.execution.chosen import ChosenDataset
    from inpaintbench.prepared.shelf import Shelf
    from inpaintbench.selectors import select

    size = size or Suite.load(DEFAULT).size
    shelf = Shelf()
    failed: list[UsageError] = []
    for selection in select(selectors, DatasetSpec, registry_with(plugins)):
        try:
            _obtain(selection, splits, keep_archives)
            for split in splits:
                _prepare(ChosenDataset.open(selection, limit, split), size, shelf)
        except UsageError as error:  # the others are prepared all the same
            failed.append(error)
    if failed:
        raise UsageError("\n\n".join(map(str, failed)))


def _prepare(chosen: ChosenDataset, size: int, shelf: Shelf) -> None:
    from inpaintbench.cli.bars import Bars

    name, total = chosen.selection.name, len(chosen.items)
    with Bars() as bars:
        bars.begin(f"preparing {name}")
        prepared = shelf.obtain(chosen.wanted(size), lambda items: bars.move(items, total))
    click.echo(f"{name}: {total:,} {chosen.split} images at {size} × {size}, prepared in {prepared.folder}")
    if prepared.unreadable:
        first = min(prepared.unreadable)
        reason = f"{chosen.items[first]}: {prepared.unreadable[first]}"
        click.echo(f"  {len(prepared.unreadable)} cannot be decoded, such as {reason}")


def _obtain(selection: Selection[DatasetSpec], splits: tuple[Split, ...], keep: bool) -> None:
    """Fetch what is absent.

    Raises:
        DatasetError: if a person has to do so, with all that there is to know.
    """
    from inpaintbench.cli.bars import Bars
    from inpaintbench.downloads.obtain import instructions, needed, obtain

    values = dict(selection.values)
    spec, path = selection.spec, values.get("path")
    spec = replace(spec, downloads=tuple(download for download in spec.downloads if download.serves(values)))
    absent = _absent(selection, splits)
    if absent is None:
        return
    if not isinstance(path, str) or not (spec.downloads or spec.layout):
        raise absent
    folder = next((place for place in places_of(path) if place.is_dir()), data_folder() / Path(path).expanduser())
    if needed(spec, splits):
        click.echo(f"{spec.name}: fetching to {folder}. Terms: {spec.licence}", err=True)
        with Bars() as bars:
            obtain(spec, folder, splits, bars, keep=keep)
        absent = _absent(selection, splits)
    if absent is not None:
        found = f"{absent}\n\n" if folder.is_dir() else ""
        raise DatasetError(f"{found}{instructions(spec, folder)}")


def _absent(selection: Selection[DatasetSpec], splits: tuple[Split, ...]) -> DatasetError | None:
    """Return what the data set says of a split that is not there, and could be.

    Raises:
        NoSplitError: if there is no such split.
    """
    try:
        dataset = selection.build()
        for split in splits:
            dataset.items(split)
    except NoSplitError:
        raise
    except DatasetError as error:
        return error
    return None
