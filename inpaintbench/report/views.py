"""The arrangements of a leaderboard: a block a group, or for each metric masks, data sets or methods side by side.

Methods stand side by side where images are told apart: see `inpaintbench.report.stratified`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from inpaintbench.columns import Column, column_key
from inpaintbench.errors import UnknownNameError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report import overall, stratified
from inpaintbench.report.notes import judgement_notes, notes
from inpaintbench.report.overall import Aggregate
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
from inpaintbench.statistics.certainty import Certainty

By = Literal["mask", "dataset", "hole_ratio", "class"]
"""What a leaderboard is arranged by: masks or data sets side by side, or images told apart by strata."""

_METHOD: Final = Heading(label="method", numeric=False)
_IMAGES: Final = Heading(label="images")
_SECONDS: Final = Heading(label="time", unit="s/image")


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How a leaderboard is to be printed.

    Attributes:
        by: what is told apart in a block for each metric: masks or data sets side by side, or strata of images below
            each other. None for a block a group, with the metrics side by side.
        metrics: names of the metrics to show, with or without their parameters. None for all (with `by`: those that
            are ranked, and the PSNR over the hole).
        certainty: what is known of the numbers; None where means alone say what is best.
        intervals: whether numbers have their intervals beside them.
        aggregate: how methods are compared over all groups.
    """

    by: By | None = None
    metrics: Sequence[str] | None = None
    certainty: Certainty | None = None
    intervals: bool = False
    aggregate: Aggregate = "rank"


def build_sheet(leaderboard: Leaderboard, options: TableOptions) -> Sheet:
    """Arrange a leaderboard for printing.

    Args:
        leaderboard: as it was built; it is judged here.
        options: what to show of it.

    Raises:
        UnknownNameError: if a metric is not there.
        UsageError: if images are to be told apart by class, and none has one.
    """
    columns = choose_columns(leaderboard, options.by, options.metrics)
    titles = Titles(leaderboard.groups)
    further: list[Note] = []
    if options.certainty is not None:
        leaderboard = options.certainty.judged(leaderboard)
        further += judgement_notes(options.certainty, titles, intervals=options.intervals)
    intervals = options.intervals
    match options.by:
        case None:
            blocks = [_group_block(leaderboard, group, columns, titles, intervals) for group in leaderboard.groups]
        case "mask" | "dataset" as side:
            blocks = _side_by_side(leaderboard, side, columns, titles, intervals)
        case key:
            strata = stratified.judged(leaderboard, key, columns, options.certainty)
            blocks = stratified.blocks(leaderboard, strata, columns, titles, intervals)
            further += stratified.notes(strata, titles)
    if len(leaderboard.mean_ranks) > 1 and leaderboard.ranked_group_count:
        block, said = overall.block(leaderboard, columns, options.certainty, options.aggregate, intervals)
        blocks.append(block)
        further += said
    return Sheet(titles.whole(leaderboard), tuple(blocks), (*notes(leaderboard, columns, titles), *further))


def choose_columns(leaderboard: Leaderboard, by: By | None, metrics: Sequence[str] | None) -> list[Column]:
    """Return the columns of the metrics asked for, in that order; of those shown by default if none are.

    Raises:
        UnknownNameError: if a metric is not there.
    """
    every = list(leaderboard.columns)
    if metrics is None:
        few = [one for one in every if one.metric.ranked or one.metric.plugin == "psnr_hole"]
        return (few or every) if by else every
    found: list[Column] = []
    for wanted in metrics:
        named = [one for one in every if wanted in (one.metric.plugin, one.key.name, one.name)]
        if not named:
            known = {name for one in every for name in (one.metric.plugin, one.key.name)}
            raise UnknownNameError("metric in these results", wanted, known)
        found += [one for one in named if one not in found]
    return found


def _group_block(
    leaderboard: Leaderboard, group: Group, columns: Sequence[Column], titles: Titles, intervals: bool
) -> Block:
    entries = leaderboard.by_group[group]
    present = {column_key(metric, group.protocol) for entry in entries for metric in entry.record.metrics}
    shown = [column for column in columns if column.key in present]
    rows = []
    for entry in entries:
        scores = [_score(entry, column, intervals) for column in shown]
        time = Item(duration(entry.seconds_per_image))
        rows.append((Item(entry.method, marks=marks(entry)), *scores, _images([entry]), time))
    headings = (_METHOD, *map(Heading.of, shown), _IMAGES, _SECONDS)
    return Block(titles.group(group), headings, tuple(rows))


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
            blocks.append(Block(title, (_METHOD, *headings, _IMAGES), tuple(rows)))
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
