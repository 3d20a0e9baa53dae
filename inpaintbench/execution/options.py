"""How a plan is run. Nothing of it changes a score, so nothing of it is part of a cell's key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inpaintbench.errors import UsageError
from inpaintbench.execution.plan import RERUNS, Rerun

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
        train: whether what methods must have learned is trained where it is missing.
    """

    device: str = "auto"
    batch_size: int | None = None
    rerun: Rerun = "stale"
    samples: int | None = SAMPLES
    fail_fast: bool = False
    strict: bool = False
    train: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        Raises:
            UsageError: if a value has the wrong type or range.
        """
        for name, lowest in (("batch_size", 1), ("samples", 0)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < lowest):
                raise UsageError(f"{name}={value!r} is not possible; expected None or a whole number from {lowest}.")
        if self.rerun not in RERUNS:
            raise UsageError(f"rerun={self.rerun!r} is not possible; expected one of {', '.join(RERUNS)}.")
        if not isinstance(self.device, str):
            raise UsageError(f"device={self.device!r} is not possible; expected text such as 'auto' or 'cuda:0'.")
