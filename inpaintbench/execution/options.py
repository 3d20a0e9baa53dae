"""How a plan is run. Nothing of it changes a score, so nothing of it is part of a cell's key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inpaintbench.execution.plan import Rerun

SAMPLES: Final = 4
"""Of so many images of each cell pictures are saved, unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a plan is run.

    Attributes:
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        batch_size: images completed at once; None for the device's own.
        rerun: which cells run; see `inpaintbench.execution.plan.RERUNS`.
        samples: of so many images of each cell pictures are saved; None for all.
        fail_fast: whether the first failure ends the run.
        strict: whether an image that cannot be decoded fails its cells.
    """

    device: str = "auto"
    batch_size: int | None = None
    rerun: Rerun = "stale"
    samples: int | None = SAMPLES
    fail_fast: bool = False
    strict: bool = False
