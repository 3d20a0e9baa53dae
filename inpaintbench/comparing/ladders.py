"""What is hardest as a sheet: a block over all, and one for each data set or mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from inpaintbench.comparing.hardest import OTHER, WORDS, Hardness, Kind, Ladder, Level
from inpaintbench.comparing.notes import NOT_INDEPENDENT
from inpaintbench.comparing.sheets import spread
from inpaintbench.report.sheet import MISSING, Block, Heading, Item, Note, Sheet, count, number, probability, shorten

_RANK: Final = Heading(label="rank")
_HOLE: Final = Heading(label="hole", unit="%")
_DIFFERENCE: Final = Heading(label="difference to the hardest")
_P: Final = Heading(label="p")
_IMAGES: Final = Heading(label="pictures")
_TESTS: Final[dict[Kind, str]] = {
    "mask": "the paired permutation test over the same pictures",
    "dataset": "the permutation test of Welch's statistic, for the pictures differ",
}


def build_sheet(hardness: Hardness) -> Sheet:
    """Arrange what was found for printing: all that cannot be told from the hardest is marked as best is elsewhere."""
    labels = dict.fromkeys(ladder.column.label for ladder in hardness.ladders)
    title = f"Hardest {WORDS[hardness.kind]} · {', '.join(labels)}"
    apart = {name for name in ("size", "seed", "protocol") if _differ(hardness.ladders, name)}
    blocks = tuple(_block(ladder, apart) for ladder in hardness.ladders)
    return Sheet(title, blocks, tuple(_notes(hardness)))


def _differ(ladders: Sequence[Ladder], name: str) -> bool:
    return len({getattr(ladder.setting, name) for ladder in ladders}) > 1


def _block(ladder: Ladder, apart: set[str]) -> Block:
    other = WORDS[OTHER[ladder.kind]]
    parts = [Heading.of(ladder.column).line, ladder.within or f"mean over {count(ladder.others, other)}"]
    parts.append(f"{ladder.setting.size} × {ladder.setting.size}")
    parts += [f"{name} {getattr(ladder.setting, name)}" for name in ("seed", "protocol") if name in apart]
    score = Heading(label=ladder.column.label, unit=ladder.column.metric.unit, arrow=ladder.column.arrow)
    headings = (_RANK, Heading(label=WORDS[ladder.kind], numeric=False), _HOLE, score, _DIFFERENCE, _P, _IMAGES)
    return Block(" · ".join(parts), headings, tuple(_row(level, ladder) for level in ladder.levels))


def _row(level: Level, ladder: Ladder) -> tuple[Item, ...]:
    decimals = ladder.column.metric.decimals
    more = level.from_hardest
    return (
        Item(str(level.rank)),
        Item(level.name),
        Item(number(None if level.hole_ratio is None else 100 * level.hole_ratio, 1)),
        Item(spread(level.score, decimals), 1 if level.rank == 1 else 0),
        Item(MISSING if more is None else spread(more.difference, decimals, signed=True)),
        Item(MISSING if more is None else probability(more.p)),
        Item(str(level.images)),
    )


def _notes(hardness: Hardness) -> Iterator[Note]:
    word, other = WORDS[hardness.kind], WORDS[OTHER[hardness.kind]]
    yield Note("", f"What is marked as best here is the hardest {word}, with all that cannot be told from it.")
    for methods, left_out in dict.fromkeys((one.methods, one.left_out) for one in hardness.ladders):
        over = f"The number of a picture is the mean over {count(len(methods), 'method')}: {', '.join(methods)}."
        yield Note("", over + (f" Not ranked everywhere, and left out: {', '.join(left_out)}." if left_out else ""))
    yield Note(
        "",
        "In brackets 95 % bootstrap intervals. The rank is 1 for all that cannot be told from the hardest, else one "
        f"more than there are others that are certainly harder: p ≤ 0.05 in {_TESTS[hardness.kind]}, adjusted (Holm) "
        "for all pairs of a block, and an interval of the difference that does not hold 0.",
    )
    if any(level.sources < level.images for ladder in hardness.ladders for level in ladder.levels):
        yield Note("", NOT_INDEPENDENT)
    if any(not ladder.within for ladder in hardness.ladders):
        yield Note("", f"In the mean over all {other}s, each {other} counts alike.")
    yield Note(
        "",
        "Hole is the mean share of missing pixels. A number says little without it: the more is missing, the less a "
        "method has to go by, and a metric over the whole picture falls with the share alone.",
    )
    yield from (Note("", shorten(gap)) for gap in hardness.gaps)
