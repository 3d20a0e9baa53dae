"""Images told apart: a block for each group and metric, whose rows are strata and whose columns are methods.

Masks are not pooled, even where they are of one family: every image has a hole under each of them, and a mean over them
all would weigh each mask by how many of its holes fall into a band. Where every mask fills one band of its own, masks
side by side say the same in one block; a note says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report.sheet import (
    MISSING,
    MISSING_IMAGES,
    Block,
    Heading,
    Item,
    Note,
    has_column,
    lacks_images,
    listed,
    marks,
    score_item,
    shorten,
)
from inpaintbench.report.titles import Titles
from inpaintbench.statistics.certainty import Certainty
from inpaintbench.statistics.strata_certainty import judged_strata
from inpaintbench.strata import Key, Strata, Stratum, stratify

ALL: Final = "all"
"""Names the last row of a block: the means over all images."""

_WORDS: Final[dict[Key, str]] = {"hole_ratio": "hole ratio", "class": "class"}
_IMAGES: Final = Heading(label="images")


def judged(leaderboard: Leaderboard, by: Key, columns: Sequence[Column], certainty: Certainty | None) -> Strata:
    """Return the strata of a leaderboard, judged by the test by which it was judged itself, if it was.

    Raises:
        UsageError: if images are to be told apart by class, and none has one.
    """
    strata = stratify(leaderboard, by, columns)
    return strata if certainty is None else judged_strata(strata, leaderboard, columns, certainty.test)


def blocks(
    leaderboard: Leaderboard, strata: Strata, columns: Sequence[Column], titles: Titles, intervals: bool = False
) -> list[Block]:
    """Return a block for each group and metric: a row a stratum, and one over all images.

    A cell without numbers has a column of dashes. The marks of an entry stand in the head of its column.
    """
    found = []
    for group in leaderboard.groups:
        for column in columns:
            if entries := shown_entries(leaderboard, group, column):
                methods = (Heading(label=_head(entry)) for entry in entries)
                headings = (Heading(label=_WORDS[strata.by], numeric=False), _IMAGES, *methods)
                rows = [_row(stratum, entries, column, intervals) for stratum in strata.of(group, column)]
                title = f"{Heading.of(column).line} · {titles.group(group)}"
                facts = titles.facts([entry.record.expected for entry in entries])
                found.append(Block(title, headings, (*rows, _last_row(entries, column, intervals)), facts))
    return found


def shown_entries(leaderboard: Leaderboard, group: Group, column: Column) -> list[Entry]:
    """Return the entries of a group that a table of one metric shows: none if no entry was to be scored by it."""
    entries = leaderboard.by_group[group]
    if not any(has_column(entry, column) for entry in entries):
        return []
    return [entry for entry in entries if has_column(entry, column) or entry.standing == "failed"]


def notes(strata: Strata, titles: Titles) -> tuple[Note, ...]:
    """Return what a reader must know of the strata: what is missing in them, and what shows the same in less room."""
    found = []
    unknown: dict[Group, list[str]] = defaultdict(list)
    for entry in strata.unknown:
        unknown[entry.group].append(entry.method)
    alike: dict[str, list[str]] = defaultdict(list)
    for group, methods in unknown.items():
        alike[listed(methods)].append(titles.group(group))
    for whose, groups in alike.items():
        where = f"in the results of {whose} on {listed(groups, separator='; ')}"
        why = "The data set tells none, or they" if strata.by == "class" else "They"
        found.append(
            f"No {_WORDS[strata.by]} is stored {where}. {why} are older than this column; `bench run --rerun all` runs "
            "them again."
        )
    for entry, reason in strata.unread:
        where = f"{entry.method} on {titles.group(entry.group)}"
        found.append(f"The numbers of each image cannot be shown for {where}: {shorten(reason).rstrip('.')}.")
    found += _one_band_each(strata)
    return tuple(Note("", text) for text in found)


def _one_band_each(strata: Strata) -> list[str]:
    bands: dict[Group, int] = defaultdict(int)
    for (group, _), found in strata.found.items():
        bands[group] = max(bands[group], len(found))
    masks = {group.mask for group, number in bands.items() if number == 1}
    if strata.by != "hole_ratio" or len(masks) < 2:
        return []
    return [f"{len(masks)} masks have all their holes in one band each: --by mask puts masks side by side."]


def _head(entry: Entry) -> str:
    missing = MISSING_IMAGES if entry.standing == "incomplete" else ""
    return f"{entry.method} {marks(entry)}{missing}".rstrip()


def _row(stratum: Stratum, entries: Sequence[Entry], column: Column, intervals: bool) -> tuple[Item, ...]:
    found = (stratum.scores.get(entry.method) for entry in entries)
    items = (score_item(Score() if one is None else one.score, column, interval=intervals) for one in found)
    return Item(MISSING if stratum.name is None else stratum.name), Item(str(stratum.images)), *items


def _last_row(entries: Sequence[Entry], column: Column, intervals: bool) -> tuple[Item, ...]:
    scored = max((entry.record.scored for entry in entries if entry.standing != "failed"), default=0)
    expected = max(entry.record.expected for entry in entries)
    images = Item(f"{scored}/{expected}", marks=MISSING_IMAGES if any(map(lacks_images, entries)) else "")
    scores = (entry.scores.get(column.key, Score()) for entry in entries)
    return Item(ALL), images, *(score_item(score, column, interval=intervals) for score in scores)
