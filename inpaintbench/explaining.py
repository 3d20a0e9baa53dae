"""What a stored cell's key is made of, and in what it differs from other cells.

A key is a hash of the cell's identity: nested objects of names, versions, parameters and hashes. Two identities are
compared name by name; a difference is called by the names that lead to it, such as `method code`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inpaintbench.errors import StoreError, UsageError
from inpaintbench.records import CellRecord
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

_QUESTION: Final = ("size", "seed", "limit")
"""With the selectors, what a cell was asked; the rest of the identity is what answered."""

_HASH: Final = re.compile(r"\b[0-9a-f]{20,}\b")
_SHOWN: Final = 8  # digits of a hash in a message
_CANDIDATES: Final = 10  # so many keys are listed


@dataclass(frozen=True)
class Difference:
    """One thing in which two identities differ.

    Attributes:
        name: such as `method code` or `metrics lpips weights`.
        there: what the other one has; None if nothing.
        here: what this one has; None if nothing.
    """

    name: str
    there: Any
    here: Any

    def __str__(self) -> str:
        return f"{self.name}: {shown(self.there)} → {shown(self.here)}"


@dataclass(frozen=True)
class Explanation:
    """A cell, and the most alike of the others that are stored of the same selectors.

    Attributes:
        cell: what was asked about.
        nearest: of the same size, seed and limit too, if there is such a one; None if nothing else is stored.
        differences: from `nearest` to the cell; empty without one.
        later_failure: type and message of a later attempt that failed; None if none has.
    """

    cell: StoredCell
    nearest: StoredCell | None
    differences: tuple[Difference, ...]
    later_failure: Mapping[str, str] | None

    @property
    def same_question(self) -> bool:
        """Whether the nearest cell has the same size, seed and limit."""
        return self.nearest is not None and _same_question(self.nearest.record.identity, self.cell.record.identity)

    @property
    def log(self) -> Path | None:
        """Where the cell's log lies; None if there is none."""
        path = self.cell.folder / "log.txt"
        return path if path.exists() else None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        nearest = self.nearest and {
            **_named(self.nearest),
            "same_question": self.same_question,
            "differences": [{"name": one.name, "there": one.there, "here": one.here} for one in self.differences],
        }
        return {
            **_named(self.cell),
            "identity": self.cell.record.identity,
            "environment": self.cell.record.environment,
            "error": self.cell.record.error,
            "later_failure": self.later_failure,
            "log": None if self.log is None else str(self.log),
            "nearest": nearest,
        }


def explain(cell: StoredCell) -> Explanation:
    """Look for what is stored beside a cell, and say what differs. A neighbour that cannot be read is passed over.

    Raises:
        StoreError: if a later attempt has failed, and what it has left cannot be read.
    """
    neighbours = [one for one in _neighbours(cell) if one.folder != cell.folder]
    neighbours.sort(key=lambda one: (one.record.status == "complete", one.record.finished), reverse=True)

    def distance(other: StoredCell) -> tuple[bool, int]:
        there, here = other.record.identity, cell.record.identity
        return not _same_question(there, here), len(list(differences(there, here)))

    nearest = min(neighbours, key=distance, default=None)
    found = () if nearest is None else tuple(differences(nearest.record.identity, cell.record.identity))
    return Explanation(cell, nearest, found, _later_failure(cell.folder))


def find_cell(given: str, store: Store) -> StoredCell:
    """Return the cell that someone names.

    Args:
        given: a cell's folder, the path of its `cell.json`, or a key of `store`, or its beginning.
        store: where keys are looked for.

    Raises:
        UsageError: if there is no such cell, or more than one.
        StoreError: if it cannot be read, or may lie in a folder that cannot be looked into.
    """
    path = Path(given)
    folder = (path.parent if path.name == "cell.json" else path).resolve()  # resolved, for its neighbours are needed
    if given and _holds_cell(folder):
        return _read(folder, store)
    if not re.fullmatch("[0-9a-f]+", given):
        raise UsageError(
            f"There is no cell {given!r}: expected a cell's folder, the path of its cell.json, or the beginning of a "
            f"key in {store.root}."
        )
    problems: list[StoreError] = []
    found = [folder for folder in store.folders(problems) if folder.name.startswith(given) and _holds_cell(folder)]
    found = [folder for folder in found if folder.name == given] or found
    if not found and problems:
        raise problems[0]
    if not found:
        raise UsageError(f"No cell in {store.root} has a key that begins with {given}. --out DIR names another folder.")
    if len(found) > 1:
        places = [folder.relative_to(store.cells_folder).as_posix() for folder in found[:_CANDIDATES]]
        rest = f" and {len(found) - _CANDIDATES} more" if len(found) > _CANDIDATES else ""
        raise UsageError(
            f"{given} is the beginning of {len(found)} keys: {', '.join(places)}{rest}; give more of it, or the folder."
        )
    return _read(found[0], store)


def differences(there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = "") -> Iterator[Difference]:
    """Yield in what two identities differ, down to single values.

    >>> [str(one) for one in differences({"size": 64, "mask": {"version": 1}}, {"size": 32, "mask": {"version": 1}})]
    ['size: 64 → 32']
    """
    for name in _union(there, here):
        before, after = there.get(name), here.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from differences(before, after, f"{prefix}{name} ")
        else:
            yield Difference(f"{prefix}{name}", before, after)


def nearest_difference(identity: Mapping[str, Any], siblings: Path) -> list[str]:
    """Say in what the most alike result of the same selectors, size, seed and limit differs; empty if there is none.

    What cannot be read is passed over, as is what a newer version of this package has written.

    Args:
        identity: of the cell that is wanted.
        siblings: the folder of all cells of its selectors.
    """
    found: list[list[str]] = []
    for path in siblings.glob("*/cell.json"):
        try:
            cell = StoredCell.at(path.parent)
        except (StoreError, OSError):
            continue
        if cell is not None and cell.record.status == "complete" and _same_question(cell.record.identity, identity):
            found.append([one.name for one in differences(cell.record.identity, identity)])
    return min(found, key=len, default=[])


def shown(value: Any) -> str:
    """Write a value of an identity: hashes shortened, nothing as `none`.

    >>> shown("0123456789abcdef0123456789"), shown(None), shown(True), shown({"version": 2, "parameters": {"side": 3}})
    ('01234567…', 'none', 'yes', 'version 2 · side=3')
    """
    if value is None or value in ("", {}, []):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " · ".join(_parts(value))
    return _HASH.sub(lambda found: f"{found[0][:_SHOWN]}…", str(value))


def _parts(part: Mapping[str, Any]) -> Iterator[str]:
    for name, value in part.items():
        if isinstance(value, dict):
            yield from (f"{key}={shown(one)}" for key, one in value.items())
        else:
            yield shown(value) if name == "name" else f"{name} {shown(value)}"


def _same_question(there: Mapping[str, Any], here: Mapping[str, Any]) -> bool:
    return all(there.get(name) == here.get(name) for name in _QUESTION)


def _neighbours(cell: StoredCell) -> Iterator[StoredCell]:
    """Yield all readable cells of the same selectors, from the folders beside this one's."""

    def selectors(one: StoredCell) -> tuple[str, str, str]:
        return one.record.method, one.record.dataset, one.record.mask

    for path in sorted(cell.folder.parent.glob("*/cell.json")):
        try:
            other = Store(path.parent).read(path.parent)
        except StoreError:
            continue
        if other is not None and selectors(other) == selectors(cell):
            yield other


def _holds_cell(folder: Path) -> bool:
    """Whether there is a `cell.json`. One that cannot be looked for counts: whoever reads it says why it cannot be."""
    try:
        return (folder / "cell.json").exists()
    except OSError:
        return True


def _read(folder: Path, store: Store) -> StoredCell:
    if (cell := store.read(folder)) is None:
        raise UsageError(f"There is no cell in {folder} any more.")
    return cell


def _later_failure(folder: Path) -> Mapping[str, str] | None:
    """Return the error that `failure.json` holds; None if there is no such file.

    Raises:
        StoreError: if it cannot be read, or comes from a newer version of this package.
    """
    path = folder / "failure.json"
    try:
        return CellRecord.from_json(json.loads(path.read_bytes())).error
    except FileNotFoundError:
        return None
    except StoreError as error:
        raise StoreError(f"{path} {error}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error


def _named(cell: StoredCell) -> dict[str, Any]:
    record = cell.record
    names = ("key", "status", "method", "dataset", "mask", "expected", "scored", "finished")
    return {"folder": str(cell.folder), **{name: getattr(record, name) for name in names}}


def _union(first: Iterable[str], second: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys([*first, *second])
