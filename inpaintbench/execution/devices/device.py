"""The device that cells run on: choosing it, waiting for it, and how much memory it took."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import torch

from inpaintbench.errors import DeviceError
from inpaintbench.execution.devices.settings import Changed, Settings, put_back


def choose_device(name: str) -> torch.device:
    """Return the device that `--device` names; `auto` is the first CUDA device if there is one, else the CPU.

    Raises:
        DeviceError: if there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(f"{name!r} is no device; expected auto, cpu, cuda, cuda:N or mps.") from None
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise DeviceError("There is no CUDA device here that torch can use; `bench doctor` says what there is.")
        if (device.index or 0) >= torch.cuda.device_count():
            raise DeviceError(f"There is no {name}; the CUDA devices here are 0 to {torch.cuda.device_count() - 1}.")
        return torch.device("cuda", device.index or 0)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("There is no MPS device here that torch can use; `bench doctor` says what there is.")
    if device.type not in ("cpu", "mps"):
        raise DeviceError(f"{name!r} is not supported; expected auto, cpu, cuda, cuda:N or mps.")
    return torch.device(device.type, 0) if device.type == "mps" else torch.device("cpu")  # as tensors there say


def describe_device(device: torch.device) -> dict[str, Any]:
    """Return what is stored of a device: type, name, and threads or memory."""
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return {
            "type": "cuda",
            "name": properties.name,
            "memory_bytes": properties.total_memory,
            "cuda": torch.version.cuda,
        }
    described = {"type": device.type, "name": _processor_name()}
    return described | ({"threads": torch.get_num_threads()} if device.type == "cpu" else {})


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that it was given, so that a clock read afterwards tells the truth."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def torch_state_restored(changed: Changed = lambda names: None) -> AbstractContextManager[None]:
    """Put torch's global settings back as they were, so that one method's do not reach the next method's cells.

    Args:
        changed: told what had to be put back, if anything.
    """
    return put_back(Settings.read(), changed)


@contextmanager
def deterministic(wanted: bool = True) -> Iterator[None]:
    """Let torch take only algorithms that give the same numbers each time; what has none raises a RuntimeError.

    cuBLAS heeds it only if CUDA has not been touched before.
    """
    if not wanted:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    try:
        with torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled, benchmark=False, deterministic=True):
            yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


@contextmanager
def full_float32() -> Iterator[None]:
    """Let float32 be float32 on CUDA: convolutions there otherwise round what they multiply to 10 bits (TF32).

    A method that prefers speed may choose so itself.
    """
    before = Settings.read()
    try:
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
        yield
    finally:
        before.restore()


class PeakMemory:
    """The most memory that was in use since it was made: on CUDA the tensors', elsewhere the whole process's."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._resettable = False
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        elif sys.platform == "linux":
            try:
                Path("/proc/self/clear_refs").write_text("5")  # sets the process's high-water mark to its present size
                self._resettable = True
            except OSError:
                pass

    def read(self) -> dict[str, Any]:
        """Return the peak in bytes, and what it counts."""
        if self._device.type == "cuda":
            return {
                "peak_bytes": torch.cuda.max_memory_allocated(self._device),
                "counts": "CUDA tensors of this cell",
            }
        if self._resettable and (peak := _high_water_mark()) is not None:
            return {"peak_bytes": peak, "counts": "the whole process, during this cell"}
        return {
            "peak_bytes": psutil.Process().memory_info().rss,
            "counts": "the whole process, at the end of this cell",
        }


def _high_water_mark() -> int | None:
    """Return what Linux calls VmHWM, in bytes; None where the kernel does not tell it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def _processor_name() -> str:
    """Return the processor's model where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        import platform

        return platform.processor() or platform.machine()
