"""Writing files so that a reader sees the old content or the new one, never a part, whenever the machine stops."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

_KNOWS_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What file systems of networks and of user space answer that have no such call for folders."""


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; on leaving without an error it is synced and renamed to `path`."""
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write `document` as indented UTF-8 JSON. Lone surrogates, as in names of odd files, become JSON's escapes."""
    with replacing(path) as file:
        file.write((json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(errors="backslashreplace"))


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power failure, where system and file system can (Windows cannot)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _KNOWS_NO_SYNC:
                raise
        finally:
            os.close(descriptor)
