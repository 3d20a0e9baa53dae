"""Whether a server answers at all, known within seconds: a machine without network shall not keep a person waiting."""

from __future__ import annotations

import socket
import threading
import urllib.request
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

REACH_TIMEOUT: Final = 4.0
"""Seconds in which a server must answer; a machine without network learns that it has none within them."""


def first_stop(url: str) -> tuple[str, int]:
    """Return host and port to which a request for `url` connects: the server's, or those of a proxy before it.

    Raises:
        ValueError: if the address is malformed.
    """
    target = urlsplit(url)
    proxy = urllib.request.getproxies().get(target.scheme)
    if proxy and not urllib.request.proxy_bypass(target.hostname or ""):
        target = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return target.hostname or "", target.port or (80 if target.scheme == "http" else 443)


@lru_cache(maxsize=64)
def reachable(host: str, port: int, timeout: float) -> bool:
    """Whether a connection opens in time. In a thread, because looking a name up heeds no time-out. Asked once."""
    answer: list[bool] = []

    def knock() -> None:
        try:
            socket.create_connection((host, port), timeout=timeout).close()
            answer.append(True)
        except OSError:
            answer.append(False)

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(timeout)
    return answer == [True]
