"""Where what can be made again is kept: `$INPAINTBENCH_CACHE`, to be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from inpaintbench.errors import CacheError

CACHE_VARIABLE: Final = "INPAINTBENCH_CACHE"
"""The environment variable that names the folder of caches."""


def cache_folder() -> Path:
    """Return the folder of caches: `$INPAINTBENCH_CACHE`, or `$XDG_CACHE_HOME/inpaintbench` if that is not set.

    Where the latter is not set either, it is `~/.cache`. The folder need not exist.

    Raises:
        CacheError: if it begins with the home folder of somebody who has none.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser().absolute() / "inpaintbench"
    except RuntimeError as error:
        raise CacheError(f"No folder of caches is known ({error}). Name one in ${CACHE_VARIABLE}.") from error
