"""Pretrained weights that a plugin cannot work without: where they lie, whether they can be fetched, what they are.

Files go where torchvision and torch.hub look for them, so that nothing is downloaded twice:
`$TORCH_HOME/hub/checkpoints`, by default `~/.cache/torch/hub/checkpoints`.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from inpaintbench.downloads import REACH_TIMEOUT, fetch
from inpaintbench.errors import DownloadError, MissingWeightsError


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
            timeout: seconds to wait for the server's first answer, and for each further one.

        Raises:
            MissingWeightsError: if it is absent and cannot be fetched. That the server cannot be reached is known
                within about `timeout` seconds.
        """
        if not self.found():
            try:
                checksum = self.sha256 and f"sha256:{self.sha256}"
                fetch(self.url, self.path, checksum=checksum, timeout=timeout, insists=False)  # a run waits for it
            except DownloadError as error:
                raise MissingWeightsError(self._advice(error.why)) from error
        return self.path

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
