"""The data sets that come with inpaintbench: `specs/` is their table of contents; one data set a file."""

from __future__ import annotations

from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec
from inpaintbench_datasets.specs import faces, objects, own, scenes


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    """Return the bundled data sets."""
    return [*own.SPECS, *faces.SPECS, *scenes.SPECS, *objects.SPECS]
