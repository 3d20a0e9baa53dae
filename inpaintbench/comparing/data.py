"""What comparisons and ladders found as JSON and CSV, with exact numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from inpaintbench.columns import Column
from inpaintbench.comparing.changed import ChangedImage
from inpaintbench.comparing.differences import CellDifference, Differences
from inpaintbench.comparing.hardest import Ladder
from inpaintbench.comparing.pairs import CellPair
from inpaintbench.comparing.regressions import Regression
from inpaintbench.comparing.sheets import verdict
from inpaintbench.comparing.summary import Summary
from inpaintbench.json_types import finite
from inpaintbench.leaderboard import Entry
from inpaintbench.report.sheet import Sheet
from inpaintbench.statistics.intervals import Interval

_CELL_COLUMNS: Final = (
    *("metric", "method_a", "method_b", "dataset", "mask", "size", "seed", "limit_a", "limit_b", "key_a", "key_b"),
    *("standing_a", "standing_b", "images", "sources", "left_out"),
    *("mean_a", "mean_a_low", "mean_a_high", "mean_b", "mean_b_low", "mean_b_high"),
    *("difference", "difference_low", "difference_high", "p", "verdict"),
)
"""The columns of a comparison as CSV, which stand there even if nothing could be compared."""

SCHEMA: Final = 1
"""Raised when a reader of older documents would misread newer ones."""


def comparison_json(
    differences: Differences,
    summaries: Sequence[Summary],
    changed: Sequence[ChangedImage],
    regressions: Sequence[Regression] | None,
    sheet: Sheet,
) -> str:
    """Return a comparison as one JSON document.

    Args:
        differences: of all pairs of cells.
        summaries: what they come to.
        changed: images that are listed.
        regressions: what became worse than allowed; None if that was not asked.
        sheet: the same for people, whose title and notes are taken.
    """
    pairing = differences.pairing
    document = {
        "schema": SCHEMA,
        "title": sheet.title,
        "compared": pairing.kind,
        "a": pairing.a,
        "b": pairing.b,
        "test": differences.test,
        "metrics": [_metric(column) for column in differences.columns],
        "summary": [_summary(one) for one in summaries],
        "cells": [_cell(one) for one in differences.cells],
        "not_compared": [{**_place(one.pair), "metric": one.metric, "why": one.why} for one in differences.obstacles],
        "only_a": [_lonely(entry) for entry in pairing.only_a],
        "only_b": [_lonely(entry) for entry in pairing.only_b],
        "changed_images": [_changed(one) for one in changed],
        **({} if regressions is None else {"regressions": [vars(one) for one in regressions]}),
        "notes": [vars(note) for note in sheet.notes],
    }
    return _dump(document)


def comparison_csv(differences: Differences) -> str:
    """Return a comparison as CSV: one row a metric and pair of cells."""
    return _csv([_flat(_cell(one)) for one in differences.cells], _CELL_COLUMNS)


def ladders_json(ladders: Sequence[Ladder], sheet: Sheet) -> str:
    """Return what is hardest as one JSON document."""
    document = {
        "schema": SCHEMA,
        "title": sheet.title,
        "ladders": [_ladder(one) for one in ladders],
        "notes": [vars(note) for note in sheet.notes],
    }
    return _dump(document)


def ladders_csv(ladders: Sequence[Ladder]) -> str:
    """Return what is hardest as CSV: one row a mask or data set of a ladder."""
    rows = []
    for ladder in ladders:
        head = {name: value for name, value in _ladder(ladder).items() if name not in ("metric", "levels", "pairs")}
        head["methods"] = "; ".join(ladder.methods)
        for level in _ladder(ladder)["levels"]:
            rows.append(_flat({"metric": ladder.column.name, **head, **level}))
    return _csv(rows)


def _cell(one: CellDifference) -> dict[str, Any]:
    return {
        "metric": one.column.name,
        **_place(one.pair),
        "standing_a": one.pair.a.standing,
        "standing_b": one.pair.b.standing,
        "images": one.images,
        "sources": one.sources,
        "left_out": one.left_out,
        "mean_a": _interval(one.a),
        "mean_b": _interval(one.b),
        "difference": _interval(one.difference),
        "p": one.p,
        "verdict": verdict(one),
    }


def _summary(one: Summary) -> dict[str, Any]:
    return {
        "metric": one.column.name,
        "method": one.method,
        "cells": one.cells,
        "mean_a": one.a,
        "mean_b": one.b,
        "difference": _interval(one.difference),
        "a_better": one.a_better,
        "b_better": one.b_better,
        "neither": one.neither,
        "too_few_images": one.too_few,
    }


def _changed(one: ChangedImage) -> dict[str, Any]:
    return {
        **_place(one.pair),
        "metric": one.column.name,
        "item": one.item,
        "a": one.a,
        "b": one.b,
        "difference": one.difference,
        "picture_a": None if one.picture_a is None else str(one.picture_a),
        "picture_b": None if one.picture_b is None else str(one.picture_b),
    }


def _place(pair: CellPair) -> dict[str, Any]:
    return {
        "method_a": pair.a.method,
        "method_b": pair.b.method,
        **pair.place._asdict(),
        "limit_a": pair.a.group.limit,
        "limit_b": pair.b.group.limit,
        "key_a": pair.a.record.key,
        "key_b": pair.b.record.key,
    }


def _lonely(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "method": record.method,
        "dataset": record.dataset,
        "mask": record.mask,
        "size": record.size,
        "seed": record.seed,
        "limit": record.limit,
        "key": record.key,
        "status": record.status,
    }


def _ladder(one: Ladder) -> dict[str, Any]:
    return {
        "metric": _metric(one.column),
        "compared": one.kind,
        "within": one.within,
        **one.setting._asdict(),
        "methods": list(one.methods),
        "levels": [
            {
                "name": level.name,
                "rank": level.rank,
                "hole_ratio": level.hole_ratio,
                "images": level.images,
                "sources": level.sources,
                "score": _interval(level.score),
            }
            for level in one.levels
        ],
        "pairs": [
            {"first": first, "second": second, "difference": _interval(found.difference), "p": found.p}
            for (first, second), found in one.verdict.pairs.items()
        ],
    }


def _metric(column: Column) -> dict[str, Any]:
    return {"name": column.name, **{key: value for key, value in vars(column.metric).items() if key != "name"}}


def _interval(one: Interval) -> dict[str, float | None]:
    return {"mean": finite(one.mean), "low": finite(one.low), "high": finite(one.high)}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Put an interval's ends beside its mean: `difference`, `difference_low`, `difference_high`."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= {name if part == "mean" else f"{name}_{part}": number for part, number in value.items()}
        else:
            found[name] = value
    return found


def _dump(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=None if columns is None else list(columns))
    whole = [name for name in frame.columns if name.startswith("limit")]
    return frame.astype(dict.fromkeys(whole, "Int64")).to_csv(index=False, lineterminator="\n")
