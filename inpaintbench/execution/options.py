"""How a plan is run. Nothing of it changes a score, so nothing of it is part of a cell's key."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal, cast, get_args

from inpaintbench.errors import UsageError
from inpaintbench.execution.planning.plan import RERUNS, Rerun
from inpaintbench.trackers import check_names

SAMPLES: Final = 4
"""Of so many images of each cell pictures are saved, unless told otherwise."""


Isolation = Literal["process", "none"]
EngineName = Literal["local", "ray", "slurm"]
Setting = str | int | float | tuple[str, ...] | list[str]

LISTS: Final = ("setup", "teardown", "srun_args")
"""Parameters of submitit that may be given several times: lines of a script, and arguments of `srun`."""

ISOLATION_VARIABLE: Final = "INPAINTBENCH_ISOLATION"
"""The environment variable that says how cells are kept apart where nothing else does."""


def default_isolation() -> Isolation:
    """Return how cells are kept apart: in worker processes, where the system knows such."""
    chosen = os.environ.get(ISOLATION_VARIABLE) or ("none" if sys.platform == "win32" else "process")
    return cast(Isolation, chosen)


def parse_settings(texts: Iterable[str]) -> dict[str, Setting]:
    """Read parameters of submitit such as `partition=gpu`.

    What a number would be written like is one; `00742` is a name. `LISTS` say what may come several times.

    Raises:
        UsageError: if one is not of that form, or comes twice.

    >>> parse_settings(["partition=gpu", "gpus_per_node=4", "account=00742", "setup=module load cuda", "setup=date"])
    {'partition': 'gpu', 'gpus_per_node': 4, 'account': '00742', 'setup': ('module load cuda', 'date')}
    """
    settings: dict[str, Setting] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and value and name.isidentifier()):
            raise UsageError(f"{text!r} is not possible; expected KEY=VALUE, such as partition=gpu.")
        if name.removeprefix("slurm_") in LISTS:
            lists[name] = (*lists.get(name, ()), value)
        elif name in settings:
            raise UsageError(f"{name} is given twice: as {settings[name]}, and as {value}.")
        else:
            settings[name] = _number_or_text(value)
    return settings | lists


def _number_or_text(value: str) -> int | float | str:
    for kind in (int, float):
        with suppress(ValueError):
            if str(number := kind(value)) == value and value[-1].isdigit():  # `nan` and `inf` are names
                return number
    return value


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a plan is run.

    Attributes:
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        batch_size: images completed at once; None for the device's own.
        rerun: which cells run; see `inpaintbench.execution.planning.plan.RERUNS`.
        samples: of so many images of each cell pictures are saved; None for all.
        fail_fast: whether the first failure ends the run.
        strict: whether an image that cannot be decoded fails its cells.
        train: whether what methods must have learned is trained where it is missing.
        isolation: `process`: cells run in worker processes, which are watched; `none`: in this one.
        timeout: seconds that a cell may take; None for as many as it likes.
        memory: bytes that a cell may take, devices' not counted; None for as many as there are.
        workers: that share the processors, where cells run on these: those of each machine.
        gpus: numbers of those to use; empty for what `device` says.
        deterministic: whether only algorithms are taken that give the same numbers each time.
        engine: `local`: cells run on this machine; `ray` or `slurm`: on those of a cluster.
        address: of a Ray cluster; empty for one on this machine alone, which ends with the run.
        slurm: parameters of submitit, such as `partition`.
        track: names of trackers, which write down what becomes of cells; see `inpaintbench.trackers`.
    """

    device: str = "auto"
    batch_size: int | None = None
    rerun: Rerun = "stale"
    samples: int | None = SAMPLES
    fail_fast: bool = False
    strict: bool = False
    train: bool = True
    isolation: Isolation = field(default_factory=default_isolation)
    timeout: float | None = None
    memory: int | None = None
    workers: int = 1
    gpus: tuple[int, ...] = ()
    deterministic: bool = False
    engine: EngineName = "local"
    address: str = ""
    slurm: Mapping[str, Setting] = field(default_factory=dict)
    track: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        Raises:
            UsageError: if a value has the wrong type or range.
        """
        for name, lowest in (("batch_size", 1), ("samples", 0), ("workers", 1), ("memory", 1)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < lowest):
                raise UsageError(f"{name}={value!r} is not possible; expected None or a whole number from {lowest}.")
        if self.isolation not in get_args(Isolation):
            raise UsageError(f"isolation={self.isolation!r} is not possible; expected process or none.")
        if self.timeout is not None and not self.timeout > 0:
            raise UsageError(f"timeout={self.timeout!r} is not possible; expected None or seconds above 0.")
        if self.rerun not in RERUNS:
            raise UsageError(f"rerun={self.rerun!r} is not possible; expected one of {', '.join(RERUNS)}.")
        if not isinstance(self.device, str):
            raise UsageError(f"device={self.device!r} is not possible; expected text such as 'auto' or 'cuda:0'.")
        check_names(self.track)
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        if self.engine not in get_args(EngineName):
            raise UsageError(f"engine={self.engine!r} is not possible; expected local, ray or slurm.")
        if sys.platform == "win32" and (self.engine != "local" or self.isolation == "process"):
            asked = "--isolation process" if self.engine == "local" else f"--engine {self.engine}"
            raise UsageError(f"{asked} needs worker processes, which Windows does not have; leave it out.")
        if self.address and self.engine != "ray":
            raise UsageError("--address is that of a Ray cluster; it needs --engine ray.")
        if self.slurm and self.engine != "slurm":
            raise UsageError("--slurm needs --engine slurm.")
        if self.engine != "local" and self.isolation == "none":
            raise UsageError(f"--isolation none runs cells in this process, and --engine {self.engine} elsewhere.")
        if self.engine != "local" and self.gpus:
            raise UsageError(
                f"--gpus chooses among the GPUs of this machine; with --engine {self.engine}, the cluster does."
            )
