"""Options that several commands share, and how they become a suite, a registry and a results folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, Final, get_args

import click

from inpaintbench.errors import UsageError
from inpaintbench.execution.devices.leases import parse_gpus
from inpaintbench.execution.options import SAMPLES, EngineName, Isolation, Options, default_isolation, parse_settings
from inpaintbench.execution.planning.plan import RERUNS
from inpaintbench.execution.workers.limits import parse_bytes, parse_seconds
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.store import Store
from inpaintbench.suite import DEFAULT, Suite
from inpaintbench.trackers import TRACKERS

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


_SUITE: Final = click.option(
    "--suite",
    default=DEFAULT,
    metavar="NAME_OR_FILE",
    help="A bundled suite, or a TOML file. The options below override it.",
)
_METHOD: Final = click.option(
    "-m",
    "--method",
    "methods",
    multiple=True,
    metavar="SELECTOR",
    help="A method: name[param=value,…], with globs over names. Repeatable.",
)
_PICTURES: Final = (
    click.option("-d", "--dataset", "datasets", multiple=True, metavar="SELECTOR", help="A data set. Repeatable."),
    click.option("-k", "--mask", "masks", multiple=True, metavar="SELECTOR", help="A mask. Repeatable."),
)
_METRIC: Final = click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="SELECTOR",
    help="A metric, in place of the scoring protocol's. Repeatable.",
)
size_option = click.option("--size", type=click.IntRange(1, 4096), help="Width and height of the images, in pixels.")
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, LARGEST),
    help="At most so many images of each data set; such results are not ranked.",
)
_SEED: Final = click.option(
    "--seed", type=click.IntRange(0, LARGEST), help="Decides all holes, and all randomness of the methods."
)
_OUT: Final = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The results folder.  [default: results/<suite>]",
)


def _samples(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    """Read `all` (None) or a whole number from 0."""
    if value == "all":
        return None
    if value.isdecimal():
        return int(value)
    raise click.BadParameter(f"{value!r} is not possible; expected all or a whole number from 0.", context, parameter)


device_option = click.option(
    "--device", default="auto", show_default=True, metavar="auto|cpu|cuda[:N]|mps", help="Where to run."
)
samples_option = click.option(
    "--samples",
    default=str(SAMPLES),
    show_default=True,
    metavar="N|all",
    callback=_samples,
    help="Save pictures of so many images of each cell.",
)


def selecting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose cells; it receives them as one `Request`."""

    @wraps(function)
    def wrapper(out: Path | None, **given: Any) -> Any:
        chosen, registry, others = _chosen(given)
        store = Store(chosen.default_folder if out is None else out)
        return function(request=Request(chosen, registry, store), **others)

    options = [_SUITE, _METHOD, *_PICTURES, _METRIC, size_option, limit_option, _SEED, _OUT, plugin_option]
    return _with(options, wrapper)


def picturing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose pictures and holes; it receives them as `suite` and `registry`."""
    return _with([_SUITE, *_PICTURES, size_option, limit_option, _SEED, plugin_option], _suited(function))


def training(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command arguments and options that choose trainings; it receives them as `suite` and `registry`."""
    methods = click.argument("methods", nargs=-1, metavar="[METHOD]…")
    return _with([methods, _SUITE, *_PICTURES, size_option, plugin_option], _suited(function))


def _suited(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(**given: Any) -> Any:
        chosen, registry, others = _chosen(given)
        return function(suite=chosen, registry=registry, **others)

    return wrapper


def running(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how cells are run; it receives them as one `Options`."""
    options = [
        device_option,
        click.option(
            "--batch-size",
            default="auto",
            show_default=True,
            metavar="auto|N",
            callback=_batch_size,
            help="Images completed at once.",
        ),
        click.option(
            "--rerun",
            type=click.Choice(list(RERUNS)),
            default="stale",
            show_default=True,
            help="missing: what was never finished. stale: also what is out of date. failed: also failures. "
            "all: everything.",
        ),
        samples_option,
        click.option(
            "--strict",
            is_flag=True,
            help="An image that cannot be decoded fails its cells, in place of being left out.",
        ),
        click.option("--fail-fast", is_flag=True, help="End at the first failure."),
        click.option(
            "--train/--no-train",
            default=True,
            help="Train what methods must have learned and have not; else say how to, and end.  [default: --train]",
        ),
        click.option(
            "--isolation",
            type=click.Choice(get_args(Isolation)),
            default=default_isolation,
            show_default="process",
            help="process: cells run in worker processes, and what kills one costs its cell. none: in this process.",
        ),
        click.option(
            "--timeout",
            metavar="TIME",
            callback=_parsed(parse_seconds),
            help="End a cell that takes longer, such as 90s, 15m or 2h.",
        ),
        click.option(
            "--memory",
            metavar="AMOUNT",
            callback=_parsed(parse_bytes),
            help="End a cell whose processes take more memory, such as 16g; it is tried again with smaller batches.",
        ),
        click.option(
            "--workers",
            type=click.IntRange(1, 4096),
            default=1,
            show_default=True,
            help="So many cells at once, which share the processors.",
        ),
        click.option(
            "--gpus",
            metavar="N,…",
            callback=lambda context, parameter, value: _parsed(parse_gpus)(context, parameter, value) or (),
            help="GPUs to use, with one worker each.  [default: all]",
        ),
        click.option(
            "--engine",
            type=click.Choice(get_args(EngineName)),
            default="local",
            show_default=True,
            help="local: on this machine. ray, slurm: on the machines of a cluster.",
        ),
        click.option(
            "--address",
            default="",
            metavar="HOST:PORT",
            help="The Ray cluster, or auto.  [default: one on this machine alone]",
        ),
        click.option(
            "--slurm",
            multiple=True,
            metavar="KEY=VALUE",
            callback=_settings,
            help="A parameter of Slurm or submitit, such as partition=gpu or gpus_per_node=4. Repeatable.",
        ),
        click.option(
            "--deterministic",
            is_flag=True,
            help="Take only algorithms that give the same numbers each time; methods that have none fail.",
        ),
        click.option(
            "--track",
            multiple=True,
            metavar="NAME",
            help=f"Write down each finished cell in DIR/tracking/: {', '.join(TRACKERS)}. Repeatable.",
        ),
    ]
    names = [field.name for field in fields(Options)]

    @wraps(function)
    def wrapper(**given: Any) -> Any:
        return function(options=Options(**{name: given.pop(name) for name in names}), **given)

    return _with(options, wrapper)


def _parsed(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return a callback that reads an option's text, if it was given."""

    def callback(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except UsageError as error:
            raise click.BadParameter(str(error), context, parameter) from error

    return callback


def _settings(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> Any:
    """Read `KEY=VALUE`, several times."""
    try:
        return parse_settings(value)
    except UsageError as error:
        raise click.BadParameter(str(error), context, parameter) from error


def _with(options: Sequence[Callable[..., Any]], function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function


def _batch_size(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    """Read `auto` (None) or a whole number from 1."""
    if value == "auto":
        return None
    if value.isdecimal() and int(value) >= 1:
        return int(value)
    raise click.BadParameter(f"{value!r} is not possible; expected auto or a whole number from 1.", context, parameter)


def _chosen(given: dict[str, Any]) -> tuple[Suite, Registry, dict[str, Any]]:
    """Return the suite that options ask for, the plugins, and the options that are about something else."""
    changes = {
        name: given.pop(name)
        for name in ("methods", "datasets", "masks", "metrics", "size", "limit", "seed")
        if name in given
    }
    suite = Suite.load(given.pop("suite")).replace(**changes)
    return suite, registry_with(given.pop("plugins")), given


def registry_with(plugins: tuple[str, ...]) -> Registry:
    """Load all plugins; those installed ones that fail are named on stderr and left out."""
    registry = load_registry(plugins)
    for problem in registry.problems:
        click.echo(f"bench: the plugin {problem.source} is left out: {problem.message}", err=True)
    return registry
