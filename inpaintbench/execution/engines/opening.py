"""Opening the engine that a run has asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from inpaintbench.errors import UsageError
from inpaintbench.execution.engines import Engine
from inpaintbench.execution.engines.clusters.remote import Brief
from inpaintbench.execution.engines.local import LocalEngine
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.execution.workers.probing import find_leases
from inpaintbench.plugins import Registry

Opening = Callable[[Registry, Path], tuple[Engine, str]]
"""Given the plugins and the results folder, returns an engine and the type of its devices."""


@contextmanager
def engine_for(options: Options) -> Iterator[Opening]:
    """Begin to prepare the engine that the options ask for, yield what opens it, and end all that it started.

    Raises:
        UsageError: if options contradict each other.

    What is yielded raises:
        DeviceError: if there is no such device.
        UsageError: if options contradict each other, or the engine cannot be had.
    """
    if options.gpus and options.device not in ("auto", "cuda"):
        raise UsageError(f"--gpus chooses among CUDA devices, and --device {options.device} names another one.")
    if options.engine == "ray":
        with ExitStack() as stack:
            yield lambda registry, results: _open_ray(options, Brief.of(registry, options), results, stack)
    elif options.engine == "slurm":
        yield lambda registry, results: _open_slurm(options, Brief.of(registry, options), results)
    elif options.isolation == "none":
        yield lambda registry, results: _open_inline(options, registry)
    else:
        with Nursery() as nursery:  # it imports while the run is planned
            yield lambda registry, results: _open_local(options, Brief.of(registry, options), nursery)


def _open_inline(options: Options, registry: Registry) -> tuple[Engine, str]:
    from inpaintbench.execution.devices.device import choose_device
    from inpaintbench.execution.engines.inline import InlineEngine

    if options.workers > 1 or len(options.gpus) > 1 or options.timeout or options.memory:
        raise UsageError("--isolation none knows no workers, and no limits of time and memory.")
    device = choose_device(f"cuda:{options.gpus[0]}" if options.gpus else options.device)
    return InlineEngine(registry, device, deterministic=options.deterministic), device.type


def _open_local(options: Options, brief: Brief, nursery: Nursery) -> tuple[Engine, str]:
    leases = find_leases(options, nursery)
    return LocalEngine(nursery, [brief.hello(lease) for lease in leases], brief.limits), leases[0].kind


def _open_ray(options: Options, brief: Brief, results: Path, stack: ExitStack) -> tuple[Engine, str]:
    _require("ray", "ray")
    from inpaintbench.execution.engines.clusters.ray.cluster import Cluster
    from inpaintbench.execution.engines.clusters.ray.engine import RayEngine

    cluster = stack.enter_context(Cluster(options))
    return RayEngine(cluster, brief, results), cluster.lease.kind


def _open_slurm(options: Options, brief: Brief, results: Path) -> tuple[Engine, str]:
    _require("submitit", "slurm")
    from inpaintbench.execution.engines.clusters.slurm.engine import SlurmEngine

    engine = SlurmEngine.open(options, brief, results)
    return engine, engine.options.device


def _require(module: str, extra: str) -> None:
    """Refuse an engine whose package is not installed; our own modules of the name do not count."""
    if find_spec(module) is None:
        raise UsageError(
            f"--engine {extra} needs the package {module}. To install it: pip install 'inpaintbench[{extra}]'"
        )
