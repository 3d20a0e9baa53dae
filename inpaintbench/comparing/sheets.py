"""A comparison of two sides as a sheet: all cells at once, each cell, and the images that changed most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inpaintbench.columns import Column
from inpaintbench.comparing.changed import ChangedImage
from inpaintbench.comparing.differences import CellDifference, Differences
from inpaintbench.comparing.notes import marks_of, notes
from inpaintbench.comparing.pairs import CellPair, Pairing
from inpaintbench.comparing.summary import Summary
from inpaintbench.leaderboard import Group
from inpaintbench.ranking import natural
from inpaintbench.report.sheet import (
    FAILED,
    MISSING,
    MISSING_IMAGES,
    Block,
    Heading,
    Item,
    Sheet,
    bracketed,
    number,
    probability,
    signed_number,
)
from inpaintbench.report.titles import Titles
from inpaintbench.statistics.intervals import Interval

VERDICTS: Final = {"a": "A better", "b": "B better", None: "cannot be told apart"}
NOT_JUDGED: Final = "not judged"
TOO_FEW: Final = "too few images to tell"

_METHOD: Final = Heading(label="method", numeric=False)
_METRIC: Final = Heading(label="metric", numeric=False)
_PLACE: Final = (Heading(label="data set", numeric=False), Heading(label="mask", numeric=False))
_SIDES: Final = (Heading(label="A"), Heading(label="B"), Heading(label="B - A"))
_P: Final = Heading(label="p")
_VERDICT: Final = Heading(label="verdict", numeric=False)
_ITEM: Final = Heading(label="item", numeric=False)


def build_sheet(differences: Differences, summaries: Sequence[Summary], changed: Sequence[ChangedImage] = ()) -> Sheet:
    """Arrange a comparison for printing.

    Args:
        differences: of all pairs of cells.
        summaries: what they come to.
        changed: images to list.
    """
    titles = Titles([pair.a.group for pair in differences.pairing.pairs])
    several = differences.pairing.kind == "runs"
    blocks = [_summary_block(summaries, several)] if summaries else []
    blocks += _cell_blocks(differences, titles)
    if changed:
        blocks.append(_changed_block(changed, titles, several))
        blocks += _pictures_block(changed)
    return Sheet(title(differences.pairing), tuple(blocks), notes(differences, bool(summaries)))


def title(pairing: Pairing) -> str:
    """Return what is compared, in one line."""
    return f"Comparison of two {pairing.kind} · A: {pairing.a} · B: {pairing.b}"


def spread(interval: Interval, decimals: int, signed: bool = False) -> str:
    """Write a mean with its interval.

    >>> spread(Interval(1.234, 1.0, 1.5), 2), spread(Interval(0.5, float("nan"), float("nan")), 1, signed=True)
    ('1.23 [1.00, 1.50]', '+0.5')
    """
    mean, ends = signed_number(interval.mean, decimals, signed), (interval.low, interval.high)
    return f"{mean} {bracketed(*ends, decimals, signed=signed)}".rstrip()


def verdict(cell: CellDifference) -> str:
    """Return in a few words what can be said of a cell."""
    if cell.p is None:
        return NOT_JUDGED
    return TOO_FEW if cell.too_few else VERDICTS[cell.better]


def _summary_block(summaries: Sequence[Summary], several: bool) -> Block:
    counts = (Heading(label=one) for one in ("cells", "A better", "B better", "neither"))
    headings = (*([_METHOD] if several else []), _METRIC, *_SIDES, *counts)
    rows = []
    for one in summaries:
        decimals = one.column.metric.decimals
        rows.append(
            (
                *([Item(one.method)] if several else []),
                Item(Heading.of(one.column).line),
                Item(number(one.a, decimals)),
                Item(number(one.b, decimals)),
                Item(spread(one.difference, decimals, signed=True)),
                *(Item(str(n)) for n in (one.cells, one.a_better, one.b_better, one.neither)),
            )
        )
    return Block("All cells", headings, tuple(rows))


def _cell_blocks(differences: Differences, titles: Titles) -> list[Block]:
    several = differences.pairing.kind == "runs"
    settings: dict[tuple[str, str], list[CellPair]] = {}
    for pair in differences.pairing.pairs:
        setting = _setting(pair.a.group, [one.a.group for one in differences.pairing.pairs])
        settings.setdefault((pair.a.method if several else "", setting), []).append(pair)
    found = {(id(cell.pair), cell.column.key): cell for cell in differences.cells}
    headings = (*_PLACE, *_SIDES, _P, Heading(label="images"), _VERDICT)
    blocks = []
    for column in differences.columns:
        for (method, setting), pairs in settings.items():
            rows = []
            for pair in sorted(pairs, key=lambda one: (natural(one.place.dataset), natural(one.place.mask))):
                cell = found.get((id(pair), column.key))
                if cell is not None or "failed" in (pair.a.standing, pair.b.standing):
                    rows.append(_row(pair, cell, column, titles))
            if any((id(pair), column.key) in found for pair in pairs) or (rows and not column.metric.unavailable):
                name = " · ".join(filter(None, (Heading.of(column).line, method, setting)))
                blocks.append(Block(name, headings, tuple(rows)))
    return blocks


def _setting(group: Group, groups: Sequence[Group]) -> str:
    """Return what is neither data set nor mask, as far as it is not the same everywhere; the size always."""
    parts = [f"{group.size} × {group.size}"]
    for name, word in (("seed", "seed"), ("protocol", "protocol")):
        if len({getattr(one, name) for one in groups}) > 1:
            parts.append(f"{word} {getattr(group, name)}")
    return " · ".join(parts)


def _row(pair: CellPair, cell: CellDifference | None, column: Column, titles: Titles) -> tuple[Item, ...]:
    group, marks = pair.a.group, marks_of(pair)
    place = Item(titles.side(group, "dataset")), Item(titles.side(group, "mask"))
    if cell is None:
        failed = Item(MISSING, marks=FAILED)
        return (*place, *[Item(MISSING)] * 5, failed)
    decimals = column.metric.decimals
    missing = MISSING_IMAGES if cell.left_out or MISSING_IMAGES in marks else ""
    return (
        *place,
        Item(number(cell.a.mean, decimals)),
        Item(number(cell.b.mean, decimals)),
        Item(spread(cell.difference, decimals, signed=True)),
        Item(probability(cell.p)),
        Item(f"{cell.images}/{cell.images + cell.left_out}", marks=marks.replace(MISSING_IMAGES, "") + missing),
        Item(verdict(cell)),
    )


def _changed_block(changed: Sequence[ChangedImage], titles: Titles, several: bool) -> Block:
    column = changed[0].column
    headings = (*([_METHOD] if several else []), _ITEM, *_PLACE, *_SIDES)

    def row(one: ChangedImage) -> tuple[Item, ...]:
        sides = (Item(titles.side(one.pair.a.group, "dataset")), Item(titles.side(one.pair.a.group, "mask")))
        numbers = Interval(one.difference, float("nan"), float("nan"))
        return (
            *([Item(one.pair.a.method)] if several else []),
            Item(one.item),
            *sides,
            *(Item(number(value, column.metric.decimals)) for value in (one.a, one.b)),
            Item(spread(numbers, column.metric.decimals, signed=True)),
        )

    return Block(f"Images that changed most · {Heading.of(column).line}", headings, tuple(map(row, changed)))


def _pictures_block(changed: Sequence[ChangedImage]) -> list[Block]:
    headings = (_ITEM, Heading(label="side", numeric=False), Heading(label="saved picture", numeric=False))
    rows = tuple(
        (Item(one.item), Item(side), Item(str(path)))
        for one in changed
        for side, path in (("A", one.picture_a), ("B", one.picture_b))
        if path is not None
    )
    return [Block("Pictures of these", headings, rows)] if rows else []
