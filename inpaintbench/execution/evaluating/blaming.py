"""What an error that code of others has raised makes of a cell."""

from typing import Final

import torch

from inpaintbench.errors import InvalidOutputError
from inpaintbench.execution.evaluating.recording import text_of
from inpaintbench.records import Status

_OUT_OF_MEMORY: Final = ("out of memory", "can't allocate memory", "alloc_failed", "bad_alloc")
"""Words of errors that torch raises where memory has run out: of CUDA, MPS and the CPU, of cuBLAS, and of C++."""


def status_of(error: BaseException) -> Status:
    """Return how a cell has ended that this error has ended."""
    if isinstance(error, InvalidOutputError):
        return "invalid-output"
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return "oom"
    said = text_of(error).lower() if isinstance(error, RuntimeError) else ""
    return "oom" if any(words in said for words in _OUT_OF_MEMORY) else "failed"
