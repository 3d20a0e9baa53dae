"""Which mask is hardest, and which data set: compared as methods are, over what all methods together score.

The number of a picture is the mean over methods, with equal weights. Masks are compared on the same pictures, by the
paired permutation test; data sets have different pictures, and are compared by a permutation test of two samples. Only
whole, ranked cells count, and only methods that are ranked under all that is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from inpaintbench.columns import Column
from inpaintbench.comparing.changed import PREFERRED
from inpaintbench.comparing.difficulty import Pictures
from inpaintbench.comparing.pairs import find_methods
from inpaintbench.errors import UsageError
from inpaintbench.leaderboard import Group, Leaderboard
from inpaintbench.ranking import natural
from inpaintbench.report.options import choose_columns
from inpaintbench.report.sheet import clean, listed, shorten
from inpaintbench.report.titles import Titles
from inpaintbench.seeding import derive_seed
from inpaintbench.statistics.intervals import Interval
from inpaintbench.statistics.sources import linearised
from inpaintbench.statistics.stratified import judge_strata
from inpaintbench.statistics.unpaired import judge_unpaired
from inpaintbench.statistics.verdicts import Comparison, Verdict

Kind = Literal["mask", "dataset"]
OTHER: Final[Mapping[Kind, Kind]] = {"mask": "dataset", "dataset": "mask"}
WORDS: Final[Mapping[Kind, str]] = {"mask": "mask", "dataset": "data set"}

Rivals = Mapping[str, Sequence[Group]]
"""What is compared, by name: one group each, or one for each of what the mean is over."""


class Setting(NamedTuple):
    """What all groups of a ladder share."""

    size: int
    seed: int
    protocol: int


@dataclass(frozen=True)
class Level:
    """A mask or data set of a ladder.

    Attributes:
        name: of the mask or data set.
        score: mean over its pictures of the mean over the methods, with its interval.
        rank: 1 for the hardest and all that cannot be told from it, else one more than there are others that are
            certainly harder.
        images: how many pictures it was measured on.
        sources: from how many independent sources these come.
        hole_ratio: mean share of missing pixels; None if it is not stored.
        from_hardest: its score less that of the hardest one; None for that one.
    """

    name: str
    score: Interval
    rank: int
    images: int
    sources: int
    hole_ratio: float | None
    from_hardest: Comparison | None


@dataclass(frozen=True)
class Ladder:
    """Masks or data sets from the hardest to the easiest.

    Attributes:
        kind: what is compared.
        within: the data set of the masks, or the mask of the data sets; empty where it is the mean over all of these.
        others: over how many of these it is: 1 unless `within` is empty.
        setting: size, seed and protocol of the results.
        column: the metric.
        methods: over which a picture's number is the mean.
        left_out: methods that are ranked on some, and not on all that is compared.
        levels: hardest first.
        verdict: the comparisons of all pairs.
    """

    kind: Kind
    within: str
    others: int
    setting: Setting
    column: Column
    methods: tuple[str, ...]
    left_out: tuple[str, ...]
    levels: tuple[Level, ...]
    verdict: Verdict


@dataclass(frozen=True)
class Hardness:
    """All that was found.

    Attributes:
        kind: what is compared.
        ladders: for each metric and setting, that over all first.
        gaps: what could not be compared, as sentences.
    """

    kind: Kind
    ladders: tuple[Ladder, ...]
    gaps: tuple[str, ...]


def find_hardest(
    leaderboard: Leaderboard, kind: Kind, metrics: Sequence[str] | None = None, selectors: Sequence[str] = ()
) -> Hardness:
    """Compare the masks of each data set, or the data sets under each mask, and their means over all of these.

    Args:
        leaderboard: the results.
        kind: what is compared.
        metrics: names; the PSNR over the hole, or else the first ranked metric, if there are none.
        selectors: of methods; all if there are none.

    Raises:
        UnknownNameError: if a metric or a method is not there.
        UsageError: if nothing can be compared.
    """
    known = {entry.method for entry in leaderboard.entries}
    methods = {name for one in selectors for name in find_methods(one, known)} or known
    columns = choose_columns(leaderboard, None, metrics) if metrics else _default(leaderboard)
    titles = Titles(leaderboard.groups)
    ladders: list[Ladder] = []
    gaps: dict[str, None] = {}
    for column in columns:
        pictures = Pictures(leaderboard, column, methods)
        for setting, families in _families(pictures.groups, kind, titles).items():
            found, missing = _climb(pictures, kind, setting, families)
            ladders += found
            gaps |= dict.fromkeys(missing)
        gaps |= dict.fromkeys(pictures.unread)
    if not ladders:
        needed = f"two {WORDS[kind]}s with the same {WORDS[OTHER[kind]]}, size and seed"
        raise UsageError(
            f"There is nothing to compare: expected a method with whole, ranked results of {needed}. "
            + clean(listed(map(shorten, gaps), " ") or "`bench table` shows what is there.")
        )
    return Hardness(kind, tuple(ladders), tuple(gaps))


def _default(leaderboard: Leaderboard) -> list[Column]:
    available = [one for one in leaderboard.columns if not one.metric.unavailable]
    preferred = [one for one in available if one.metric.plugin == PREFERRED]
    return preferred or [one for one in available if one.metric.ranked][:1] or available[:1]


def _families(groups: Sequence[Group], kind: Kind, titles: Titles) -> dict[Setting, dict[str, dict[str, Group]]]:
    """Return the groups by setting, by what they share, and by the name of what is compared."""
    found: dict[Setting, dict[str, dict[str, Group]]] = {}
    for group in groups:
        families = found.setdefault(Setting(group.size, group.seed, group.protocol), {})
        families.setdefault(titles.side(group, OTHER[kind]), {})[titles.side(group, kind)] = group
    return found


def _climb(
    pictures: Pictures, kind: Kind, setting: Setting, families: Mapping[str, Mapping[str, Group]]
) -> tuple[list[Ladder], list[str]]:
    """Return the ladder over all families and that of each, and what is missing."""
    families = {within: family for within, family in families.items() if len(family) > 1}
    ladders: list[Ladder] = []
    gaps: list[str] = []
    everywhere = set.intersection(*map(set, families.values())) if families else set()
    apart = sorted({name for family in families.values() for name in family} - everywhere, key=natural)
    rivals = {name: [family[name] for family in families.values()] for name in sorted(everywhere, key=natural)}
    tasks = [("", rivals)] if len(families) > 1 else []
    if tasks and apart:
        gaps.append(f"Not in the mean over all {WORDS[OTHER[kind]]}s, being under some only: {', '.join(apart)}.")
    tasks += [(within, {name: [group] for name, group in family.items()}) for within, family in families.items()]
    for within, compared in tasks:
        ladder = _ladder(pictures, kind, setting, within, compared)
        if ladder is None:
            where = f"on {within}" if within else f"on all {WORDS[OTHER[kind]]}s"
            gaps.append(
                f"Not compared {where}: no method has ranked results, and numbers of the same pictures, for all."
            )
        else:
            ladders.append(ladder)
    return ladders, gaps


def _ladder(pictures: Pictures, kind: Kind, setting: Setting, within: str, rivals: Rivals) -> Ladder | None:
    """Compare what can be compared; None if there is no method, no picture, or nothing beside one rival."""
    groups = [group for own in rivals.values() for group in own]
    methods = pictures.methods(groups) if groups else ()
    if len(rivals) < 2 or not methods:
        return None
    higher_is_harder = not pictures.column.metric.higher_is_better
    seed = derive_seed("hardest", kind, within, *setting)
    if kind == "mask":
        families = list(zip(*rivals.values(), strict=True))
        each = [pictures.scores(family, methods) for family in families]
        strata = [dict(zip(rivals, one.to_numpy().T, strict=True)) for one in each]
        if not all(map(len, each)):
            return None
        sources = [pictures.sources(one, family[0].dataset) for one, family in zip(each, families, strict=True)]
        verdict = judge_strata(strata, higher_is_harder, seed, sources=sources)
        images = dict.fromkeys(rivals, verdict.images)
        drawn = dict.fromkeys(rivals, verdict.sources)
    else:
        tables = {name: pictures.scores(own, methods) for name, own in rivals.items()}
        if not all(map(len, tables.values())):
            return None
        samples = {
            name: linearised(table.to_numpy().mean(axis=1)[:, None], pictures.sources(table, rivals[name][0].dataset))[
                :, 0
            ]
            for name, table in tables.items()
        }
        verdict = judge_unpaired(samples, higher_is_harder, seed)
        images = {name: len(table) for name, table in tables.items()}
        drawn = {name: len(sample) for name, sample in samples.items()}
    return Ladder(
        kind=kind,
        within=within,
        others=len(groups) // len(rivals),
        setting=setting,
        column=pictures.column,
        methods=methods,
        left_out=tuple(sorted(pictures.any_methods(groups) - set(methods), key=natural)),
        levels=_levels(
            verdict, higher_is_harder, images, drawn, {name: pictures.hole_ratio(rivals[name]) for name in rivals}
        ),
        verdict=verdict,
    )


def _levels(
    verdict: Verdict,
    higher_is_harder: bool,
    images: Mapping[str, int],
    sources: Mapping[str, int],
    ratios: Mapping[str, float | None],
) -> tuple[Level, ...]:
    sign = -1 if higher_is_harder else 1
    ordered = sorted(verdict.means, key=lambda name: (sign * verdict.means[name].mean, natural(name)))
    return tuple(
        Level(
            name=name,
            score=verdict.means[name],
            rank=verdict.ranks[name],
            images=images[name],
            sources=sources[name],
            hole_ratio=ratios[name],
            from_hardest=None if name == ordered[0] else _less(verdict, name, ordered[0]),
        )
        for name in ordered
    )


def _less(verdict: Verdict, name: str, other: str) -> Comparison:
    """Return the comparison of one less the other, whichever way it is stored."""
    if (name, other) in verdict.pairs:
        return verdict.pairs[name, other]
    found = verdict.pairs[other, name]
    one = found.difference
    return Comparison(Interval(-one.mean, -one.high, -one.low), found.p)
