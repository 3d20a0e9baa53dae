"""Options that several commands share, and how they become a suite, a registry and a results folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from inpaintbench.plugins import Registry, load_registry
from inpaintbench.store import Store
from inpaintbench.suite import DEFAULT, Suite

LARGEST: Final = 2**63 - 1
"""What a column of whole numbers can hold; so in suite files."""

plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE_OR_MODULE",
    help="Also take the plugins of this Python file or module. Repeatable.",
)


@dataclass(frozen=True)
class Request:
    """What the selecting options ask for."""

    suite: Suite
    registry: Registry
    store: Store


def selecting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose cells; it receives them as one `Request`."""
    options = [
        click.option(
            "--suite",
            default=DEFAULT,
            metavar="NAME_OR_FILE",
            help="A bundled suite, or a TOML file. The options below override it.",
        ),
        click.option(
            "-m",
            "--method",
            "methods",
            multiple=True,
            metavar="SELECTOR",
            help="A method: name[param=value,…], with globs over names. Repeatable.",
        ),
        click.option("-d", "--dataset", "datasets", multiple=True, metavar="SELECTOR", help="A data set. Repeatable."),
        click.option("-k", "--mask", "masks", multiple=True, metavar="SELECTOR", help="A mask. Repeatable."),
        click.option(
            "--metric",
            "metrics",
            multiple=True,
            metavar="SELECTOR",
            help="A metric, in place of the scoring protocol's. Repeatable.",
        ),
        click.option("--size", type=click.IntRange(1, 4096), help="Width and height of the images, in pixels."),
        click.option(
            "--limit",
            type=click.IntRange(1, LARGEST),
            help="At most so many images of each data set; such results are not ranked.",
        ),
        click.option(
            "--seed", type=click.IntRange(0, LARGEST), help="Decides all holes, and all randomness of the methods."
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="The results folder.  [default: results/<suite>]",
        ),
        plugin_option,
    ]
    wrapped = _gathering(function)
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def _gathering(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(
        suite: str,
        methods: tuple[str, ...],
        datasets: tuple[str, ...],
        masks: tuple[str, ...],
        metrics: tuple[str, ...],
        size: int | None,
        limit: int | None,
        seed: int | None,
        out: Path | None,
        plugins: tuple[str, ...],
        **others: Any,
    ) -> Any:
        chosen = Suite.load(suite).replace(
            methods=methods,
            datasets=datasets,
            masks=masks,
            metrics=metrics,
            size=size,
            limit=limit,
            seed=seed,
        )
        registry = registry_with(plugins)
        store = Store(chosen.default_folder if out is None else out)
        return function(request=Request(chosen, registry, store), **others)

    return wrapper


def registry_with(plugins: tuple[str, ...]) -> Registry:
    """Load all plugins; those installed ones that fail are named on stderr and left out."""
    registry = load_registry(plugins)
    for problem in registry.problems:
        click.echo(f"bench: the plugin {problem.source} is left out: {problem.message}", err=True)
    return registry
