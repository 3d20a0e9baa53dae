"""A Ray cluster: one that is there already, or one of this machine alone for as long as a run takes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, cast

import ray
from ray.exceptions import RayError

from inpaintbench.errors import DeviceError, UsageError
from inpaintbench.execution.devices.leases import Lease
from inpaintbench.execution.engines.clusters.ray.address import connect, refuse_other
from inpaintbench.execution.engines.clusters.ray.ears import Ears, Heard
from inpaintbench.execution.options import Options

_LOOK_SECONDS: Final = 5.0
"""Between two looks at how large the cluster is: nodes come and go."""


class Cluster:
    """Connects to a cluster, starts tasks there, and says what each may use. All that a run asks of Ray is here.

    Args:
        options: `address`, `device` and `workers` count.

    Raises:
        DeviceError: if the cluster has no such device.
        UsageError: if there is no cluster at this address, or another one is connected already.
    """

    def __init__(self, options: Options) -> None:
        self._own = not ray.is_initialized()  # in a notebook, one may be connected already
        if self._own:
            connect(options.address)
        else:
            refuse_other(options.address)
        try:
            self.lease, self._resources = self._choose(options)
        except BaseException:
            self._leave()
            raise
        self._slots, self._looked = 1, -_LOOK_SECONDS
        self._functions: dict[Callable[[Any], Iterator[Any]], Any] = {}
        self._ears = Ears()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; what was started for this run ends."""
        self._ears.close()
        self._leave()

    def _leave(self) -> None:
        if self._own:
            ray.shutdown()

    @property
    def slots(self) -> int:
        """How many tasks find a place at once, as far as is known."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            name, each = self._needed
            self._looked, self._slots = now, max(1, sum(node.get(name, 0) // each for node in _nodes()))
        return self._slots

    @property
    def lack(self) -> str:
        """Why a task finds no place, as a sentence; empty if one would."""
        name, each = self._needed
        what = f"{each} {name}{'s' if each > 1 else ''}"
        if not any(node.get(name, 0) >= each for node in _nodes()):
            return f"Nothing can be done yet: each task needs {what}, and no node of the Ray cluster offers that."
        there = cast(Mapping[str, float], ray.available_resources())  # type: ignore[no-untyped-call]
        if there.get(name, 0) < each:
            return f"Nothing can be done yet: each task needs {what}, and others use all that the Ray cluster has."
        return ""

    def start(self, function: Callable[[Any], Iterator[Any]], given: Any, name: str) -> Any:
        """Start a task, and return what it is known by; `heard` tells what it yields. A lost one is not retried."""
        if function not in self._functions:
            self._functions[function] = ray.remote(function)
        options = {"num_returns": "streaming", "max_retries": 0, "name": f"inpaintbench: {name}"}
        task = self._functions[function].options(**options, **self._resources).remote(given)
        self._ears.listen_to(task)
        return task

    def heard(self, seconds: float) -> list[Heard]:
        """Wait until a task says something, but not for longer, and return all that was said, in its order."""
        return self._ears.heard(seconds)

    def keep(self, content: Any) -> Any:
        """Give the cluster something that several tasks need; return a reference, which they follow."""
        return ray.put(content)

    def cancel(self, tasks: Collection[Any], *, at_once: bool = False) -> None:
        """Interrupt tasks, or end their processes."""
        for task in tasks:
            with contextlib.suppress(RayError):
                ray.cancel(task, force=at_once)

    def ended(self, tasks: Collection[Any], seconds: float) -> list[Any]:
        """Wait until tasks have ended, but not for longer, and return those that have."""
        ends = {task.completed(): task for task in tasks}
        if not ends:
            return []
        found, _ = ray.wait(list(ends), num_returns=len(ends), timeout=seconds, fetch_local=False)
        return [ends[one] for one in found]

    @property
    def _needed(self) -> tuple[str, int]:
        """What decides how many tasks find a place, as Ray calls it, and how much of it each takes."""
        return ("GPU", 1) if "num_gpus" in self._resources else ("CPU", self._resources["num_cpus"])

    def _choose(self, options: Options) -> tuple[Lease, dict[str, int]]:
        """Return what a task may use, as its worker sees it and as Ray does."""
        if options.device not in ("auto", "cpu", "cuda"):
            raise UsageError(f"--device {options.device} is not possible with Ray, which chooses: auto, cpu or cuda.")
        nodes = _nodes()
        gpus = any(node.get("GPU") for node in nodes)
        if options.device == "cuda" and not gpus:
            raise DeviceError("No node of the Ray cluster has a GPU.")
        if gpus and options.device != "cpu":
            if options.workers > 1:
                raise UsageError("--workers is for processors; on GPUs there is one worker each.")
            return Lease("cuda:0"), {"num_gpus": 1, "num_cpus": 0}  # a GPU whose node's processors are taken is free
        smallest = min((node["CPU"] for node in nodes if node.get("CPU")), default=1)
        each = max(1, smallest // options.workers)
        return Lease("cpu", each), {"num_cpus": each}


def _nodes() -> Sequence[Mapping[str, int]]:
    """Return what each node has of what it has whole ones of."""
    nodes = cast(Sequence[Mapping[str, Any]], ray.nodes())  # type: ignore[no-untyped-call]
    return [{name: int(count) for name, count in node["Resources"].items()} for node in nodes if node["Alive"]]
