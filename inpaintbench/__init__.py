"""A benchmark suite for image inpainting.

`bench run` on the command line, `inpaintbench.run` in Python. Plugins need `hookimpl` from here, and what
`inpaintbench.api` promises. Importing this package imports no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inpaintbench.hookspecs import hookimpl

if TYPE_CHECKING:
    from inpaintbench.execution.run import run
    from inpaintbench.results import Results

__all__ = ["Results", "hookimpl", "run"]
__version__ = "0.1.0"

_LAZY = {"Results": "inpaintbench.results", "run": "inpaintbench.execution.run"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
