"""What an adapter stands on and inpaintbench does not bring: libraries, and model files that a selector names."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from inpaintbench.errors import DatasetError, MissingWeightsError, PluginError
from inpaintbench.folders import places_of


def library(module: str, extra: str, package: str = "") -> Any:
    """Return an imported module.

    Args:
        module: its name.
        extra: of inpaintbench that brings it; the adapter's name by custom.
        package: under which it is published, if not by the name of the module.

    Raises:
        PluginError: if it cannot be imported; the message says what to install.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise PluginError(
            f"This method needs the package {package or module.partition('.')[0]}, which cannot be imported "
            f"({' '.join(str(error).split())}). Install it: pip install 'inpaintbench[{extra}]'."
        ) from error


def find_model(path: str) -> Path:
    """Return the file or folder that a selector names; it is looked for where data sets are.

    That is below the current folder, then below the folder of data sets. The key of a cell holds the hash of what lies
    there by the same rule.

    Raises:
        MissingWeightsError: if nothing lies there.
    """
    try:
        places = places_of(path)
    except DatasetError as error:  # it would end the whole run
        raise MissingWeightsError(str(error)) from error
    for place in places:
        if place.exists():
            return place
    raise MissingWeightsError(
        f"There is no {' nor '.join(map(str, places))}. Check the path for a slip; nothing is downloaded."
    )
