"""The joining itself: which of several copies of a cell is kept, and the copying of it.

A cell's `cell.json` is written last, the folder's lock being held: until then a reader finds what was there before, or
no cell, and a later call copies all of it again.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from inpaintbench.atomic import replacing
from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import StoreError
from inpaintbench.merging.survey import Found, Place, Question, Survey
from inpaintbench.records import Status

_FILES: Final = ("images.parquet", "log.txt", "failure.json")


@dataclass(frozen=True)
class PassedOver:
    """A cell that was not taken, or that has given way to another one.

    Attributes:
        folder: where it lies.
        why: in a few words.
        missing: whether the joined results hold nothing finished in its place.
    """

    folder: Path
    why: str
    missing: bool


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What has become of the cells of one folder.

    Attributes:
        source: the folder.
        own: whether it is the one that was joined into.
        present: how many cells of it can be read.
        copied: how many of them were copied.
        equal: how many an earlier folder holds, too: complete with equal numbers, or failed.
        passed_over: those that were neither.
        unreadable: an error for each cell that cannot be read.
    """

    source: Path
    own: bool
    present: int
    copied: int
    equal: int
    passed_over: tuple[PassedOver, ...]
    unreadable: tuple[StoreError, ...]


@dataclass(frozen=True)
class Merged:
    """What a merge has done.

    Attributes:
        out: the joined results.
        sources: one entry a folder; that of `out` first, if it was there before.
        cells: by their status, how many of the cells that were found can be read in `out` now.
    """

    out: Path
    sources: tuple[Tally, ...]
    cells: Mapping[Status, int]

    @property
    def complete(self) -> bool:
        """Whether every cell could be read, and the joined results hold something finished in its place."""
        return not any(one.unreadable or any(cell.missing for cell in one.passed_over) for one in self.sources)


def join(surveys: Sequence[Survey], groups: Mapping[Place, Sequence[Found]], out: Path) -> Merged:
    """Copy what `out` lacks.

    Args:
        surveys: of the folders, that of `out` first if it is there.
        groups: their cells, by where they lie, in the order of the folders.
        out: the joined results.

    Raises:
        StoreError: if `out` cannot be written, or a cell cannot be copied.
    """
    joining = _Joining(surveys, out)
    for group in groups.values():
        joining.take(group)
    return joining.result()


@dataclass
class _Count:
    copied: int = 0
    equal: int = 0
    passed_over: list[PassedOver] = field(default_factory=list)


class _Joining:
    def __init__(self, surveys: Sequence[Survey], out: Path) -> None:
        self._surveys, self._out = surveys, out
        self._own = {survey.source for survey in surveys if survey.own}
        self._answered = {survey.source: survey.answered for survey in surveys}
        self._anywhere: frozenset[Question] = frozenset().union(*self._answered.values())
        self._counts: dict[Path, _Count] = defaultdict(_Count)
        self._states: Counter[Status] = Counter()

    def take(self, group: Sequence[Found]) -> None:
        """Keep one of the cells that lie in the same place, and say of the others why not."""
        kept = self._choose(group)
        beaten = _failed(kept) and self._is_answered_elsewhere(group)
        why = "" if kept.source in self._own else self._bring(kept, beaten)
        if not why:
            self._states[kept.status] += 1
        finished = not why and kept.status != "incomplete"
        if why:
            self._pass_over(kept, why, missing=not beaten)
        for other in group:
            if other is kept:
                continue
            if other.status == kept.status == "complete" or (finished and _failed(kept) and _failed(other)):
                self._counts[other.source].equal += 1
            else:
                better = f"{_state(other)}; {kept.folder} is {kept.status}"
                self._pass_over(other, better, missing=not finished and not beaten)

    def result(self) -> Merged:
        """Return what has been done."""
        tallies = []
        for survey in self._surveys:
            count = self._counts[survey.source]
            tallies.append(
                Tally(
                    source=survey.source,
                    own=survey.own,
                    present=len(survey.cells),
                    copied=count.copied,
                    equal=count.equal,
                    passed_over=tuple(count.passed_over),
                    unreadable=survey.unreadable,
                )
            )
        return Merged(self._out, tuple(tallies), dict(self._states))

    def _choose(self, group: Sequence[Found]) -> Found:
        """Return the first complete cell; failing that, what is there already; failing that, the first failure."""
        complete = [cell for cell in group if cell.status == "complete"]
        there = [cell for cell in group if cell.source in self._own]
        failed = [cell for cell in group if _failed(cell)]
        return [*complete, *there, *failed, *group][0]

    def _is_answered_elsewhere(self, group: Sequence[Found]) -> bool:
        """Return whether only other folders than the group's have a result: a lack of weights changes the key, too.

        A folder that has both keeps both: the failure is that of a newer version.
        """
        question = group[0].question
        return question in self._anywhere and not any(question in self._answered[cell.source] for cell in group)

    def _bring(self, cell: Found, beaten: bool) -> str:
        """Copy a cell, or say why it is not copied."""
        if cell.status == "incomplete":
            return _state(cell)
        if beaten:
            return f"{_state(cell)}; another folder has a result of another key"
        why = _copy(cell.folder, self._out.joinpath("cells", *cell.place))
        self._counts[cell.source].copied += not why
        return why

    def _pass_over(self, cell: Found, why: str, *, missing: bool) -> None:
        self._counts[cell.source].passed_over.append(PassedOver(cell.folder, why, missing))


def _failed(cell: Found) -> bool:
    return cell.status not in ("complete", "incomplete")


def _state(cell: Found) -> str:
    return f"{cell.status}, {cell.count[0]} of {cell.count[1]} images"


def _copy(source: Path, folder: Path) -> str:
    """Copy a finished cell over what lies in `folder`; say why not, if a run is writing it, or a newer version has."""
    try:
        writer = CellWriter(folder).open()
    except StoreError as error:
        if isinstance(error.__cause__, OSError):  # no room, say: others would meet the same
            raise
        return str(error)
    try:
        _fill(writer, source)
    except OSError as error:
        raise StoreError(f"{source} cannot be copied to {folder}: {error}") from error
    finally:
        writer.close()
    return ""


def _fill(writer: CellWriter, source: Path) -> None:
    """Put the content of a finished cell into an open one: `cell.json` last."""
    folder = writer.folder
    for name in _FILES:
        if (source / name).exists():
            _copy_file(source / name, folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
    for leftover in (writer.samples, folder / "samples"):
        shutil.rmtree(leftover, ignore_errors=True)
    if (source / "samples").is_dir():
        shutil.copytree(source / "samples", writer.samples)
        writer.samples.replace(folder / "samples")
    writer.journal.discard()
    _copy_file(source / "cell.json", folder / "cell.json")


def _copy_file(source: Path, path: Path) -> None:
    with source.open("rb") as given, replacing(path) as file:
        shutil.copyfileobj(given, file)
