"""How many threads this process may compute with: torch's, and those of the libraries that numpy and scipy bring."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""By which libraries, and other programs, are told when they start."""

_SETTERS: Final = tuple(
    f"{before}openblas_set_num_threads{after}" for before in ("", "scipy_") for after in ("", "64_")
)


def allowed_threads() -> int | None:
    """Return how many threads `OMP_NUM_THREADS` allows; None if it says nothing that can be understood."""
    match = re.match(r"\s*(\d+)", os.environ.get("OMP_NUM_THREADS", ""))
    return (int(match[1]) or None) if match else None


def limit_threads(count: int) -> None:
    """Let this process, and what it starts from now on, compute with so many threads.

    An OpenBLAS that is loaded already has read its variables, and is told by a call of its own.
    """
    import torch

    torch.set_num_threads(count)  # and MKL's, which it contains
    os.environ.update(dict.fromkeys(VARIABLES, str(count)))
    for library in _loaded("openblas"):
        for name in _SETTERS:
            with contextlib.suppress(AttributeError):
                getattr(library, name)(count)


def _loaded(name: str) -> Iterator[ctypes.CDLL]:
    """Yield the libraries of this process in whose file's name that occurs; none where the system does not tell."""
    with contextlib.suppress(OSError):
        mapped = Path("/proc/self/maps").read_text().splitlines()
        for path in {line.split(maxsplit=5)[-1] for line in mapped if name in line.rpartition("/")[2]}:
            with contextlib.suppress(OSError):
                yield ctypes.CDLL(path)
