"""What can be shown: of each group the images of which pictures were saved, with what methods have made of them.

Pictures of two methods hang side by side only if their records agree in image and hole, as numbers are paired.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inpaintbench.columns import Column, column_key
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.samples import Sample
from inpaintbench.statistics.pairing import IMAGE, read_scores

Key = tuple[str, str, str]
"""What `IMAGE` names: item, and hashes of image and hole."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image under one hole.

    Attributes:
        item: its id.
        index: its position in the data set.
        image_hash: of the picture; empty in results that are older than the hashes. So is `hole_hash`.
        hole_ratio: which part of it is missing; None if it was not stored.
        label: its class, if the data set tells one.
        samples: for each method its saved pictures; None if it has none.
        scores: for each method, one number a column; None where there is none.
    """

    item: str
    index: int
    image_hash: str
    hole_hash: str
    hole_ratio: float | None
    label: str | None
    samples: tuple[Sample | None, ...]
    scores: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Wall:
    """The pictures of one group.

    Attributes:
        group: which.
        columns: the metrics that any of its methods was scored with.
        entries: the methods whose records are complete and readable.
        rows: images of which pictures were saved, in the data set's order.
        images: how many images the methods have records of, at most.
        left_out: entries that cannot be shown, and why.
    """

    group: Group
    columns: tuple[Column, ...]
    entries: tuple[Entry, ...]
    rows: tuple[Row, ...]
    images: int
    left_out: tuple[tuple[Entry, str], ...]


@dataclass(frozen=True)
class _Seen:
    """What one method's cell says of one image."""

    index: int
    hole_ratio: float | None
    label: str | None
    sample: Sample
    scores: tuple[float | None, ...]


def find_walls(leaderboard: Leaderboard) -> tuple[Wall, ...]:
    """Return the pictures of each group, in the leaderboard's order. None of them is opened yet."""
    return tuple(_wall(leaderboard, group, entries) for group, entries in leaderboard.by_group.items())


def _wall(leaderboard: Leaderboard, group: Group, entries: Sequence[Entry]) -> Wall:
    shown = {
        column_key(metric, group.protocol)
        for entry in entries
        for metric in entry.record.metrics
        if entry.record.status == "complete" and not metric.unavailable
    }
    columns = tuple(column for column in leaderboard.columns if column.key in shown)
    seen: list[tuple[Entry, dict[Key, _Seen]]] = []
    left_out: list[tuple[Entry, str]] = []
    for entry in entries:
        if entry.record.status != "complete":
            error = (entry.record.error or {}).get("message", "")
            left_out.append((entry, f"{entry.record.status}: {error}" if error else entry.record.status))
            continue
        try:
            seen.append((entry, _look(entry, columns)))
        except StoreError as error:
            left_out.append((entry, str(error)))
    return Wall(
        group=group,
        columns=columns,
        entries=tuple(entry for entry, _ in seen),
        rows=_rows([one for _, one in seen], len(columns)),
        images=max((entry.record.scored for entry, _ in seen), default=0),
        left_out=tuple(left_out),
    )


def _rows(seen: Sequence[dict[Key, _Seen]], columns: int) -> tuple[Row, ...]:
    """Bring together what the methods have made of the same image and hole."""
    together: dict[Key, list[_Seen | None]] = defaultdict(lambda: [None] * len(seen))
    for position, images in enumerate(seen):
        for key, one in images.items():
            together[key][position] = one
    rows = []
    for (item, image_hash, hole_hash), found in together.items():
        known = [one for one in found if one is not None]
        rows.append(
            Row(
                item=item,
                index=known[0].index,
                image_hash=image_hash,
                hole_hash=hole_hash,
                hole_ratio=next((one.hole_ratio for one in known if one.hole_ratio is not None), None),
                label=next((one.label for one in known if one.label), None),
                samples=tuple(None if one is None else one.sample for one in found),
                scores=tuple(one.scores if one else (None,) * columns for one in found),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.index, row.item, row.image_hash, row.hole_hash)))


def _look(entry: Entry, columns: Sequence[Column]) -> dict[Key, _Seen]:
    """Return what an entry's cell says of the images of which it has saved pictures.

    Raises:
        StoreError: if its records cannot be read.
    """
    samples = entry.samples()
    if not samples:
        return {}
    images = entry.cell.images()
    images = images[images["index"].isin(list(samples))]
    for name in IMAGE:
        if name not in images:  # results that are older than the hashes
            images = images.assign(**{name: ""})
    own = {column_key(metric, entry.group.protocol): metric for metric in entry.record.metrics}
    metrics = [own[column.key] for column in columns if column.key in own and not own[column.key].unavailable]
    scores = read_scores(entry, metrics)
    numbers: dict[Any, dict[Any, float]] = scores.to_dict("index") if len(scores) else {}
    found: dict[Key, _Seen] = {}
    for row in images.to_dict("records"):
        key = (str(row["item"]), str(row["image_hash"]), str(row["hole_hash"]))
        own_numbers = numbers.get(key, {})
        label = row.get("class")
        found[key] = _Seen(
            index=int(row["index"]),
            hole_ratio=_number(row.get("hole_ratio")),
            label=label if isinstance(label, str) else None,
            sample=samples[int(row["index"])],
            scores=tuple(_number(own_numbers.get(column.key.name)) for column in columns),
        )
    return found


def _number(value: Any) -> float | None:
    """Return a number of a table; None for one that is absent or undefined."""
    return None if value is None or math.isnan(value) else float(value)
