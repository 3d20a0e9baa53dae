"""Signals that end a run as Ctrl-C does, for it has tasks on other machines to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

_SIGNALS: Final = tuple(one for one in signal.Signals if one.name in ("SIGTERM", "SIGHUP"))
"""What somebody sends who ends a process, and what it gets when its terminal has gone. Windows has no SIGHUP."""


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let these signals raise KeyboardInterrupt, but for those that are ignored, as SIGHUP is below `nohup`."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if handler is not None and handler is not signal.SIG_IGN:
                before[number] = signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
