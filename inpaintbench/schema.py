"""Schemas of files: what is written here and read again names its schema, and one that is too new is refused.

A schema is a whole number, which grows when an older reader would take what is written for something else, or stumble
over it, so that it can say what the matter is. JSON documents and the lines of journals name theirs in the field
`schema`, safetensors in the entry `schema` of their metadata, Parquet files in the entry `inpaintbench.schema` of
theirs, which other libraries write to as well.

A file that names none is of schema 1: so were all, before they said it.
"""

from __future__ import annotations

from typing import Final

FIELD: Final = "schema"
"""Of a JSON document, a line of a journal, and the metadata of safetensors."""

PARQUET_FIELD: Final = b"inpaintbench.schema"
"""Of the metadata of a Parquet file."""


def why_refused(found: object, known: int) -> str:
    """Say why a file cannot be read, as the rest of a sentence that begins with its name; empty if it can.

    Args:
        found: what the file says of its schema; None if nothing.
        known: the highest schema that its reader knows.

    >>> why_refused(None, 2), why_refused(1, 2), why_refused(b"2", 2)
    ('', '', '')
    >>> why_refused("3", 2)
    'was written by a newer inpaintbench (schema 3, this one reads up to 2)'
    >>> why_refused("three", 2)
    "says that its schema is 'three', expected a whole number"
    """
    text = found.decode(errors="replace") if isinstance(found, bytes) else found
    if text is None or (isinstance(text, int) and text <= known):
        return ""
    try:
        version = int(text) if isinstance(text, int | str) else None
    except ValueError:
        version = None
    if version is None:
        return f"says that its schema is {text!r:.60}, expected a whole number"
    if version > known:
        return f"was written by a newer inpaintbench (schema {version}, this one reads up to {known})"
    return ""
