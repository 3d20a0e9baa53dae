"""The masks that come with inpaintbench: `specs/` is their table of contents; one family a file."""

from __future__ import annotations

from inpaintbench import hookimpl
from inpaintbench.api import MaskSpec
from inpaintbench_masks.specs import files, regions, shapes, strokes


@hookimpl
def register_masks() -> list[MaskSpec]:
    """Return the bundled masks."""
    return [*shapes.SPECS, *regions.SPECS, *strokes.SPECS, *files.SPECS]
