"""Choosing a device, and measuring the memory that a cell took."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from inpaintbench.errors import DeviceError
from inpaintbench.execution.devices import device as device_module
from inpaintbench.execution.devices.device import (
    PeakMemory,
    choose_device,
    describe_device,
    full_float32,
    synchronize,
)
from inpaintbench.execution.devices.leases import automatic_batch_size

CPU = torch.device("cpu")


@pytest.fixture
def no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this a machine that has a processor only."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this a machine with two CUDA devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.usefixtures("no_accelerator")
@pytest.mark.parametrize("name", ["auto", "cpu", "cpu:0", "cpu:3"])
def test_the_processor_is_one_device(name: str) -> None:
    chosen = choose_device(name)

    assert chosen == torch.zeros(1, device=name.replace("auto", "cpu")).device == CPU


@pytest.mark.usefixtures("no_accelerator")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cuda", r"no CUDA device here that torch can use; `bench doctor`"),
        ("cuda:1", r"no CUDA device here"),
        ("mps", r"no MPS device here"),
        ("nonsense", r"'nonsense' is no device; expected auto, cpu, cuda, cuda:N or mps"),
        ("", r"'' is no device"),
        ("cuda:x", r"'cuda:x' is no device"),
        ("cuda:-1", r"'cuda:-1' is no device"),
        ("cuda:99999999999999999999", r"is no device"),
        ("meta", r"'meta' is not supported; expected auto"),
        ("xla", r"'xla' is not supported"),
    ],
)
def test_what_is_not_here_is_refused(name: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        choose_device(name)


@pytest.mark.usefixtures("two_gpus")
def test_auto_is_the_first_gpu() -> None:
    assert choose_device("auto") == choose_device("cuda") == choose_device("cuda:0") == torch.device("cuda", 0)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(DeviceError, match=r"no cuda:2; the CUDA devices here are 0 to 1"):
        choose_device("cuda:2")


@pytest.mark.parametrize(
    ("device", "size", "count"),
    [("cpu", 64, 64), ("cpu", 256, 4), ("cpu", 16, 256), ("cpu", 4096, 1), ("cuda", 64, 256), ("cuda", 256, 32)],
)
def test_a_batch_holds_so_many_pixels_as_the_device_likes(device: str, size: int, count: int) -> None:
    assert automatic_batch_size(torch.device(device).type, size) == count


def test_the_processor_is_described() -> None:
    described = describe_device(CPU)

    assert described["type"] == "cpu"
    assert described["name"]
    assert described["threads"] == torch.get_num_threads()
    synchronize(CPU)  # there is nothing to wait for, and no error


def test_peak_memory_counts_what_was_freed_before_it_is_read() -> None:
    size = 64 * 2**20
    before = PeakMemory(CPU).read()
    peak = PeakMemory(CPU)
    np.ones(size, dtype=np.uint8)
    after = peak.read()

    assert before["counts"] == after["counts"]
    if "during this cell" in after["counts"]:
        assert 0.9 * size < after["peak_bytes"] - before["peak_bytes"] < 2 * size


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
def test_peak_memory_starts_anew_for_each_cell() -> None:
    first = PeakMemory(CPU)
    np.ones(64 * 2**20, dtype=np.uint8)
    high = first.read()
    if "during this cell" not in high["counts"]:
        pytest.skip("this kernel does not let a process reset its high-water mark")

    assert PeakMemory(CPU).read()["peak_bytes"] < high["peak_bytes"] - 32 * 2**20


def test_peak_memory_where_the_system_does_not_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_module, "_high_water_mark", lambda: None)

    found = PeakMemory(CPU).read()

    assert found["counts"] == "the whole process, at the end of this cell"
    assert found["peak_bytes"] > 2**20


def test_peak_memory_where_the_mark_cannot_be_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, text: str) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refuse)

    assert PeakMemory(CPU).read()["counts"] == "the whole process, at the end of this cell"


@pytest.mark.gpu
def test_peak_memory_on_a_gpu_counts_tensors() -> None:
    device = choose_device("cuda")
    held = torch.zeros(2**20, device=device)
    peak = PeakMemory(device)
    torch.zeros(2**22, device=device)
    synchronize(device)
    found = peak.read()

    assert found["counts"] == "CUDA tensors of this cell"
    assert found["peak_bytes"] >= held.nbytes + 4 * 2**22
    assert describe_device(device)["memory_bytes"] > found["peak_bytes"]


def test_float32_is_not_rounded_meanwhile_and_settings_come_back() -> None:
    convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
    before = convolutions.allow_tf32, products.allow_tf32
    try:
        convolutions.allow_tf32 = products.allow_tf32 = True
        with full_float32():
            assert (convolutions.allow_tf32, products.allow_tf32) == (False, False)
        assert (convolutions.allow_tf32, products.allow_tf32) == (True, True)
    finally:
        convolutions.allow_tf32, products.allow_tf32 = before
