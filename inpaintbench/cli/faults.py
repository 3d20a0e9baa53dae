"""What a plugin raises by a fault of its own, as a sentence in place of a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

from inpaintbench.errors import InpaintbenchError, PluginError


@contextmanager
def plugin_faults(plugins: str) -> Iterator[None]:
    """Turn what code of others raises into a `PluginError` that says where it comes from.

    Args:
        plugins: whose code runs, as the subject of a sentence: "The data set photos".

    Raises:
        PluginError: in place of anything but this package's own errors, and click's.
    """
    try:
        yield
    except (InpaintbenchError, click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise PluginError(
            f"{plugins} cannot be used: {type(error).__name__}: {error} ({last.filename}, line {last.lineno}). That is "
            "a fault of the plugin, or of this package."
        ) from error
