"""Addresses of Ray clusters: connecting to what is there, and refusing at once what cannot be."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any, Final

import psutil
import ray
from ray.exceptions import RayError

from inpaintbench.errors import UsageError
from inpaintbench.execution.devices.leases import processors

_ANSWER_SECONDS: Final = 10.0

_GREETING: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""How a connection begins in HTTP/2 (RFC 9113, 3.4), which Ray's head speaks: with a frame of settings, here empty."""

_HEAD_OF_FRAME: Final = 9
_SETTINGS: Final = 4


def connect(address: str) -> None:
    """Connect to the cluster of an address, or to one that is started on this machine.

    Raises:
        UsageError: if there is none at this address.
    """
    if address.startswith("ray://"):
        raise UsageError(
            f"{address} is that of a server for Ray's clients, which cannot follow what tasks say. Run `bench` on a "
            "node of the cluster, with --address auto, or with HOST:PORT of its head."
        )
    _refuse_others(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to Ray's makers
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # as Ray wants it, and warns
    local: dict[str, Any] = {} if address else {"num_cpus": processors(), "include_dashboard": False}
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
    except (RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:  # such as a wrong token
        why = str(error).strip().partition("\n")[0]
        where = f"at {address}" if address else "on this machine"
        raise UsageError(f"There is no Ray cluster {where} that can be used: {why}") from error


def refuse_other(address: str) -> None:
    """Refuse an address that is not that of the cluster to which this process is connected already.

    Raises:
        UsageError: if it is another one.
    """
    connected = ray.get_runtime_context().gcs_address
    if address in ("", "auto", connected):
        return
    host, _, port = address.rpartition(":")
    there, _, its_port = connected.rpartition(":")
    if port != its_port or not _same_machine(host, there):
        raise UsageError(
            f"This process is connected to the Ray cluster at {connected} already, and not to that at {address}. "
            "Call ray.shutdown() first, or give no address."
        )


def _same_machine(one: str, other: str) -> bool:
    """Whether two names are those of one machine, such as of this one."""
    try:
        numbers = {socket.gethostbyname(one), socket.gethostbyname(other)}
    except OSError:
        return False
    own = {entry.address for entries in psutil.net_if_addrs().values() for entry in entries}
    return len(numbers) == 1 or numbers <= own


def _refuse_others(address: str) -> None:
    """Refuse an address `HOST:PORT` at which nothing answers, or not as Ray does: Ray itself would try for minutes.

    Raises:
        UsageError: if that is so.
    """
    host, _, port = address.rpartition(":")
    if "/" in host or not (host and port.isdecimal()):  # `auto`, or a name that Ray looks up
        return
    try:
        with socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS) as connection:
            if os.environ.get("RAY_USE_TLS", "0") in ("0", ""):
                _greet(connection, address)
    except (OSError, OverflowError) as error:
        raise UsageError(f"There is no Ray cluster at {address}: {error}") from error


def _greet(connection: socket.socket, address: str) -> None:
    connection.sendall(_GREETING)
    answer = b""
    while len(answer) < _HEAD_OF_FRAME and (more := connection.recv(_HEAD_OF_FRAME - len(answer))):
        answer += more
    if len(answer) < _HEAD_OF_FRAME or answer[3] != _SETTINGS:
        raise UsageError(f"There is no Ray cluster at {address}: what answers there speaks another protocol.")
