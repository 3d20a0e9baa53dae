"""`bench cache`: what has been prepared, how much room it takes, and how to get it back."""

from __future__ import annotations

import datetime
import json
import math
from dataclasses import asdict

import click


@click.group("cache")
def cache_group() -> None:
    """Look after prepared pictures: all of them can be made again."""


@cache_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
    """List the prepared splits, what was used last first."""
    from inpaintbench.prepared.shelf import Shelf

    shelf = Shelf()
    splits = shelf.splits()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in splits], indent=1, ensure_ascii=False))
        return
    names = [f"{one.dataset} {one.split}" for one in splits]
    width = max(map(len, names), default=0)
    for name, one in zip(names, splits, strict=True):
        used = datetime.datetime.fromtimestamp(one.used).strftime("%Y-%m-%d %H:%M")
        pixels = f"{one.size} × {one.size}"
        click.echo(f"{name:{width}}  {pixels:>11}  {one.items:9,} images  {_amount(one.bytes):>8}  {used}")
    _summarise()


@cache_group.command("size")
def size_command() -> None:
    """Say how much room the prepared pictures take, and how much they may."""
    _summarise()


@cache_group.command("prune")
@click.option(
    "--keep",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    metavar="GB",
    help="Keep what was used last, up to so many gigabytes.",
)
def prune_command(keep: float) -> None:
    """Remove prepared pictures, what was used longest ago first. Results stay; pictures are prepared again."""
    from inpaintbench.fingerprints import forget
    from inpaintbench.prepared.shelf import Shelf

    if not math.isfinite(keep):
        raise click.BadParameter(f"{keep} is no number of gigabytes.", param_hint="--keep")
    removed = Shelf().prune(int(keep * 1e9))
    for one in removed:
        click.echo(f"Removed {one.dataset} {one.split} at {one.size} × {one.size} ({_amount(one.bytes)}).")
    forget()
    _summarise()


def _summarise() -> None:
    from inpaintbench.prepared.shelf import Shelf
    from inpaintbench.report.sheet import count

    shelf = Shelf()
    rest = shelf.unfinished_bytes
    unfinished = f" ({_amount(rest)} of it unfinished)" if rest else ""
    room = f"{_amount(shelf.bytes)}{unfinished} of at most {_amount(shelf.limit)}"
    click.echo(f"{count(len(shelf.splits()), 'split')}, {room}, in {shelf.folder}")


def _amount(size: int) -> str:
    """Write a number of bytes in the units of disks: a GB is 10⁹ bytes.

    >>> _amount(0), _amount(12_345), _amount(2_400_000_000)
    ('0 MB', '0.0 MB', '2.4 GB')
    """
    if size == 0:
        return "0 MB"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
