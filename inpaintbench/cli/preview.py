"""`bench preview` and `bench masks export`: the holes of a suite, to be looked at and to be used elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from inpaintbench.cli.faults import plugin_faults
from inpaintbench.cli.options import picturing
from inpaintbench.errors import StoreError, UsageError
from inpaintbench.plugins import Registry
from inpaintbench.suite import Suite

LARGEST_SHEET: Final = 200_000_000
"""Pixels: 600 MB of memory."""


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
    from inpaintbench.contact_sheet import Row, contact_sheet, sheet_pixels
    from inpaintbench.execution.gallery import Gallery, spread
    from inpaintbench.report.sheet import count as counted

    if output.suffix.lower() != ".png":
        raise UsageError(f"{output} is no name of a PNG file; expected one that ends in .png.")
    with plugin_faults("One of the data sets or masks"):
        gallery = Gallery.of(suite, registry, hashed=False)
        chosen = [(dataset, spread(len(dataset.items), count)) for dataset in gallery.datasets]
        total = sum(len(indices) for _, indices in chosen)
        pixels = sheet_pixels(suite.size, total, len(gallery.masks))
        if pixels > LARGEST_SHEET:
            raise UsageError(
                f"A sheet of {total} pictures and {len(gallery.masks)} masks at {suite.size} × {suite.size} would have "
                f"{pixels / 1e6:.0f} million pixels; at most {LARGEST_SHEET / 1e6:.0f} million are drawn. Choose a "
                "smaller --count or --size, or fewer masks."
            )
        rows = [
            Row(exhibit.item, exhibit.picture, exhibit.holes)
            for dataset, indices in chosen
            for exhibit in gallery.exhibits(dataset, indices)
        ]
    if not rows:
        raise UsageError(
            f"None of the {counted(total, 'picture')} chosen can be decoded; `bench run` names each with the reason."
        )
    if len(rows) < total:
        click.echo(f"{counted(total - len(rows), 'picture')} cannot be decoded and left out.", err=True)
    sheet = contact_sheet([mask.selection.name for mask in gallery.masks], rows)
    try:
        with replacing(output) as file:
            sheet.save(file, format="PNG")
    except OSError as error:
        raise StoreError(f"{output} cannot be written: {error.strerror or error}.") from error
    counts = f"{counted(len(rows), 'picture')} × {counted(len(gallery.masks), 'mask')}"
    click.echo(f"{counts} at {suite.size} × {suite.size} pixels: {output}")


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
    from inpaintbench.report.sheet import count as counted

    with plugin_faults("One of the data sets or masks"):
        gallery = Gallery.of(suite, registry)
        for dataset in gallery.datasets:
            for mask in gallery.masks:
                folder, count = export_holes(gallery, dataset, mask, out)
                click.echo(f"{counted(count, 'hole')} in {folder}")
