"""A page a cell: one method on one data set under one mask, image by image, and all that its numbers depend on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Group, Standing
from inpaintbench.report.sheet import MISSING, Heading, count, duration, has_column, marks
from inpaintbench.report.titles import Side
from inpaintbench.site.contents import Contents
from inpaintbench.site.images import ImageTable, read_images
from inpaintbench.site.leaderboard import tie_rule
from inpaintbench.site.pages import Page
from inpaintbench.site.rivals import Rival, rivals_of
from inpaintbench.site.scores import Shown, moment, show_score

STANDINGS: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        "ranked": "ranked",
        "failed": "failed, not ranked",
        "limited": "only the first images were taken (--limit), not ranked",
        "incomplete": "images are missing that it is about, or that other methods have; not ranked",
        "stale": "of other code, pictures or holes than the present ones, whose attempt has failed; not ranked",
    }
)


@dataclass(frozen=True)
class MetricRow:
    """One metric of a cell.

    Attributes:
        heading: what it is called.
        column: what it is.
        score: its mean.
        spread: least, median and greatest over the images.
        undefined: on how many images it has no value; a dash if nothing was scored.
        ranked_of: how many methods are ranked in it.
        rivals: the comparison with each other ranked method.
        unavailable: why nothing was scored; empty if it was.
    """

    heading: Heading
    column: Column
    score: Shown
    spread: Sequence[str]
    undefined: str
    ranked_of: int
    rivals: Sequence[Rival]
    unavailable: str


@dataclass(frozen=True)
class Link:
    """The way to another cell."""

    text: str
    address: str


def pages(contents: Contents) -> Iterator[Page]:
    """Yield the page of each cell."""
    for entry in contents.leaderboard.entries:
        title = f"{entry.method} · {contents.titles.group(entry.group)}"
        context = _context(contents, entry)
        yield Page(contents.address(entry), title, "cell.html.j2", context, ("table.js", "cell.js"))


def _context(contents: Contents, entry: Entry) -> dict[str, Any]:
    record, columns = entry.record, [one for one in contents.leaderboard.columns if has_column(entry, one)]
    images = read_images(entry, columns)
    before, after = _neighbours(contents, entry)
    return {
        "contents": contents,
        "entry": entry,
        "record": record,
        "marks": marks(entry),
        "standing": STANDINGS[entry.standing],
        "tie_rule": tie_rule(contents),
        "metrics": [_metric_row(contents, entry, column, images) for column in columns],
        "images": images,
        "problem": contents.told(images.problem),
        "before": before,
        "after": after,
        "elsewhere": {
            "other masks": _elsewhere(contents, entry, "mask"),
            "other data sets": _elsewhere(contents, entry, "dataset"),
        },
        "counts": _counts(entry),
        "cost": _cost(entry),
        "environment": {name: value for name, value in record.environment.items() if name != "checkpoint"},
        "checkpoint": _checkpoint(entry),
        "hashes": _hashes(entry),
        "identity": pretty(record.identity),
    }


def pretty(document: object) -> str:
    """Write a document as JSON, a line a value."""
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)


def _metric_row(contents: Contents, entry: Entry, column: Column, images: ImageTable) -> MetricRow:
    verdict = contents.certainty.of(entry.group, column)
    metric = next(one for one in entry.record.metrics if one.name == column.key.name)
    return MetricRow(
        heading=Heading.of(column),
        column=column,
        score=show_score(entry, column),
        spread=images.spread(column),
        undefined=MISSING if metric.unavailable or images.frame is None else str(images.undefined(column)),
        ranked_of=len(verdict.ranks) if verdict is not None else 0,
        rivals=rivals_of(entry, verdict, column),
        unavailable=metric.unavailable,
    )


def _neighbours(contents: Contents, entry: Entry) -> tuple[Link | None, Link | None]:
    """Return the ways to the methods before and after this one in its group."""
    entries = contents.leaderboard.by_group[entry.group]
    place = next(place for place, one in enumerate(entries) if one is entry)
    before = entries[place - 1] if place else None
    after = entries[place + 1] if place + 1 < len(entries) else None
    links = [Link(one.method, contents.address(one)) if one is not None else None for one in (before, after)]
    return links[0], links[1]


def _elsewhere(contents: Contents, entry: Entry, side: Side) -> list[Link]:
    """Return the ways to the same method where only the mask, or only the data set, is another one."""

    def rest(group: Group) -> dict[str, Any]:
        source = "holes" if side == "mask" else "pictures"
        return {name: value for name, value in vars(group).items() if name not in (side, source)}

    return [
        Link(contents.titles.side(other.group, side), contents.address(other))
        for other in contents.by_method[entry.method]
        if other is not entry and rest(other.group) == rest(entry.group)
    ]


def _counts(entry: Entry) -> dict[str, Any]:
    record = entry.record
    found: dict[str, Any] = {
        "images": f"{record.scored} of {record.expected} scored",
        "size": f"{record.size} × {record.size} pixels",
        "limit": "all images" if record.limit is None else f"the first {record.limit} images",
        "seed": record.seed,
        "scoring protocol": record.protocol,
        "status": record.status,
        "stopped before convergence": count(record.unconverged, "image"),
        "values outside [0, 1], clamped": count(record.clamped, "image"),
    }
    if entry.superseded:
        found["other versions, not shown"] = count(entry.superseded, "result")
    return found


def _cost(entry: Entry) -> dict[str, Any]:
    record = entry.record
    timing = dict(record.timing)
    found: dict[str, Any] = {
        "time for an image": f"{duration(entry.seconds_per_image)} s",
        "the method's own time": _seconds(timing.pop("method_seconds", None)),
        "in all": _seconds(timing.pop("wall_seconds", None)),
        "started": moment(record.started),
        "finished": moment(record.finished),
    }
    timing.pop("seconds_per_image", None)
    found |= {name.replace("_", " "): value for name, value in timing.items()}
    memory = dict(record.memory)
    if isinstance(peak := memory.pop("peak_bytes", None), int | float):
        found["peak memory"] = f"{peak / 2**20:.0f} MiB" + (f" ({memory.pop('counts')})" if "counts" in memory else "")
    return found | {f"memory, {name.replace('_', ' ')}": value for name, value in memory.items()}


def _seconds(value: object) -> str:
    return f"{duration(value)} s" if isinstance(value, int | float) else MISSING


def _checkpoint(entry: Entry) -> dict[str, Any]:
    """Return what is known of the training of the weights that the method brought; nothing if it brought none."""
    identity, environment = entry.record.identity, entry.record.environment
    parts = [part for part in (environment.get("checkpoint"), identity.get("checkpoint")) if isinstance(part, dict)]
    found = {name: value for part in reversed(parts) for name, value in part.items()}
    parameters = (identity.get("method") or {}).get("parameters") or {}
    return found | {"parameters of the method": parameters} if found and isinstance(parameters, dict) else found


def _hashes(entry: Entry) -> dict[str, Any]:
    record = entry.record
    found: dict[str, Any] = {"key": record.key}
    for part in ("method", "dataset", "mask"):
        about = record.identity.get(part)
        for name in ("version", "code", "fingerprint", "weights", "split"):
            if isinstance(about, dict) and about.get(name):
                found[f"{part}: {name}"] = about[name]
    found |= {f"{one.label}: weights": one.weights for one in record.metrics if one.weights}
    if core := record.identity.get("core"):
        found["core: code"] = core
    return found | {f"images.parquet: {name}": value for name, value in record.table.items()}
