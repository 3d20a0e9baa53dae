"""`bench list` and `bench show`: what there is to choose from. Imports no plugin's code."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import Any, Final, cast, get_args

import click

from inpaintbench.api import DatasetSpec, MethodSpec, MetricSpec, PluginKind
from inpaintbench.cli.options import plugin_option, registry_with
from inpaintbench.errors import UnknownNameError
from inpaintbench.parameters import Parameter, format_value
from inpaintbench.plugins import Registered

_PLURALS: Final[dict[str, PluginKind]] = {
    "methods": "method",
    "datasets": "dataset",
    "masks": "mask",
    "metrics": "metric",
}


@click.command("list")
@click.argument("what", required=False, type=click.Choice(list(_PLURALS)))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def list_command(what: str | None, as_json: bool, plugins: tuple[str, ...]) -> None:
    """List the methods, data sets, masks and metrics that are installed."""
    registry = registry_with(plugins)
    plurals = [what] if what else list(_PLURALS)
    if as_json:
        document: dict[str, Any] = {
            plural: [_describe(entry) for entry in registry.of(_PLURALS[plural]).values()] for plural in plurals
        }
        document["problems"] = [
            {"source": str(problem.source), "message": problem.message} for problem in registry.problems
        ]
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    for plural in plurals:
        entries = registry.of(_PLURALS[plural])
        width = max(map(len, map(_signature, entries.values())), default=0)
        click.secho(f"{plural}", bold=True)
        for entry in entries.values():
            click.echo(f"  {_signature(entry):{min(width, 44)}}  {entry.spec.summary}{_origin(entry)}")
        if plural != plurals[-1]:
            click.echo()


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def show_command(name: str, as_json: bool, plugins: tuple[str, ...]) -> None:
    """Say all about one plugin: parameters, publication, licence, where it came from, whether it trains."""
    registry = registry_with(plugins)
    kinds = cast(tuple[PluginKind, ...], get_args(PluginKind))
    found = [registry.of(kind)[name] for kind in kinds if name in registry.of(kind)]
    if not found:
        raise UnknownNameError("plugin", name, (known for kind in kinds for known in registry.of(kind)))
    if as_json:
        click.echo(json.dumps([_describe(entry) for entry in found], indent=1, ensure_ascii=False))
        return
    for position, entry in enumerate(found):
        if position:
            click.echo()
        _print(entry)


def _signature(entry: Registered) -> str:
    required = [f"{parameter.name}=…" for parameter in entry.spec.parameters if parameter.required]
    return f"{entry.spec.name}[{','.join(required)}]" if required else entry.spec.name


def _origin(entry: Registered) -> str:
    """Name the file or the distribution of a plugin that is not bundled."""
    source = entry.source
    return "" if source.kind == "bundled" else f"  ({source.location or source.distribution or source.name})"


def _print(entry: Registered) -> None:
    spec = entry.spec
    click.echo(click.style(spec.name, bold=True) + f"  {spec.kind}, version {spec.version}, from {entry.source}")
    click.echo(f"\n{spec.summary}")
    if spec.parameters:
        click.echo("\nParameters:")
        for parameter in spec.parameters:
            click.echo(f"  {parameter.name}={_default(parameter)}")
            click.echo(f"      {parameter.help} Expected: {parameter.expected}.")
    for name, changes in spec.presets.items():
        listed = ", ".join(f"{parameter}={format_value(value)}" for parameter, value in changes.items())
        head = "Presets:\n" if name == next(iter(spec.presets)) else ""
        default = " (the default)" if name == spec.preset else ""
        click.echo(f"{chr(10) if head else ''}{head}  preset={name}{default}: {listed or 'the defaults above'}")
    facts = {"Publication": spec.reference, "Licence": spec.licence, "Notes": spec.notes}
    if isinstance(spec, MethodSpec):
        facts["Trains"] = describe_training(spec)
        facts["Sides"] = describe_sides(spec)
    if isinstance(spec, DatasetSpec):
        facts["Homepage"] = spec.homepage
        facts["Fetched by `bench prepare`"] = ", ".join(
            f"{download.filename} ({download.megabytes:,.0f} MB)" for download in spec.downloads
        )
    if isinstance(spec, MetricSpec):
        facts["Direction"] = "higher is better" if spec.higher_is_better else "lower is better"
        facts["Unit"] = spec.unit
    width = min(shutil.get_terminal_size().columns, 110)
    facts |= {f"Waives the check {check}": reason for check, reason in spec.waivers.items()}
    for label, text in facts.items():
        if text:
            click.echo("\n" + click.wrap_text(f"{label}: {text}", width=width, subsequent_indent="  "))
    if isinstance(spec, DatasetSpec) and spec.layout:
        click.echo("\nLayout, below the folder:")
        for line in spec.layout.splitlines():
            click.echo(f"  {line}")


def describe_sides(spec: MethodSpec) -> str:
    """Say of which side pictures must be, if not of any."""
    if spec.training and spec.training.sizes:
        return f"{', '.join(map(str, spec.training.sizes))} pixels"
    parts = [f"at least {spec.least_side} pixels"] if spec.least_side > 1 else []
    parts += [f"a multiple of {spec.multiple_of} pixels"] if spec.multiple_of > 1 else []
    return ", ".join(parts)


def describe_training(spec: MethodSpec) -> str:
    """Say how often a method is trained."""
    if spec.training is None:
        return "never"
    if not spec.training.per_mask:
        return "once for each data set and size"
    when = ", ".join(f"{name}={format_value(value)}" for name, value in spec.training.per_mask)
    return f"once for each data set and size; with {when} once for each mask, too"


def _default(parameter: Parameter) -> str:
    return "… (required)" if parameter.default is None else format_value(parameter.default)


def _describe(entry: Registered) -> dict[str, Any]:
    """Return a spec as JSON can hold it."""
    document = dataclasses.asdict(entry.spec)
    for described, parameter in zip(document["parameters"], entry.spec.parameters, strict=True):
        described["required"] = parameter.required
        described["expected"] = parameter.expected
        for bound in ("minimum", "maximum"):
            if abs(described[bound]) == float("inf"):
                described[bound] = None
    return {"kind": entry.spec.kind, **document, "source": dataclasses.asdict(entry.source)}
