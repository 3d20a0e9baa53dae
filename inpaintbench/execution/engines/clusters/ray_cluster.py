"""A Ray cluster: one that is there already, or one of this machine alone for as long as a run takes."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, cast

import ray
from ray.exceptions import RayError

from inpaintbench.errors import DeviceError, UsageError
from inpaintbench.execution.devices.leases import Lease, processors
from inpaintbench.execution.options import Options

_LOOK_SECONDS: Final = 5.0
"""Between two looks at how large the cluster is: nodes come and go."""

_ANSWER_SECONDS: Final = 10.0


class Cluster:
    """Connects to a cluster, and says what a task of it may use.

    Args:
        options: `address`, `device` and `workers` count.

    Raises:
        DeviceError: if the cluster has no such device.
        UsageError: if there is no cluster at this address.
    """

    def __init__(self, options: Options) -> None:
        self._own = not ray.is_initialized()  # in a notebook, one may be connected already
        if self._own:
            _connect(options.address)
        try:
            self.lease, self._resources = self._choose(options)
        except BaseException:
            self.close()
            raise
        self._slots, self._looked = 1, -_LOOK_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; what was started for this run ends."""
        if self._own:
            ray.shutdown()

    @property
    def slots(self) -> int:
        """How many tasks find a place at once, as far as is known."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked, there = now, _resources()
            name, each = ("GPU", 1) if "num_gpus" in self._resources else ("CPU", self._resources["num_cpus"])
            self._slots = max(1, int(there.get(name, 0)) // int(each))
        return self._slots

    def start(self, function: Callable[[Any], Iterator[Any]], given: Any, name: str) -> Any:
        """Start a task, and return the generator of references to what it yields. A lost one is not retried."""
        task = ray.remote(function).options(
            num_returns="streaming", max_retries=0, name=f"inpaintbench: {name}", **self._resources
        )
        return task.remote(given)

    def _choose(self, options: Options) -> tuple[Lease, dict[str, int]]:
        """Return what a task may use, as its worker sees it and as Ray does."""
        if options.device not in ("auto", "cpu", "cuda"):
            raise UsageError(f"--device {options.device} is not possible with Ray, which chooses: auto, cpu or cuda.")
        gpus = _resources().get("GPU", 0)
        if options.device == "cuda" and not gpus:
            raise DeviceError("No node of the Ray cluster has a GPU.")
        if gpus and options.device != "cpu":
            if options.workers > 1:
                raise UsageError("--workers is for processors; on GPUs there is one worker each.")
            return Lease("cuda:0"), {"num_gpus": 1}
        found = [int(node["Resources"].get("CPU", 0)) for node in _nodes() if node["Alive"]]
        each = max(1, min(filter(None, found), default=1) // options.workers)
        return Lease("cpu", each if options.workers > 1 else 0), {"num_cpus": each}


def _resources() -> Mapping[str, float]:
    """Return what all nodes have together."""
    return cast(Mapping[str, float], ray.cluster_resources())  # type: ignore[no-untyped-call]


def _nodes() -> Sequence[Mapping[str, Any]]:
    return cast(Sequence[Mapping[str, Any]], ray.nodes())  # type: ignore[no-untyped-call]


def _connect(address: str) -> None:
    """Connect to the cluster of an address, or to one that is started on this machine.

    Raises:
        UsageError: if there is none at this address.
    """
    _refuse_silence(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to Ray's makers
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # as Ray wants it, and warns
    local: dict[str, Any] = {} if address else {"num_cpus": processors(), "include_dashboard": False}
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
    except (RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:  # such as a wrong token
        why = str(error).strip().partition("\n")[0]
        where = f"at {address}" if address else "on this machine"
        raise UsageError(f"There is no Ray cluster {where} that can be used: {why}") from error


def _refuse_silence(address: str) -> None:
    """Refuse an address `HOST:PORT` at which nothing answers: Ray itself would try for minutes.

    Raises:
        UsageError: if nothing does.
    """
    host, _, port = address.rpartition(":")
    if "/" in host or not (host and port.isdecimal()):  # `auto`, or a scheme of Ray's
        return
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"There is no Ray cluster at {address}: {error}") from error
