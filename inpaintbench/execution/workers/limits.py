"""What a job may take: time, and memory; and how both are measured."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from inpaintbench.errors import UsageError

_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_KILLS: Final = re.compile(rb"^oom_kill (\d+)$", re.MULTILINE)
_BYTES: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a job may take before its worker is ended.

    Attributes:
        seconds: of the clock on the wall; None for as many as it likes.
        bytes: of memory that its processes have for themselves, devices' not counted; None for as many as there are.
        grace: seconds between asking a worker to stop, telling it to end, and killing it.
    """

    seconds: float | None = None
    bytes: int | None = None
    grace: float = 5.0


def parse_seconds(text: str) -> float:
    """Read a time such as `90`, `90s`, `15m`, `2h` or `1.5d`.

    Raises:
        UsageError: if it is none, or not above 0.

    >>> parse_seconds("1.5h")
    5400.0
    """
    return _parse(text, _SECONDS | {"": 1}, "a time such as 90s, 15m, 2h or 1d")


def parse_bytes(text: str) -> int:
    """Read an amount of memory such as `16g` or `500M`; units are powers of 1000, with or without `b` behind them.

    Raises:
        UsageError: if it is none, or not above 0.

    >>> parse_bytes("1.5GB")
    1500000000
    """
    return int(_parse(text.lower().removesuffix("b"), _BYTES, "an amount of memory such as 500m or 16g"))


def memory_of(process: int) -> int:
    """Return the bytes that a process, its descendants, and all of its session have for themselves; 0 if it has gone.

    One whose parent has gone is no descendant any more, and is known by the session. What they share with others, such
    as libraries or a fork server's imports, does not count.
    """
    total = 0
    with contextlib.suppress(psutil.Error):
        leader = psutil.Process(process)
        for one in {leader, *leader.children(recursive=True), *_session(process)}:
            with contextlib.suppress(psutil.Error):
                total += _own_bytes(one)
    return total


def kills_for_memory() -> int:
    """Return how often the kernel has killed a process since it was started because memory had run out.

    0 where it does not tell.
    """
    with contextlib.suppress(OSError, ValueError):
        if found := _KILLS.search(Path("/proc/vmstat").read_bytes()):
            return int(found[1])
    return 0


def _session(leader: int) -> Iterator[psutil.Process]:
    if sys.platform == "win32":  # which has no such sessions
        return
    for number in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(number) == leader:
                yield psutil.Process(number)


def _own_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)


def _parse(text: str, units: dict[str, int], expected: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if match is None or match[2] not in units or float(match[1]) <= 0:
        raise UsageError(f"{text!r} is not possible; expected {expected}.")
    return float(match[1]) * units[match[2]]
