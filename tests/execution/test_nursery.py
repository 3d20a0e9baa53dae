"""The hand on a fork server, as far as an interruption may come between an order and its answer."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.execution.workers import nursery as nursery_module
from inpaintbench.execution.workers.channel import Channel
from inpaintbench.execution.workers.nursery import Nursery

pytestmark = pytest.mark.workers

DESCRIPTORS = Path("/proc/self/fd")
"""Where Linux shows what this process has open."""


class Server:
    """A fork server that is this test."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.arguments, self.options = arguments, options
        (descriptor,) = options["pass_fds"]
        self.orders = Channel(socket.socket(fileno=os.dup(descriptor)))

    def kill(self) -> None:
        """Die."""

    def wait(self, seconds: float | None = None) -> int:
        """Be dead."""
        return 0


def test_a_birth_that_nobody_heard_of_is_no_death(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(channel: Channel) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(nursery_module.subprocess, "Popen", Server)
    with Nursery() as nursery:
        server: Any = nursery._process
        before = [*DESCRIPTORS.glob("*")]
        with monkeypatch.context() as patch:
            patch.setattr(Channel, "receive", interrupt)
            with pytest.raises(KeyboardInterrupt):
                nursery.spawn()
        assert len([*DESCRIPTORS.glob("*")]) == len(before)  # nothing is left open
        server.orders.send({"is": "born", "pid": 7})
        server.orders.send({"is": "died", "pid": 7, "code": 0})
        assert nursery.deaths(wait=True) == [(7, 0)]
        server.orders.close()


def test_the_fork_server_has_the_environment_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nursery_module.subprocess, "Popen", Server)
    with Nursery() as nursery:
        server: Any = nursery._process
        assert "env" not in server.options
        server.orders.close()
