"""`bench doctor`: what is usable on this machine, and where it was looked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from inpaintbench.api import Dataset, DatasetSpec, MethodSpec, MetricSpec, PluginSpec
from inpaintbench.cli.options import plugin_option, registry_with
from inpaintbench.errors import InpaintbenchError
from inpaintbench.folders import DATA_VARIABLE, data_folder, places_of
from inpaintbench.plugins import Registry
from inpaintbench.selectors import select
from inpaintbench.weights import WeightsFile

GOOD, BAD = "✓", "✗"


@click.command("doctor")
@plugin_option
def doctor_command(plugins: tuple[str, ...]) -> None:
    """Say what is usable here: versions, devices, plugins, data sets, checkpoints, and weights of metrics."""
    registry = registry_with(plugins)
    for title, lines in (
        ("Versions", _versions()),
        ("Devices", _devices()),
        ("Plugins", _plugins(registry)),
        ("Data sets", _datasets(registry)),
        ("Prepared pictures", _prepared()),
        ("Checkpoints", _checkpoints()),
        ("Weights", _weights(registry)),
    ):
        click.secho(title, bold=True)
        for line in lines:
            click.echo(f"  {line}")


def _versions() -> Iterator[str]:
    from inpaintbench.provenance import commit, versions

    for name, version in versions().items():
        yield f"{name} {version}"
    if commit():
        yield f"commit {commit()}"


def _devices() -> Iterator[str]:
    from inpaintbench.execution.devices.device import choose_device, describe_device
    from inpaintbench.execution.devices.leases import automatic_batch_size

    for name in ("cpu", "cuda", "mps"):
        try:
            device = choose_device(name)
        except InpaintbenchError as error:
            yield f"{BAD} {name}: {str(error).partition(';')[0]}"
            continue
        described = describe_device(device)
        details = [described["name"]]
        details += [f"{described['threads']} threads"] if "threads" in described else []
        details += [f"{described['memory_bytes'] / 2**30:.0f} GiB"] if "memory_bytes" in described else []
        details += [f"{automatic_batch_size(device.type, 64)} images of 64 pixels a batch"]
        details += ["chosen by --device auto"] if choose_device("auto") == device else []
        yield f"{GOOD} {name}: {', '.join(details)}"


def _plugins(registry: Registry) -> Iterator[str]:
    for kind in registry.entries:
        count = len(registry.of(kind))
        yield f"{GOOD} {count} {kind}{'s' if count != 1 else ''}: {', '.join(registry.of(kind))}"
    for problem in registry.problems:
        yield f"{BAD} {problem.source}: {problem.message}"


def _datasets(registry: Registry) -> Iterator[str]:
    base = data_folder()
    chosen = DATA_VARIABLE if os.environ.get(DATA_VARIABLE) else f"{DATA_VARIABLE} is not set"
    found = sorted(entry.name for entry in base.iterdir() if entry.is_dir()) if base.is_dir() else []
    yield f"Relative paths are looked for below {Path.cwd()}, then below {base} ({chosen})"
    yield f"{GOOD if found else BAD} folders there: {', '.join(found) or 'none'}"
    absent = []
    for name, entry in registry.of("dataset").items():
        required = [parameter.name for parameter in entry.spec.parameters if parameter.required]
        if required:
            yield f"{GOOD} {name}: ready for {name}[{','.join(f'{parameter}=…' for parameter in required)}]"
        elif _has_no_folder(entry.spec):
            absent.append(name)
        else:
            yield _dataset_line(name, registry)
    if absent:
        yield f"{BAD} not here: {', '.join(absent)} (`bench prepare NAME` fetches one, or says how to get it)"


def _has_no_folder(spec: PluginSpec) -> bool:
    """Whether a published data set has no folder here, which is no fault to be explained."""
    path = next((parameter.default for parameter in spec.parameters if parameter.name == "path"), None)
    return isinstance(path, str) and not any(place.is_dir() for place in places_of(path))


def _dataset_line(name: str, registry: Registry) -> str:
    try:
        dataset = select([name], DatasetSpec, registry)[0].build()
        return f"{GOOD} {name}: {len(dataset.items('test'))} test images, {_training_images(dataset)}"
    except Exception as error:  # a stranger's data set may raise anything; doctor only reports it
        return f"{BAD} {name}: {_line(error)}"


def _training_images(dataset: Dataset) -> str:
    try:
        return f"{len(dataset.items('train'))} for training"
    except Exception as error:
        return f"none for training ({_line(error)})"


def _prepared() -> Iterator[str]:
    from inpaintbench.prepared.shelf import Shelf
    from inpaintbench.report.sheet import count

    try:
        shelf = Shelf()
    except InpaintbenchError as error:
        yield f"{BAD} {_line(error)}"
        return
    taken = f"{shelf.bytes / 1e9:.1f} of at most {shelf.limit / 1e9:g} GB"
    yield f"{GOOD} {count(len(shelf.splits()), 'split')}, {taken}, in {shelf.folder}"


def _checkpoints() -> Iterator[str]:
    from inpaintbench.checkpoints import Library
    from inpaintbench.report.sheet import count

    library = Library()
    found = list(library)
    yield f"{count(len(found), 'training')} in {library.folder}"
    for one in found:
        good = one.card.status == "complete"
        how = f"{one.card.steps:,} steps at {one.card.size} pixels" if good else one.card.error
        yield f"{GOOD if good else BAD} {one.card.title}: {how}"


def _weights(registry: Registry) -> Iterator[str]:
    for spec_type in (MethodSpec, MetricSpec):
        for name, entry in registry.of(spec_type.kind).items():
            if not entry.spec.requires:
                continue
            choices = next((parameter for parameter in entry.spec.parameters if parameter.choices), None)
            selectors = [f"{name}[{choices.name}={choice}]" for choice in choices.choices] if choices else [name]
            try:
                for selection in select(selectors, spec_type, registry):
                    yield from (_weights_line(selection.name, file) for file in selection.requirements())
            except Exception as error:
                yield f"{BAD} {name}: {_line(error)}"


def _weights_line(name: str, file: WeightsFile) -> str:
    if not file.found():
        return f"{BAD} {name}: {file.path} is absent; fetched when needed from {file.url} ({file.megabytes:g} MB)"
    digest = file.digest()
    official = digest.startswith(file.sha256)
    note = "the published file" if official else "not the published file; kept apart by its hash"
    return f"{GOOD} {name}: {file.path} (SHA-256 {digest[:8]}…, {note})"


def _line(error: Exception) -> str:
    """Return an error as one line; those of this package are sentences and need no type."""
    text = str(error) if isinstance(error, InpaintbenchError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())
