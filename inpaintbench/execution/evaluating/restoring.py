"""What code of others may change of the process that it runs in, put back.

A method that sets the file mode mask would leave results that nobody can read; one that changes the working directory,
`sys.path` or the environment would meet another process in its next cell than it met in the first. What it changes of
torch is put back by `device.torch_state_restored`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_USUAL: Final = 0o022


def file_modes() -> int:
    """Return the file mode mask."""
    modes = os.umask(_USUAL)  # there is no other way to read it
    os.umask(modes)
    return modes


@contextmanager
def process_state_restored() -> Iterator[None]:
    """Put working directory, environment, `sys.path` and the file mode mask back as they were."""
    modes, path, environment, folder = file_modes(), [*sys.path], dict(os.environ), _working_directory()
    try:
        yield
    finally:
        os.umask(modes)
        sys.path[:] = path
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)
        if folder is not None:
            with contextlib.suppress(OSError):
                os.chdir(folder)


def _working_directory() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:  # somebody has removed it
        return None
