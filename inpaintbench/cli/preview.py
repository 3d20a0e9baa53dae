"""`bench preview` and `bench masks export`: the holes of a suite, to be looked at and to be used elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from inpaintbench.cli.options import picturing
from inpaintbench.errors import StoreError, UsageError
from inpaintbench.plugins import Registry
from inpaintbench.suite import Suite


@click.command("preview")
@picturing
@click.option(
    "--count", type=click.IntRange(1, 100), default=4, show_default=True, help="Pictures of each data set, at most."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("preview.png"),
    show_default=True,
    help="The PNG file to write.",
)
def preview_command(suite: Suite, registry: Registry, count: int, output: Path) -> None:
    """Draw a contact sheet of pictures × masks, with the missing share under each.

    The pictures are spread over each test split. Their holes are those of `bench run` with the same options.
    """
    from inpaintbench.atomic import replacing
    from inpaintbench.contact_sheet import Row, contact_sheet
    from inpaintbench.execution.gallery import Gallery, spread

    gallery = Gallery.of(suite, registry)
    rows = [
        Row(exhibit.item, exhibit.picture, exhibit.holes)
        for dataset in gallery.datasets
        for exhibit in gallery.exhibits(dataset, spread(len(dataset.items), count))
    ]
    if not rows:
        raise UsageError("None of these pictures can be decoded; `bench run` names each with the reason.")
    sheet = contact_sheet([mask.selection.name for mask in gallery.masks], rows)
    try:
        with replacing(output) as file:
            sheet.save(file, format="PNG")
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror or error}.") from error
    click.echo(f"{len(rows)} pictures × {len(gallery.masks)} masks at {suite.size} × {suite.size} pixels: {output}")


@click.group("masks")
def masks_group() -> None:
    """Write holes to files. `bench list masks` says which masks there are."""


@masks_group.command("export")
@picturing
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("masks-export"),
    show_default=True,
    help="The folder to write to.",
)
def export_command(suite: Suite, registry: Registry, out: Path) -> None:
    """Write the holes of `bench run` as PNG files (white = missing), with a manifest of hashes.

    OUT/<data set>/<mask>/ gets one file an image, and manifest.json, which pins the picture and the hole of each.
    """
    from inpaintbench.execution.gallery import Gallery, export_holes

    gallery = Gallery.of(suite, registry)
    for dataset in gallery.datasets:
        for mask in gallery.masks:
            folder, count = export_holes(gallery, dataset, mask, out)
            click.echo(f"{count} holes in {folder}")
