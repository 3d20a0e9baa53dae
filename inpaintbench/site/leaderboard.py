"""The first page: which method is best where, in a table that can be sorted and filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from inpaintbench.leaderboard import Entry, Group
from inpaintbench.ranking import natural
from inpaintbench.report import overall
from inpaintbench.report.certain import TESTS, limits_of
from inpaintbench.report.notes import notes
from inpaintbench.report.sheet import LIMITED, MISSING_IMAGES, Heading, duration, lacks_images, marks, shorten
from inpaintbench.report.titles import Side
from inpaintbench.site.contents import Contents
from inpaintbench.site.pages import Page
from inpaintbench.site.scores import Shown, exact, show_score
from inpaintbench.statistics.intervals import LEVEL
from inpaintbench.statistics.verdicts import ALPHA

FURTHER: Final[Mapping[str, Callable[[Group], Shown]]] = MappingProxyType(
    {
        "size": lambda group: Shown(f"{group.size} × {group.size}", str(group.size)),
        "limit": lambda group: Shown(
            *(("all", "") if group.limit is None else (f"first {group.limit} {LIMITED}",) * 2)
        ),
        "seed": lambda group: Shown(str(group.seed), str(group.seed)),
        "protocol": lambda group: Shown(str(group.protocol), str(group.protocol)),
    }
)
"""What tells groups apart besides data set and mask."""


@dataclass(frozen=True)
class Row:
    """One method in a group.

    Attributes:
        entry: what it is of.
        address: of its page.
        marks: that stand after the method's name.
        scores: one a column.
        images: how many were scored, of how many, and a mark if some are missing.
        time: seconds for one image.
    """

    entry: Entry
    address: str
    marks: str
    scores: Sequence[Shown]
    images: Shown
    time: Shown


@dataclass(frozen=True)
class Section:
    """The rows of one group.

    Attributes:
        name: of the group, in addresses.
        title: of the group.
        dataset: what its pictures are called; `mask`: its holes.
        further: what else tells it from other groups.
        rows: one a method.
    """

    name: str
    title: str
    dataset: str
    mask: str
    further: Sequence[Shown]
    rows: Sequence[Row]


def pages(contents: Contents) -> Iterator[Page]:
    """Yield the page of the leaderboard."""
    board = contents.leaderboard
    further = [name for name, show in FURTHER.items() if len({show(group) for group in board.groups}) > 1]
    overall_block, overall_notes = overall.block(board, board.columns, contents.certainty, "rank", intervals=False)
    context = {
        "contents": contents,
        "missing": [contents.told(problem) for problem in contents.problems],
        "summary": contents.titles.whole(board).removeprefix("Leaderboard: "),
        "headings": [Heading.of(column) for column in board.columns],
        "columns": board.columns,
        "further": further,
        "sections": [_section(contents, group, further) for group in board.groups],
        "overall": overall_block,
        "overall_notes": overall_notes,
        "datasets": _names(contents, "dataset"),
        "masks": _names(contents, "mask"),
        "notes": (
            *notes(board, board.columns, contents.titles),
            *limits_of(contents.certainty, board.columns, contents.titles),
        ),
        "unread": [
            (entry, contents.titles.group(entry.group), shorten(contents.told(why)))
            for entry, why in contents.certainty.unread
        ],
        "tie_rule": tie_rule(contents),
    }
    yield Page("index.html", "Leaderboard", "leaderboard.html.j2", context, ("table.js", "leaderboard.js"))


def tie_rule(contents: Contents) -> str:
    """Say what it takes to be best, in sentences for captions."""
    return (
        "Best are the method with the best mean of its group and all that are not certainly worse. Certain is a "
        f"difference with p ≤ {ALPHA:g} in the {TESTS[contents.certainty.test]} over the same images and holes, after "
        f"Holm's correction for all pairs of methods, whose {100 * LEVEL:g} % interval does not hold zero. Images of "
        "one source count as one, where sources are told."
    )


def _section(contents: Contents, group: Group, further: Sequence[str]) -> Section:
    board, titles = contents.leaderboard, contents.titles
    return Section(
        name=contents.group_ids[group],
        title=titles.group(group),
        dataset=titles.side(group, "dataset"),
        mask=titles.side(group, "mask"),
        further=[FURTHER[name](group) for name in further],
        rows=[_row(contents, entry) for entry in board.by_group[group]],
    )


def _row(contents: Contents, entry: Entry) -> Row:
    record = entry.record
    counts = f"{record.scored}/{record.expected}"
    return Row(
        entry=entry,
        address=contents.address(entry),
        marks=marks(entry),
        scores=[show_score(entry, column) for column in contents.leaderboard.columns],
        images=Shown(counts + (MISSING_IMAGES if lacks_images(entry) else ""), str(record.scored)),
        time=Shown(duration(entry.seconds_per_image), exact(entry.seconds_per_image)),
    )


def _names(contents: Contents, side: Side) -> list[str]:
    return sorted({contents.titles.side(group, side) for group in contents.leaderboard.groups}, key=natural)
