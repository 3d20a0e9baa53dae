"""What `--slurm` says, as submitit takes it: parameters of a task, which is one process on one node."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import submitit

from inpaintbench.errors import UsageError
from inpaintbench.execution.options import LISTS, Options, Setting

DEFAULTS: Final[Mapping[str, Setting]] = {"name": "inpaintbench", "timeout_min": 24 * 60}
"""Where nothing else is said: submitit's own five minutes are over before a benchmark has begun."""

_COMMON: Final = (
    "name", "timeout_min", "mem_gb", "nodes", "cpus_per_task", "gpus_per_node", "tasks_per_node", "stderr_to_stdout",
)  # fmt: skip
"""Parameters that submitit translates itself; others belong to one kind of cluster, and their names begin with it."""

_ALONE: Final = ("nodes", "tasks_per_node", "ntasks_per_node")
"""Parameters that would have the same work done several times."""

_SWITCHES: Final = ("exclusive", "stderr_to_stdout", "use_srun")
_YES_AND_NO: Final = {"true": True, "false": False}

_EXCLUDE: Final = "slurm_exclude"


def executor_for(options: Options, folder: Path) -> Any:
    """Return submitit's executor with all parameters set.

    Args:
        options: `slurm` counts.
        folder: for submitit's files.

    Raises:
        UsageError: if there is no Slurm here, submitit knows no such parameter, or one would do harm.
    """
    given = {name.removeprefix("slurm_"): value for name, value in {**DEFAULTS, **options.slurm}.items()}
    cluster = str(given.pop("cluster", "slurm"))
    for name in _ALONE:
        if str(given.get(name, 1)) != "1":
            raise UsageError(
                f"Slurm cannot be used so: {name}={given[name]} would have each task's work done several times. A task "
                "is one process on one node; there is one for each method, and --workers divides its processors."
            )
    # Slurm's own retries would come beside ours, and begin a task anew that is taken for dead.
    more = {"additional_parameters": {"no-requeue": True}}
    try:
        executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
        executor.update_parameters(**{_full(name): _typed(name, value) for name, value in (given | more).items()})
    except (RuntimeError, ValueError, NameError, TypeError, AssertionError, OSError) as error:
        raise UsageError(f"Slurm cannot be used so: {' '.join(str(error).split())}") from error
    return executor


def exclude(executor: Any, options: Options, nodes: Mapping[str, object]) -> None:
    """Let tasks that are submitted from now on keep away from nodes, and from those that the options name."""
    given = options.slurm.get(_EXCLUDE, options.slurm.get("exclude"))
    named = [*([str(given)] if given is not None else []), *nodes]
    executor.update_parameters(**{_EXCLUDE: ",".join(named) or None})


def device_of(options: Options) -> str:
    """Return the type of device that tasks use: that of GPUs if such are asked for.

    Raises:
        UsageError: if a single device is chosen.
    """
    if options.device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {options.device} is not possible with Slurm, which chooses: auto, cpu or cuda.")
    asked = any(_asks_for_gpus(name.removeprefix("slurm_"), str(value)) for name, value in options.slurm.items())
    return ("cuda" if asked else "cpu") if options.device == "auto" else options.device


def _asks_for_gpus(name: str, value: str) -> bool:
    """Whether a parameter does, such as `gpus_per_node=2` or `gres=gpu:a100:1`."""
    if name == "gres":
        return any(
            part.split(":")[0] == "gpu" and not part.endswith(":0") for part in value.replace("(", ":").split(",")
        )
    return (name.startswith("gpus") or name == "num_gpus") and value.rpartition(":")[2] != "0"


def _full(name: str) -> str:
    return name if name in _COMMON else f"slurm_{name}"


def _typed(name: str, value: Any) -> Any:
    """Return a value as submitit takes that of this parameter."""
    if name in LISTS and isinstance(value, str | int | float):
        return [str(value)]
    if name in LISTS:
        return list(value)
    return _YES_AND_NO.get(str(value).lower(), value) if name in _SWITCHES else value
