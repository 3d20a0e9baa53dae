"""`bench new`: a plugin package of one's own, to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

import click

from inpaintbench.api import PluginKind
from inpaintbench.cli.options import registry_with
from inpaintbench.errors import UsageError


@click.command("new")
@click.argument("kind", type=click.Choice(get_args(PluginKind)))
@click.argument("name")
@click.option("--learns", is_flag=True, help="A method that is trained, with its network and its trainer.")
@click.option(
    "--in",
    "parent",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder in which the new one is made; by default, this one.",
)
def new_command(kind: str, name: str, learns: bool, parent: Path) -> None:
    """Write a plugin package that works at once, as a folder of its own: inpaintbench-NAME.

    It can be installed and tested as it is; its tests are the checks of `bench check`. Nothing is ever overwritten.
    """
    from inpaintbench.starting.package import NewPackage

    package = NewPackage(cast(PluginKind, kind), name, learns)
    taken = registry_with(()).of(package.kind).get(name)
    if taken:
        raise UsageError(f"There is a {kind} called {name} already, from {taken.source}; expected a name that is free.")
    folder = package.write(parent)
    click.echo(f"{folder} is a package with the {kind} {name}:")
    for place in sorted(package.files()):
        click.echo(f"  {place}")
    click.echo(f"\nTo install and test it:\n  cd {folder}\n  pip install -e '.[test]' && pytest\n  bench check {name}")
