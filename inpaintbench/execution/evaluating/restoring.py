"""What code of others may change of the process that it runs in, put back.

A method that sets the file mode mask would leave results that nobody can read; one that changes the working directory,
`sys.path` or the environment would meet another process in its next cell than it met in the first. What it changes of
torch is put back by `device.torch_state_restored`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from inpaintbench.execution.devices.settings import Changed, put_back

_USUAL: Final = 0o022

_OF_TORCH: Final = frozenset(
    ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "CUDA_MODULE_LOADING", "KMP_DUPLICATE_LIB_OK")
)
"""Variables that torch sets for itself once it needs them. They change no number, and stay as they are."""


def file_modes() -> int:
    """Return the file mode mask."""
    modes = os.umask(_USUAL)  # there is no other way to read it
    os.umask(modes)
    return modes


@dataclass(frozen=True)
class ProcessState:
    """What this process was like at some moment.

    Attributes:
        modes: the file mode mask.
        path: where modules are looked for.
        environment: the variables, but for torch's own.
        folder: the working directory; None if somebody has removed it.
    """

    modes: int
    path: tuple[str, ...]
    environment: dict[str, str]
    folder: Path | None

    @classmethod
    def read(cls) -> Self:
        """Return what it is like."""
        environment = {name: value for name, value in os.environ.items() if name not in _OF_TORCH}
        return cls(file_modes(), tuple(sys.path), environment, _working_directory())

    def restore(self) -> list[str]:
        """Let it be like this again, and return the names of what was not."""
        now = ProcessState.read()
        changed = [called for name, called in _NAMES.items() if getattr(now, name) != getattr(self, name)]
        os.umask(self.modes)
        sys.path[:] = self.path
        if now.environment != self.environment:
            for name in now.environment.keys() - self.environment.keys():
                del os.environ[name]
            os.environ.update(self.environment)
        if now.folder != self.folder and self.folder is not None:
            with contextlib.suppress(OSError):
                os.chdir(self.folder)
        return changed


_NAMES: Final = {
    "modes": "file modes",
    "path": "sys.path",
    "environment": "environment",
    "folder": "working directory",
}


def process_state_restored(changed: Changed = lambda names: None) -> contextlib.AbstractContextManager[None]:
    """Put working directory, environment, `sys.path` and the file mode mask back as they were.

    Args:
        changed: told what had to be put back, if anything.
    """
    return put_back(ProcessState.read(), changed)


def _working_directory() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:  # somebody has removed it
        return None
