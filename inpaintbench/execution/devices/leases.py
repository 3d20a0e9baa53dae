"""Leases: which device each worker has to itself, and how many processors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from inpaintbench.errors import DeviceError, UsageError
from inpaintbench.execution.devices.threads import allowed_threads

_PIXELS_AT_ONCE: Final = {"cpu": 2**18, "cuda": 2**21, "mps": 2**20}
_LARGEST_BATCH: Final = 256

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Lease:
    """What one worker may use.

    Attributes:
        device: as the worker calls it: it sees no other one.
        threads: of the processor; 0 for as many as torch takes.
        environment: variables by which it sees its device alone.
    """

    device: str
    threads: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The type of the device: `cpu`, `cuda` or `mps`."""
        return self.device.partition(":")[0]


def on_processors(workers: int) -> tuple[Lease, ...]:
    """Return leases for workers that share the processors, each with no more threads than `OMP_NUM_THREADS` allows."""
    share = max(1, processors() // workers)
    threads = min(share, allowed_threads() or share) if workers > 1 else 0
    return (Lease("cpu", threads),) * workers


def on_gpus(numbers: Sequence[int], visible: str | None = None) -> tuple[Lease, ...]:
    """Return a lease for each GPU.

    Args:
        numbers: of the GPUs, as this process counts them.
        visible: which GPUs this process sees, as `CUDA_VISIBLE_DEVICES` says it; None for all.
    """
    names = visible.split(",") if visible else []
    return tuple(
        Lease("cuda:0", environment={VISIBLE: names[number].strip() if names else str(number)}) for number in numbers
    )


def parse_gpus(text: str) -> tuple[int, ...]:
    """Read numbers of GPUs such as `0,1`.

    Raises:
        UsageError: if it is none, or one of them comes twice.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise UsageError(f"{text!r} is not possible; expected numbers of GPUs such as 0,1, each once.")
    return tuple(map(int, parts))


def chosen_gpus(given: Sequence[int], count: int) -> tuple[int, ...]:
    """Return the GPUs to use: those that were given, or all.

    Raises:
        DeviceError: if there are not so many.
    """
    if missing := [number for number in given if number >= count]:
        there = f"those here are 0 to {count - 1}" if count else "there is none that torch can use"
        raise DeviceError(f"There is no GPU {missing[0]}; {there}.")
    return tuple(given) or tuple(range(count))


def processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def automatic_batch_size(kind: str, size: int) -> int:
    """Return how many images of `size` pixels squared are completed at once on a type of device.

    It is the same for every method, so that their times can be compared.
    """
    return max(1, min(_LARGEST_BATCH, _PIXELS_AT_ONCE[kind] // size**2))
