"""The sentences below a table that say how certain it is: what best means, over what, and where nothing can be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Group
from inpaintbench.report.sheet import Note, count, listed, shorten
from inpaintbench.report.titles import Titles
from inpaintbench.statistics.certainty import Certainty
from inpaintbench.statistics.intervals import FEWEST, LEVEL
from inpaintbench.statistics.resampling import COUNT
from inpaintbench.statistics.verdicts import ALPHA, TestName

TESTS: Final[Mapping[TestName, str]] = MappingProxyType(
    {"permutation": "paired permutation test", "wilcoxon": "Wilcoxon's signed-rank test"}
)
"""What the tests are called in a sentence."""


def judged_by(test: TestName) -> str:
    """Return what best means, and by which test, in sentences for captions."""
    return (
        f"Best are all that cannot be told apart from the best mean. Two are told apart if the {TESTS[test]} says so "
        f"({ALPHA:.0%}, adjusted after Holm) and the {LEVEL:.0%} interval of their difference does not hold zero; "
        "images of one source count as one, where sources are told."
    )


def judgement_notes(
    certainty: Certainty, columns: Sequence[Column], titles: Titles, *, intervals: bool
) -> tuple[Note, ...]:
    """Return what must be known of tests and intervals.

    Args:
        certainty: what was found.
        columns: the metrics that are shown.
        titles: of the groups.
        intervals: whether they are shown.
    """
    said = [
        f"Best are all that cannot be told apart from the best mean. Two are told apart if the {TESTS[certainty.test]} "
        f"over the images says so ({ALPHA:.0%}, adjusted after Holm for all pairs of methods of a block) and the "
        f"{LEVEL:.0%} interval of their difference does not hold zero."
    ]
    if intervals:
        said.append(
            f"± is half the width of the {LEVEL:.0%} interval of a mean over images like these (bootstrap-t, "
            f"{COUNT:,} resamples). There is none where fewer than {FEWEST} images count, or nearly all have the same "
            "number."
        )
    for entry, reason in certainty.unread:
        where = f"{entry.method} on {titles.group(entry.group)}"
        said.append(f"Not judged, and not marked as best: {where}, since {shorten(reason).rstrip('.')}.")
    return *(Note("", text) for text in said), *limits_of(certainty, columns, titles)


def limits_of(certainty: Certainty, columns: Sequence[Column], titles: Titles) -> tuple[Note, ...]:
    """Return where less can be told than the numbers seem to: images that are not independent, too few, or others."""
    said = [*_sources(certainty, columns, titles), *_undecidable(certainty, columns, titles)]
    said += [*_fewer_images(certainty, columns, titles), *_apart(certainty, titles)]
    return tuple(Note("", text) for text in said)


def _sources(certainty: Certainty, columns: Sequence[Column], titles: Titles) -> Iterator[str]:
    """Say of which data sets several images count as one."""
    found: dict[str, tuple[int, int]] = {}
    for group in certainty.judgements:
        for verdict in (certainty.of(group, column) for column in columns):
            if verdict is not None and verdict.sources < verdict.images:
                found.setdefault(titles.side(group, "dataset"), (verdict.images, verdict.sources))
    for dataset, (images, sources) in found.items():
        yield (
            f"{dataset}: {images} images come from {sources} sources, such as photographs, and are not independent. "
            f"Tests and intervals count the {sources}."
        )


def _undecidable(certainty: Certainty, columns: Sequence[Column], titles: Titles) -> Iterator[str]:
    """Say where there are too few images for so many methods."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for group in certainty.judgements:
        verdicts = [one for one in (certainty.of(group, column) for column in columns) if one and one.pairs]
        if verdicts and not any(verdict.decidable for verdict in verdicts):
            most = max(verdicts, key=lambda verdict: verdict.sources)
            found[most.sources, len(most.means)].append(titles.group(group))
    for (sources, methods), groups in found.items():
        yield (
            f"However {methods} methods differ, {count(sources, 'independent image')} cannot tell any two of them "
            f"apart: {listed(groups, separator='; ')}."
        )


def _fewer_images(certainty: Certainty, columns: Sequence[Column], titles: Titles) -> Iterator[str]:
    """Say where methods are compared over fewer images than their means are over: a metric is undefined on some."""
    for group, judgement in certainty.judgements.items():
        verdicts = {column.label: judgement.verdicts.get(column.key) for column in columns}
        most = judgement.images
        for label, verdict in verdicts.items():
            if verdict is not None and len(verdict.means) > 1 and verdict.images < most:
                yield (
                    f"{label} on {titles.group(group)}: methods are compared over the {verdict.images} of "
                    f"{count(most, 'image')} of which each of them has a number; a mean is over all that it has."
                )


def _apart(certainty: Certainty, titles: Titles) -> Iterator[str]:
    alike: dict[str, list[Group]] = defaultdict(list)
    for group, judgement in certainty.judgements.items():
        for method in judgement.apart:
            alike[method].append(group)
    for method, groups in alike.items():
        where = listed([titles.group(group) for group in groups], separator="; ")
        yield (
            f"{method} is not compared with the others on {where}: its records are of other images or holes, or too "
            "old to say."
        )
