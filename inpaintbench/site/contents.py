"""What all pages of a report are about: one leaderboard, how certain it is, and what its parts are called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Self

from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.report.titles import Titles
from inpaintbench.statistics.certainty import Certainty, assess
from inpaintbench.stored import StoredCell


@dataclass(frozen=True)
class Contents:
    """The results that a report shows.

    Attributes:
        title: of the report, as a browser's tab shows it.
        leaderboard: all results, judged.
        certainty: what can be said of them.
        problems: a sentence for each cell that could not be read.
        folder: where the results lie; None if that is not known.
        meanings: what a metric measures, in words, by its plugin and version.
    """

    title: str
    leaderboard: Leaderboard
    certainty: Certainty
    problems: tuple[str, ...] = ()
    folder: Path | None = None
    meanings: Mapping[tuple[str, int], str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        title: str,
        cells: Iterable[StoredCell],
        problems: Iterable[str] = (),
        folder: Path | None = None,
        meanings: Mapping[tuple[str, int], str] = MappingProxyType({}),
    ) -> Self:
        """Rank and judge cells."""
        leaderboard = Leaderboard.from_cells(cells)
        certainty = assess(leaderboard, leaderboard.columns)
        return cls(title, certainty.judged(leaderboard), certainty, tuple(problems), folder, meanings)

    @cached_property
    def titles(self) -> Titles:
        """What groups are called."""
        return Titles(self.leaderboard.groups)

    @cached_property
    def group_ids(self) -> dict[Group, str]:
        """Short names of groups, for addresses and files: `g1`, `g2`, in the leaderboard's order."""
        return {group: f"g{number}" for number, group in enumerate(self.leaderboard.groups, start=1)}

    @cached_property
    def by_method(self) -> Mapping[str, Sequence[Entry]]:
        """The entries of each method, in the leaderboard's order."""
        found: dict[str, list[Entry]] = {}
        for entry in self.leaderboard.entries:
            found.setdefault(entry.method, []).append(entry)
        return found

    def address(self, entry: Entry) -> str:
        """Return where the page of a cell lies, from the site's root."""
        return f"cells/{entry.record.key}.html"

    def told(self, problem: str) -> str:
        """Return what is said of a file with its path below the results' folder: a page is read on other machines."""
        if self.folder is None:
            return problem
        for folder in {str(self.folder), str(self.folder.resolve())} - {"."}:
            problem = problem.replace(folder.rstrip(os.sep) + os.sep, "")
        return problem
