"""Leases: who has which device, and how many processors."""

from __future__ import annotations

import os

import pytest

from inpaintbench.errors import DeviceError, UsageError
from inpaintbench.execution.devices import leases
from inpaintbench.execution.devices.leases import (
    Lease,
    automatic_batch_size,
    chosen_gpus,
    on_gpus,
    on_processors,
    parse_gpus,
)


@pytest.mark.parametrize(("workers", "threads"), [(2, 4), (3, 2), (8, 1), (20, 1)])
def test_workers_share_the_processors_out(workers: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "processors", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert on_processors(workers) == (Lease("cpu", threads),) * workers


@pytest.mark.parametrize(("said", "threads"), [("3", 3), ("3,1", 3), ("9", 4), ("0", 4), ("many", 4)])
def test_no_worker_has_more_threads_than_the_environment_allows(
    said: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "processors", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert on_processors(2) == (Lease("cpu", threads),) * 2


def test_one_worker_has_as_many_threads_as_torch_takes() -> None:
    assert on_processors(1) == (Lease("cpu", 0),)


def test_each_worker_sees_its_own_gpu_alone() -> None:
    found = on_gpus([0, 2])
    assert [one.device for one in found] == ["cuda:0", "cuda:0"]  # as the worker calls it
    assert [one.environment for one in found] == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "2"}]
    assert {one.kind for one in found} == {"cuda"}


@pytest.mark.parametrize("visible", ["4,GPU-af,7", "4, GPU-af , 7"])
def test_gpus_are_counted_among_those_that_are_visible(visible: str) -> None:
    found = [one.environment["CUDA_VISIBLE_DEVICES"] for one in on_gpus([2, 1], visible)]
    assert found == ["7", "GPU-af"]


@pytest.mark.parametrize(("text", "numbers"), [("0", (0,)), ("0,1", (0, 1)), (" 3 , 1", (3, 1))])
def test_numbers_of_gpus(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_gpus(text) == numbers


@pytest.mark.parametrize("text", ["", "a", "0,", "0,0", "-1", "0;1", "1.5"])
def test_what_are_no_numbers_of_gpus(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not possible; expected numbers of GPUs such as 0,1, each once\."):
        parse_gpus(text)


def test_all_gpus_are_used_unless_some_are_chosen() -> None:
    assert chosen_gpus((), 3) == (0, 1, 2)
    assert chosen_gpus((2, 0), 3) == (2, 0)


@pytest.mark.parametrize(
    ("count", "sentence"),
    [(2, r"There is no GPU 5; those here are 0 to 1\."), (0, r"There is no GPU 5; there is none that torch can use\.")],
)
def test_a_gpu_that_is_not_there_is_refused(count: int, sentence: str) -> None:
    with pytest.raises(DeviceError, match=sentence):
        chosen_gpus((5,), count)


def test_processors_are_those_that_this_process_may_use() -> None:
    if hasattr(os, "sched_getaffinity"):
        assert leases.processors() == len(os.sched_getaffinity(0))
    assert 1 <= leases.processors() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("kind", "size", "images"),
    [("cpu", 64, 64), ("cpu", 512, 1), ("cpu", 4096, 1), ("cpu", 16, 256), ("cuda", 256, 32), ("mps", 256, 16)],
)
def test_batches_hold_as_many_pixels_whatever_the_size(kind: str, size: int, images: int) -> None:
    assert automatic_batch_size(kind, size) == images
