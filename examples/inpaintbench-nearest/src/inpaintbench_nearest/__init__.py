"""What this plugin brings to inpaintbench. Nothing heavy is imported here: `bench list` reads this file."""

from inpaintbench import hookimpl
from inpaintbench.api import MethodSpec


@hookimpl
def register_methods() -> list[MethodSpec]:
    """Return the methods of this package."""
    return [
        MethodSpec(
            name="nearest_fill",
            target="inpaintbench_nearest.nearest_fill:NearestFill",
            summary="Every missing pixel takes the colour of the nearest known pixel.",
            licence="MIT",
        )
    ]
