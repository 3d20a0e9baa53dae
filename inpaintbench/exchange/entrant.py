"""How a folder of filled pictures enters the leaderboard: as a method that is registered for one run."""

from __future__ import annotations

from pathlib import Path

from inpaintbench.api import MethodSpec, Parameter
from inpaintbench.errors import UsageError
from inpaintbench.exchange.manifest import NAME
from inpaintbench.plugins import PluginSource, Registry


def enter(registry: Registry, name: str, export: Path, filled: Path) -> None:
    """Add a method of this name to the plugins of this process.

    Both places are defaults of its parameters, so that its selector is the bare name; a hash of what lies there is part
    of its results' keys.

    Args:
        registry: the plugins.
        name: what tables call it.
        export: folder of the export.
        filled: folder of the filled pictures.

    Raises:
        UsageError: if a method has this name already, or none can have it.
    """
    if taken := registry.of("method").get(name):
        raise UsageError(
            f"{name} is a method already, brought by {taken.source}, and no table could tell them apart. "
            "Choose another --name."
        )
    places = {
        "manifest": ("The manifest of the export.", export / NAME),
        "path": ("The folder of filled pictures.", filled),
    }
    parameters = tuple(
        Parameter(name=parameter, kind="path", help=help, default=str(place.absolute()))
        for parameter, (help, place) in places.items()
    )
    spec = MethodSpec(
        name=name,
        target="inpaintbench.exchange.filled:Filled",
        summary="Pictures that were filled elsewhere.",
        parameters=parameters,
        timed=False,
        notes="Scored by `bench score`; how the pictures were filled, nobody but who filled them knows.",
    )
    registry.add([spec], PluginSource("given", "bench score", location=str(export)))
