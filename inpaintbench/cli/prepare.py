"""`bench prepare`: get a data set, or say what a person must put where; then prepare its pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from inpaintbench.api import DatasetSpec, Split
from inpaintbench.cli.faults import plugin_faults
from inpaintbench.cli.options import limit_option, plugin_option, registry_with, size_option
from inpaintbench.errors import DatasetError, DownloadError, NoSplitError, UsageError
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
            with plugin_faults(f"The data set {selection.name}"):
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
        prepared = shelf.obtain(
            chosen.wanted(size), lambda items: bars.move(items, total), on_wait=lambda: bars.waiting(name)
        )
    click.echo(f"{name}: {total:,} {chosen.split} images at {size} × {size}, prepared in {prepared.folder}")
    if prepared.unreadable:
        first = min(prepared.unreadable)
        reason = f"{chosen.items[first]}: {prepared.unreadable[first]}"
        click.echo(f"  {len(prepared.unreadable)} cannot be decoded, such as {reason}")


def _obtain(selection: Selection[DatasetSpec], splits: tuple[Split, ...], keep: bool) -> None:
    """Fetch what is absent.

    Raises:
        DatasetError: if a person has to do so, or the data set contradicts itself, with all that there is to know.
        DownloadError: if it cannot be fetched, with what the data set lacks and how a person gets it.
    """
    from inpaintbench.cli.bars import Bars
    from inpaintbench.downloads.by_hand import instructions
    from inpaintbench.downloads.obtain import obtain
    from inpaintbench.downloads.present import missing

    values = dict(selection.values)
    spec, path = selection.spec, values.get("path")
    spec = replace(spec, downloads=tuple(download for download in spec.downloads if download.serves(values)))
    absent = _absent(selection, splits)
    if absent is None:
        return
    if not isinstance(path, str) or not (spec.downloads or spec.layout):
        raise absent
    folder = next((place for place in places_of(path) if place.is_dir()), data_folder() / Path(path).expanduser())
    found = str(absent) if folder.is_dir() else ""  # else that there is no folder, which the rest says better
    if missing(spec, folder, splits):
        if found:
            click.echo(found, err=True)
        click.echo(f"{spec.name}: fetching to {folder}. Terms: {spec.licence}", err=True)
        try:
            with Bars() as bars:
                obtain(spec, folder, splits, bars, keep=keep)
        except DownloadError as error:
            advice = _paragraphs(error.advice, instructions(spec, folder, splits))
            raise DownloadError(_paragraphs(found, error.why), advice) from error
        absent = _absent(selection, splits)
        found = str(absent)
    if absent is not None:
        raise DatasetError(_paragraphs(found, instructions(spec, folder, splits)))


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


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
