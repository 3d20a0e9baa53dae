"""`bench train`: train methods on data sets, beforehand and alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from inpaintbench.api import MethodSpec
from inpaintbench.cli.options import training
from inpaintbench.errors import UsageError
from inpaintbench.plugins import Registry
from inpaintbench.suite import Suite

if TYPE_CHECKING:
    from inpaintbench.execution.teaching.school import Precision

_KEPT: Final = "What was saved last is kept; the same command goes on from there."
_KEPT_ANEW: Final = "What was saved last is kept; the same command without --anew goes on from there."


@click.command("train")
@training
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda[:N]|mps", help="Where to train.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32"]),
    default="auto",
    show_default=True,
    help="auto: networks compute in bfloat16 where the processor does that faster; CUDA does in any case.",
)
@click.option("--anew", is_flag=True, help="Train also what is trained, or shipped, from the first step.")
@click.option(
    "--save-every",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How often the state is saved, from which an interrupted training goes on.",
)
@click.option(
    "--export",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also put a copy of each checkpoint there, its weights rounded to float16.",
)
@click.pass_context
def train_command(
    context: click.Context,
    suite: Suite,
    registry: Registry,
    device: str,
    precision: Precision,
    anew: bool,
    save_every: float,
    export: Path | None,
) -> None:
    """Train what METHODs must have learned on data sets, such as `bench train yeh -d celeba`.

    Without METHOD and options it trains what the embedded suite needs. What is trained already, or came with the
    method, is left alone. Masks count only for methods that are trained for each mask. One training that fails stops
    no other.
    """
    from inpaintbench.checkpoints import Library
    from inpaintbench.checkpoints.export import export_half
    from inpaintbench.cli.progress import Display, Lines
    from inpaintbench.execution.devices.device import choose_device
    from inpaintbench.execution.planning.learning import plan_trainings
    from inpaintbench.execution.teaching.school import School, train_all
    from inpaintbench.selectors import select

    library = Library()
    for named in context.params["methods"]:
        if not any(one.spec.training for one in select((named,), MethodSpec, registry)):
            click.echo(f"bench: {named} learns nothing, and is not trained.", err=True)
    trainings = plan_trainings(suite, registry, library)
    if not trainings:
        raise UsageError("There is nothing to train: `bench show NAME` says which methods learn.")
    found = {one.training.wanted.key: one.checkpoint for one in trainings if one.checkpoint and not anew}
    to_train = [one for one in trainings if one.training.wanted.key not in found]
    try:
        with Display() if sys.stderr.isatty() else Lines() as listener:
            school = School(choose_device(device), library, listener, save_seconds=save_every, precision=precision)
            obtained, failed = train_all(to_train, school, anew=anew)
    except KeyboardInterrupt as stop:
        click.echo(err=True)
        raise click.Abort(_KEPT_ANEW if anew else _KEPT) from stop
    for planned in trainings:
        checkpoint = {**found, **obtained}.get(planned.training.wanted.key)
        if checkpoint:
            place = export_half(checkpoint, export) if export else checkpoint.folder
            click.echo(f"{planned.training.title}: {place}")
    if failed:
        context.exit(1)
