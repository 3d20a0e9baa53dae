"""Files on Google Drive, which shows a page of warnings before a large file: the package `gdown` passes it.

`gdown` is optional and imported when it is needed. It keeps temporary files of its own beside the target and
continues them.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inpaintbench.downloads.transfer import Progress, RefusedError, writing


def is_on_drive(url: str) -> bool:
    """Whether Google Drive keeps what is at this address."""
    return urlsplit(url).hostname in ("drive.google.com", "docs.google.com")


def require_gdown() -> Any:
    """Return the package `gdown`.

    Raises:
        RefusedError: if it is not installed.
    """
    try:
        return importlib.import_module("gdown")
    except ImportError as error:
        raise RefusedError("Google Drive needs the package gdown: `pip install 'inpaintbench[drive]'`") from error


def fetch_from_drive(gdown: Any, url: str, partial: Path, on_progress: Progress) -> None:
    """Fetch a file into `partial`.

    Raises:
        RefusedError: if `gdown` has not fetched it, for whatever reason.
    """
    options: dict[str, Any] = {"quiet": True, "resume": True}
    if "progress" in inspect.signature(gdown.download).parameters:  # since gdown 6
        options["progress"] = on_progress
    with writing(partial):
        partial.unlink(missing_ok=True)  # gdown would take it for the whole file
    try:
        found = gdown.download(url, str(partial), **options)
    except Exception as error:  # gdown's own errors, and those of the packages that it is built on
        raise RefusedError(f"gdown: {' '.join(str(error).split()) or type(error).__name__}") from error
    if not found or not partial.is_file():
        raise RefusedError("gdown has not fetched it")
