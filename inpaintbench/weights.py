"""Pretrained weights that a plugin cannot work without: where they lie, whether they can be fetched, what they are.

Files go where torchvision and torch.hub look for them, so that nothing is downloaded twice:
`$TORCH_HOME/hub/checkpoints`, by default `~/.cache/torch/hub/checkpoints`.
"""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit

from inpaintbench.errors import MissingWeightsError

REACH_TIMEOUT: Final = 4.0
"""Seconds in which a server must answer; a machine without network learns that it has none within them."""


@dataclass(frozen=True)
class WeightsFile:
    """One published file of weights.

    Attributes:
        filename: under which torch.hub caches it.
        url: where its publisher keeps it.
        megabytes: its size, for messages.
        sha256: the first digits of its SHA-256; a download that does not begin so is thrown away.
    """

    filename: str
    url: str
    megabytes: float
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies, or would."""
        return checkpoints_folder() / self.filename

    def found(self) -> bool:
        """Whether it lies there."""
        return self.path.is_file()

    def digest(self) -> str:
        """Return the SHA-256 of the file that lies there, whatever its name claims; results are kept apart by it."""
        return _digest(self.path, self.path.stat().st_mtime_ns)

    def ensure(self, timeout: float = REACH_TIMEOUT) -> Path:
        """Return its path, after a download where it is absent and the network answers.

        Args:
            timeout: seconds to wait for the server's first answer.

        Raises:
            MissingWeightsError: if it is absent and cannot be fetched, within about `timeout` seconds.
        """
        if not self.found():
            try:
                host, port = _first_stop(self.url)
                if not _reachable(host, port, timeout):
                    raise MissingWeightsError(self._advice(f"{host}:{port} does not answer"))
                self._download(timeout)
            except (OSError, ValueError, HTTPException) as error:
                if isinstance(error, HTTPError):
                    error.close()
                raise MissingWeightsError(self._advice(str(error) or type(error).__name__)) from error
        return self.path

    def _download(self, timeout: float) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f"{self.filename}.{os.getpid()}.partial")
        digest = hashlib.sha256()
        opener = urllib.request.build_opener()  # urlopen's remembers the proxies of its first call
        try:
            with opener.open(self.url, timeout=timeout) as answer, partial.open("wb") as file:
                while block := answer.read(1 << 20):
                    digest.update(block)
                    file.write(block)
            if not digest.hexdigest().startswith(self.sha256):
                raise ValueError(f"{self.url} sent a file whose SHA-256 does not begin with {self.sha256}")
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)

    def _advice(self, why: str) -> str:
        return (
            f"{self.filename} is not at {self.path} and cannot be fetched ({why}). "
            f"Download {self.url} ({self.megabytes:g} MB) elsewhere and put it there."
        )


def checkpoints_folder() -> Path:
    """Return the folder in which torch.hub keeps weights, found as torch finds it but without importing torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", str(Path(cache) / "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


@lru_cache(maxsize=64)
def _digest(path: Path, modified: int) -> str:  # `modified` makes a changed file a new entry
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_stop(url: str) -> tuple[str, int]:
    """Return host and port to which a request for `url` connects: the server's, or those of a proxy before it."""
    target = urlsplit(url)
    proxy = urllib.request.getproxies().get(target.scheme)
    if proxy and not urllib.request.proxy_bypass(target.hostname or ""):
        target = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return target.hostname or "", target.port or (80 if target.scheme == "http" else 443)


@lru_cache(maxsize=64)
def _reachable(host: str, port: int, timeout: float) -> bool:
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
