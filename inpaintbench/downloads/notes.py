"""What is written down beside downloads, and read again: sealed, so that a damaged note counts as none.

A note that says that an archive has been unpacked, or of how many bytes a part is one, would be believed with any bit
of it flipped. Those of the first schema bear no hash, and are still read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from inpaintbench.atomic import write_json
from inpaintbench.errors import DownloadError
from inpaintbench.integrity import FIELD as CHECKSUM
from inpaintbench.integrity import sealed, why_damaged
from inpaintbench.schema import FIELD, why_refused

SCHEMA: Final = 2
"""The first had no hash."""

Types = Mapping[str, tuple[type, ...]]


def write_note(path: Path, note: Mapping[str, Any]) -> None:
    """Write a note, whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """
    write_json(path, sealed({FIELD: SCHEMA, **note}))


def read_note(path: Path, required: Types, optional: Types) -> dict[str, Any]:
    """Return what a note says; nothing if there is none, or it is not as it was written.

    Args:
        path: of the note.
        required: fields that it must have, and the types of their values.
        optional: fields that it may have.

    Raises:
        DownloadError: if it comes from a newer version of this package.
        OSError: if it cannot be read.
    """
    try:
        note = json.loads(path.read_bytes())
        if not isinstance(note, dict):
            return {}
        if why := why_refused(note.get(FIELD), SCHEMA):
            raise DownloadError(f"{path} {why}", "Use that one, or remove the file.")
        if (note.get(FIELD) == SCHEMA or CHECKSUM in note) and why_damaged(note):
            return {}
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return {}
    found = {name: value for name, value in note.items() if name not in (FIELD, CHECKSUM)}
    types = {**required, **optional}
    fits = required.keys() <= found.keys() <= types.keys()
    return found if fits and all(type(value) in types[name] for name, value in found.items()) else {}
