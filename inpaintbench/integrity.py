"""Integrity: hashes of documents, by which one that was altered or damaged on the disk is found out.

A number that one flipped bit has changed is still a number. What is read again and counted therefore bears the hash of
all else in it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FIELD: Final = "sha256"
"""Of a document: the hash of all else in it."""


def digest(document: Any) -> str:
    """Return the SHA-256 of a JSON document in its canonical form."""
    return hashlib.sha256(_canonical(document)).hexdigest()


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON document with the hash of all else in it."""
    rest = _without(document)
    return rest | {FIELD: digest(rest)}


def why_damaged(document: Mapping[str, Any]) -> str:
    """Say what is wrong with a document that was sealed, as the rest of a sentence; empty if nothing is.

    >>> why_damaged(sealed({"mean": 13.5}))
    ''
    >>> why_damaged(sealed({"mean": 13.5}) | {"mean": 13.8})
    'was altered or damaged: its checksum is that of another content'
    """
    if FIELD not in document:
        return "was altered or damaged: it has lost its checksum"
    if document[FIELD] != digest(_without(document)):
        return "was altered or damaged: its checksum is that of another content"
    return ""


def checksum(document: Mapping[str, Any]) -> int:
    """Return the CRC-32 of a JSON document in its canonical form: for many small ones, of which none is addressed."""
    return zlib.crc32(_canonical(document))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _without(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != FIELD}
