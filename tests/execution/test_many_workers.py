"""A machine with so many workers that descriptors have high numbers."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from inpaintbench.execution.workers.channel import Channel
from inpaintbench.execution.workers.leash import Leash
from inpaintbench.execution.workers.limits import Limits
from inpaintbench.execution.workers.nursery import Nursery

fcntl = pytest.importorskip("fcntl", reason="Windows has no worker processes")
resource = pytest.importorskip("resource")

HIGH = 1500
"""`select.select` refuses descriptors from 1024 on."""


@pytest.fixture
def _many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard <= HIGH:
        pytest.skip(f"this machine allows {hard} descriptors a process")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, HIGH + 100), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Bearing:
    """A nursery whose worker is this test."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair()
        self.near = socket.socket(fileno=fcntl.fcntl(near, fcntl.F_DUPFD_CLOEXEC, HIGH))
        near.close()

    def spawn(self) -> tuple[int, Channel, int]:
        output, printed = os.pipe()
        os.close(printed)
        return 10**8, Channel(self.near), output


@pytest.mark.usefixtures("_many_descriptors")
def test_a_worker_is_heard_whose_descriptor_is_high() -> None:
    bearing = Bearing()
    leash = Leash(cast(Nursery, bearing), {"device": "cpu"}, Limits())
    worker = Channel(bearing.far)
    assert leash.channel.fileno() >= HIGH
    assert leash.hear() == []

    worker.send({"is": "progress", "images": 1})
    worker.send({"is": "progress", "images": 2})

    assert [message["images"] for message in leash.hear()] == [1, 2]
    assert worker.receive() == {"is": "hello", "device": "cpu"}
    worker.close()
    assert leash.hear() == []
    leash.close()
