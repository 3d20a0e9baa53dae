"""Asking a worker which devices this machine has, for only a process that starts no others may look at them."""

from __future__ import annotations

import os
from typing import Any

from inpaintbench.errors import DeviceError, UsageError, WorkerError
from inpaintbench.execution.devices.leases import VISIBLE, Lease, chosen_gpus, on_gpus, on_processors
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.channel import revive
from inpaintbench.execution.workers.nursery import Nursery


def find_leases(options: Options, nursery: Nursery) -> tuple[Lease, ...]:
    """Return what each worker may use.

    Raises:
        DeviceError: if there is no such device here.
        UsageError: if options contradict each other.
    """
    if options.device.partition(":")[0] == "cpu":
        return on_processors(options.workers)
    found = _probe(nursery, "cuda" if options.gpus else options.device)
    kind, _, number = str(found["device"]).partition(":")
    if kind == "cpu":
        return on_processors(options.workers)
    if options.workers > 1:
        raise UsageError("--workers is for processors; on GPUs there is one worker each. Choose them with --gpus.")
    if kind == "mps":
        return (Lease(str(found["device"])),)
    given = options.gpus or ((int(number),) if ":" in options.device else ())
    return on_gpus(chosen_gpus(given, int(found["gpus"])), os.environ.get(VISIBLE))


def _probe(nursery: Nursery, device: str) -> dict[str, Any]:
    """Ask a worker which devices there are: to look for them here would keep this process from starting others.

    Raises:
        DeviceError: if there is none of that name.
        WorkerError: if it dies of the question.
    """
    _, channel, output = nursery.spawn()
    try:
        channel.send({"is": "probe", "device": device})
        answer = channel.receive()
    except Exception as error:
        raise WorkerError(f"The devices of this machine cannot be asked for: {error}") from error
    finally:
        channel.close()
        os.close(output)
    if "why" in answer:
        raise WorkerError(f"The devices of this machine cannot be asked for: {answer['why']}")
    if "type" in answer:
        raise DeviceError(str(revive(answer)))
    return answer
