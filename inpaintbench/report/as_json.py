"""The leaderboard as JSON: everything that the other formats show, with exact means and the metrics' descriptions."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Final

from inpaintbench.columns import Column
from inpaintbench.errors import UsageError
from inpaintbench.json_types import finite
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.ranking import Score
from inpaintbench.report import json_statistics, stratified
from inpaintbench.report.options import TableOptions, choose_columns
from inpaintbench.report.titles import Titles
from inpaintbench.report.views import build_sheet
from inpaintbench.strata import Strata

SCHEMA: Final = 1
"""Raised when a reader of older documents would misread newer ones."""


def render(leaderboard: Leaderboard, options: TableOptions) -> str:
    """Return one JSON document.

    It holds every arrangement of the cells' means, so that `options.by` changes nothing, unless it tells images apart:
    then each group has its `strata` too, and the document says in `strata_by` by what they are told apart.

    Raises:
        UnknownNameError: if a metric is not there.
        UsageError: if images are to be told apart by class, and none has one; or if columns or a layout are chosen.
    """
    if options.columns is not None or options.layout != "wide":
        raise UsageError("JSON holds all columns in one layout: choose metrics by --metric, or another format.")
    columns = choose_columns(leaderboard, None, options.metrics)
    titles = Titles(leaderboard.groups)
    sheet = build_sheet(leaderboard, dataclasses.replace(options, by=None, aggregate="rank"))
    certainty = options.certainty
    if certainty is not None:
        leaderboard = certainty.judged(leaderboard)
    strata: Strata | None = None
    if options.by == "hole_ratio" or options.by == "class":
        strata = stratified.judged(leaderboard, options.by, columns, certainty)
    further = () if strata is None else stratified.notes(strata, titles)
    document = {
        "schema": SCHEMA,
        "title": sheet.title,
        "statistics": None if certainty is None else json_statistics.basis(certainty),
        **({} if strata is None else {"strata_by": strata.by}),
        "metrics": [_metric(column) for column in columns],
        "groups": [
            {
                "title": titles.group(group),
                **dataclasses.asdict(group),
                "results": [_result(entry, columns) for entry in leaderboard.by_group[group]],
                "comparisons": {} if certainty is None else json_statistics.comparisons(certainty, group, columns),
                **({} if strata is None else {"strata": _strata(strata, group, columns)}),
            }
            for group in leaderboard.groups
        ],
        **json_statistics.overall(leaderboard, columns, certainty, options.aggregate),
        "notes": [dataclasses.asdict(note) for note in (*sheet.notes, *further)],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _metric(column: Column) -> dict[str, Any]:
    described = dataclasses.asdict(column.metric)
    return {"field": column.field, **described, "label": column.label, "protocol": column.key.protocol}


def _result(entry: Entry, columns: list[Column]) -> dict[str, Any]:
    record = entry.record
    found = {column.field: entry.scores.get(column.key, Score()) for column in columns}
    return {
        "method": record.method,
        "key": record.key,
        "status": record.status,
        "standing": entry.standing,
        "images": record.scored,
        "expected": record.expected,
        "unreadable": list(record.unreadable),
        "unconverged": record.unconverged,
        "clamped": record.clamped,
        "superseded": entry.superseded,
        "seconds_per_image": finite(entry.seconds_per_image),
        "scores": {field: json_statistics.of_score(score) for field, score in found.items()},
        "error": record.error,
        "started": record.started,
        "finished": record.finished,
    }


def _strata(strata: Strata, group: Group, columns: list[Column]) -> list[dict[str, Any]]:
    """Return one object a metric and stratum; images of which the stratum is not known have null for its name."""
    return [
        {
            "metric": column.field,
            "stratum": stratum.name,
            "images": stratum.images,
            "scores": {
                method: {"images": one.images, **json_statistics.of_score(one.score)}
                for method, one in stratum.scores.items()
            },
        }
        for column in columns
        for stratum in strata.of(group, column)
    ]
