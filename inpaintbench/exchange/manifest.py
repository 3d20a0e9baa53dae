"""The manifest of an export: which picture with which hole lies in which file, and of what suite they are.

It holds neither a pixel from inside a hole nor a hash of one. What comes back can have passed through many hands:
names in it are checked before a file is opened, and no plugin that it names is loaded.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from inpaintbench.atomic import write_json
from inpaintbench.errors import StoreError
from inpaintbench.integrity import FIELD as CHECKSUM
from inpaintbench.integrity import sealed, why_damaged
from inpaintbench.json_types import LIST, TEXT, WHOLE, WHOLE_OR_NULL, Expected, why_of_other_type
from inpaintbench.schema import FIELD, why_refused
from inpaintbench.suite import Suite

NAME: Final = "manifest.json"
SCHEMA: Final = 1

PICTURES: Final = "pictures"
"""Folder of the corrupted pictures."""

FILLED: Final = "filled"
"""Folder for what comes back, unless another is named."""

_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}\.png")
_LISTS: Final = ("datasets", "masks", "metrics", "plugins")
_FIELDS: Final[Mapping[str, Expected]] = {
    "suite": TEXT,
    **dict.fromkeys(("size", "seed"), WHOLE),
    "limit": WHOLE_OR_NULL,
    **dict.fromkeys((*_LISTS, "entries"), LIST),
}


@dataclass(frozen=True)
class Entry:
    """One picture with one hole.

    Attributes:
        file: its name in every folder of the export.
        dataset: selector.
        mask: selector.
        item: id of the picture.
        seed: that a method gets with it.
        picture: hash of the corrupted picture, as `inpaintbench.holes.hash_of` defines it.
        hole: hash of the hole, likewise; `hole_hash` of the stored results.
    """

    file: str
    dataset: str
    mask: str
    item: str
    seed: int
    picture: str
    hole: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an export holds.

    Attributes:
        suite: its name, which names the folder of results.
        datasets: selectors; so are `masks` and `metrics`, of which none means those of the scoring protocol.
        size: of the square pictures, in pixels.
        seed: of the suite.
        limit: at most so many pictures of each data set; None for all.
        plugins: files and modules that were given. They are named to people, and never loaded.
        entries: the pictures, data set by data set and item by item.
    """

    suite: str
    datasets: tuple[str, ...]
    masks: tuple[str, ...]
    metrics: tuple[str, ...]
    size: int
    seed: int
    limit: int | None
    plugins: tuple[str, ...]
    entries: tuple[Entry, ...]

    def suite_for(self, method: str) -> Suite:
        """Return the suite in which a method meets exactly these pictures.

        Raises:
            SuiteError: if no suite can be like that.
        """
        empty = Suite(name="exchange", methods=(method,), datasets=(), masks=())
        return empty.replace(
            name=self.suite,
            methods=(method,),
            datasets=self.datasets,
            masks=self.masks,
            metrics=self.metrics,
            size=self.size,
            seed=self.seed,
            limit=self.limit,
        )

    def write(self, folder: Path) -> None:
        """Write it into a folder.

        Raises:
            OSError: if that is not possible.
        """
        write_json(folder / NAME, sealed(dataclasses.asdict(self) | {FIELD: SCHEMA}))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one.

        Args:
            path: the file.

        Raises:
            StoreError: if it is absent, was altered, comes from a newer version, or names what no export holds.
        """
        try:
            document = json.loads(path.read_bytes())
        except OSError as error:
            said = error.strerror or error
            raise StoreError(f"{path} cannot be read: {said}. Expected a folder that `bench export` wrote.") from error
        except (ValueError, RecursionError) as error:
            raise StoreError(f"{path} is no JSON: {error}.") from error
        if not isinstance(document, dict):
            raise StoreError(f"{path} is no manifest: found {type(document).__name__}, expected an object.")
        if why := why_refused(document.get(FIELD), SCHEMA) or why_damaged(document):
            raise StoreError(f"{path} {why}.")
        if why := _why_unusable(document):
            raise StoreError(f"{path} is no manifest of an export: {why}.")
        content = {name: value for name, value in document.items() if name not in (FIELD, CHECKSUM)}
        content |= {name: tuple(content[name]) for name in _LISTS}
        try:
            return cls(**content | {"entries": tuple(Entry(**entry) for entry in content["entries"])})
        except TypeError as error:
            raise StoreError(f"{path} is no manifest of an export: {error}.") from error


def _why_unusable(document: Mapping[str, Any]) -> str:
    """Say what is wrong with a document whose checksum is right; nothing if nothing is."""
    if lacking := [name for name in _FIELDS if name not in document]:
        return f"it lacks {', '.join(lacking)}"
    if why := why_of_other_type(document, _FIELDS):
        return why
    for name in _LISTS:
        if not all(isinstance(one, str) for one in document[name]):
            return f"{name} holds something else than text"
    if not (document["entries"] and document["datasets"] and document["masks"]):
        return "it names no picture, no data set or no mask"
    names: set[str] = set()
    kinds = {field.name: WHOLE if field.type == "int" else TEXT for field in dataclasses.fields(Entry)}
    for position, entry in enumerate(document["entries"]):
        if not isinstance(entry, dict) or set(entry) != set(kinds):
            return f"entries[{position}] is no entry, which has {', '.join(kinds)}"
        if why := why_of_other_type(entry, kinds, f"entries[{position}]."):
            return why
        if not _FILE.fullmatch(entry["file"]):
            return f"{entry['file']!r} is no name that an export gives"
        if entry["file"].lower() in names:
            return f"it names {entry['file']} twice"
        names.add(entry["file"].lower())
    return ""
