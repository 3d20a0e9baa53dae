"""The arrangements of a leaderboard: a block a group, or for each metric masks, data sets or methods side by side.

Methods stand side by side where images are told apart: see `inpaintbench.report.stratified`.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report import overall, stratified
from inpaintbench.report.certain import judged_by, judgement_notes
from inpaintbench.report.notes import notes
from inpaintbench.report.options import Shown, TableOptions, choose_columns, choose_shown
from inpaintbench.report.sheet import (
    MISSING,
    MISSING_IMAGES,
    Block,
    Heading,
    Item,
    Note,
    Sheet,
    duration,
    has_column,
    lacks_images,
    marks,
    score_item,
)
from inpaintbench.report.titles import Side, Titles

_DATASET: Final = Heading(label="data set", numeric=False)
_MASK: Final = Heading(label="mask", numeric=False)
_RUN: Final = Heading(label="run", numeric=False)
_METHOD: Final = Heading(label="method", numeric=False)
_IMAGES: Final = Heading(label="images")
_SECONDS: Final = Heading(label="time", unit="s/image")


def build_sheet(leaderboard: Leaderboard, options: TableOptions) -> Sheet:
    """Arrange a leaderboard for printing.

    Args:
        leaderboard: as it was built; it is judged here.
        options: what to show of it.

    Raises:
        UnknownNameError: if a metric or a column is not there.
        UsageError: if images are to be told apart by class, and none has one; or if columns are chosen of blocks that
            have others.
    """
    columns = choose_columns(leaderboard, options.by, options.metrics)
    shown = choose_shown(columns, options)
    columns = [one for one in shown if isinstance(one, Column)]
    titles = Titles(leaderboard.groups)
    further: list[Note] = []
    judged: tuple[str, ...] = ()
    if options.certainty is not None:
        leaderboard = options.certainty.judged(leaderboard)
        further += judgement_notes(options.certainty, columns, titles, intervals=options.intervals)
        judged = (judged_by(options.certainty.test),)
    intervals = options.intervals
    match options.by:
        case None if options.layout == "long":
            blocks = _one_block(leaderboard, shown, titles, intervals)
        case None:
            blocks = [_group_block(leaderboard, group, shown, titles, intervals) for group in leaderboard.groups]
        case "mask" | "dataset" as side:
            blocks = _side_by_side(leaderboard, side, columns, titles, intervals)
        case key:
            strata = stratified.judged(leaderboard, key, columns, options.certainty)
            blocks = stratified.blocks(leaderboard, strata, columns, titles, intervals)
            further += stratified.notes(strata, titles)
    blocks = [
        dataclasses.replace(block, facts=(*block.facts, *judged)) if block.has_places else block for block in blocks
    ]
    if len(leaderboard.mean_ranks) > 1 and leaderboard.ranked_group_count:
        block, said = overall.block(leaderboard, columns, options.certainty, options.aggregate, intervals)
        blocks.append(dataclasses.replace(block, facts=titles.facts()))
        further += said
    return Sheet(titles.whole(leaderboard), tuple(blocks), (*notes(leaderboard, columns, titles), *further))


def _group_block(
    leaderboard: Leaderboard, group: Group, shown: Sequence[Shown], titles: Titles, intervals: bool
) -> Block:
    entries = leaderboard.by_group[group]
    present = _present(entries, shown)
    rows = [_row(entry, present, intervals) for entry in entries]
    return Block(
        titles.group(group),
        (_METHOD, *map(_heading, present)),
        tuple(rows),
        titles.facts([one.record.expected for one in entries]),
    )


def _one_block(leaderboard: Leaderboard, shown: Sequence[Shown], titles: Titles, intervals: bool) -> list[Block]:
    """Return all groups in one block: what tells them apart stands in columns, each group is a part."""
    groups = leaderboard.groups
    if not groups:
        return []
    runs = {titles.run(group) for group in groups}
    present = _present(leaderboard.entries, shown)
    rows: list[tuple[Item, ...]] = []
    breaks = set()
    for group in groups:
        breaks.add(len(rows))
        place = [titles.side(group, "dataset"), titles.side(group, "mask")]
        place += [titles.run(group)] if len(runs) > 1 else []
        rows += [(*map(Item, place), *_row(one, present, intervals)) for one in leaderboard.by_group[group]]
    headings = (_DATASET, _MASK, *([_RUN] if len(runs) > 1 else []), _METHOD, *map(_heading, present))
    title = " · ".join(["All data sets and masks", *(runs if len(runs) == 1 else ())])
    facts = titles.facts([one.record.expected for one in leaderboard.entries])
    return [Block(title, headings, tuple(rows), facts, frozenset(breaks - {0}))]


def _present(entries: Sequence[Entry], shown: Sequence[Shown]) -> list[Shown]:
    """Return what is shown without the metrics by which none of these entries was to be scored."""
    return [one for one in shown if isinstance(one, str) or any(has_column(entry, one) for entry in entries)]


def _heading(shown: Shown) -> Heading:
    match shown:
        case "images":
            return _IMAGES
        case "time":
            return _SECONDS
        case column:
            return Heading.of(column)


def _row(entry: Entry, shown: Sequence[Shown], intervals: bool) -> tuple[Item, ...]:
    items = []
    for one in shown:
        match one:
            case "images":
                items.append(_images([entry]))
            case "time":
                items.append(Item(duration(entry.seconds_per_image)))
            case column:
                items.append(_score(entry, column, intervals))
    return Item(entry.method, marks=marks(entry)), *items


def _side_by_side(
    leaderboard: Leaderboard, by: Side, columns: Sequence[Column], titles: Titles, intervals: bool
) -> list[Block]:
    families: dict[str, list[Group]] = defaultdict(list)
    for group in leaderboard.groups:
        families[titles.group(group, without=by)].append(group)
    blocks = []
    for family, groups in families.items():
        entries = {(entry.method, group): entry for group in groups for entry in leaderboard.by_group[group]}
        for column in columns:
            holders = {entry.method for entry in entries.values() if has_column(entry, column)}
            methods = [one.method for one in leaderboard.mean_ranks if one.method in holders]
            if not methods:
                continue
            rows = []
            for method in methods:
                found = [entries.get((method, group)) for group in groups]
                items = [Item(MISSING) if entry is None else _marked_score(entry, column, intervals) for entry in found]
                rows.append((Item(method), *items, _images([entry for entry in found if entry is not None])))
            headings = [Heading(label=titles.side(group, by)) for group in groups]
            title = f"{Heading.of(column).line} · {family}"
            facts = titles.facts([one.record.expected for one in entries.values() if has_column(one, column)])
            blocks.append(Block(title, (_METHOD, *headings, _IMAGES), tuple(rows), facts))
    return blocks


def _score(entry: Entry, column: Column, interval: bool, marks: str = "") -> Item:
    return score_item(entry.scores.get(column.key, Score()), column, interval=interval, marks=marks)


def _marked_score(entry: Entry, column: Column, interval: bool) -> Item:
    missing = MISSING_IMAGES if entry.standing == "incomplete" else ""
    return _score(entry, column, interval, marks(entry) + missing)


def _images(entries: Sequence[Entry]) -> Item:
    scored = sum(entry.record.scored for entry in entries)
    expected = sum(entry.record.expected for entry in entries)
    mark = MISSING_IMAGES if any(lacks_images(entry) for entry in entries) else ""
    return Item(f"{scored}/{expected}", marks=mark)
