"""What was found of the same records is not computed twice: judgements in the cache folder.

A judgement is stored under the hash of all that it depends on, the hashes of the images' records among them. A file
that is damaged, or comes from another version of this package, is as good as none.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from inpaintbench.atomic import write_json
from inpaintbench.caching import cache_folder
from inpaintbench.columns import ColumnKey
from inpaintbench.errors import CacheError
from inpaintbench.integrity import digest, sealed, why_damaged
from inpaintbench.schema import FIELD
from inpaintbench.statistics.intervals import Interval
from inpaintbench.statistics.rivalry import Judgement
from inpaintbench.statistics.verdicts import Comparison, Verdict

SCHEMA: Final = 3
"""Raised when what is stored changes, or when the same records would be judged otherwise."""


def recall(asked: Mapping[str, object]) -> Judgement | None:
    """Return what was found of this question before; None if nothing is there.

    Args:
        asked: all that the judgement depends on, as JSON can hold it.
    """
    try:
        document = json.loads(_place(asked).read_bytes())
        if document[FIELD] == SCHEMA and not why_damaged(document):
            return _read(document)
    except (OSError, ValueError, LookupError, TypeError, CacheError):
        pass
    return None


def remember(asked: Mapping[str, object], judgement: Judgement) -> None:
    """Store what was found, if the cache folder can be written; what cannot be stored is found again next time."""
    with contextlib.suppress(OSError, CacheError):
        place = _place(asked)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_json(place, sealed(_write(judgement) | {FIELD: SCHEMA}))


def _place(asked: Mapping[str, object]) -> Path:
    return cache_folder() / "statistics" / f"{digest(dict(asked) | {FIELD: SCHEMA})[:32]}.json"


def _write(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdicts": [
            {
                "column": list(key),
                "images": verdict.images,
                "sources": verdict.sources,
                "means": {method: _numbers(interval) for method, interval in verdict.means.items()},
                "pairs": [[*pair, one.p, *_numbers(one.difference)] for pair, one in verdict.pairs.items()],
                "ranks": verdict.ranks,
            }
            for key, verdict in judgement.verdicts.items()
        ],
        "apart": list(judgement.apart),
        "images": judgement.images,
        "intervals": [
            [method, list(key), *_numbers(interval)] for (method, key), interval in judgement.intervals.items()
        ],
        "sources": [[method, list(key), count] for (method, key), count in judgement.sources.items()],
    }


def _read(document: Mapping[str, Any]) -> Judgement:
    verdicts = {
        ColumnKey(*one["column"]): Verdict(
            images=one["images"],
            sources=one["sources"],
            means={method: _interval(numbers) for method, numbers in one["means"].items()},
            pairs={(first, second): Comparison(_interval(rest), p) for first, second, p, *rest in one["pairs"]},
            ranks=one["ranks"],
        )
        for one in document["verdicts"]
    }
    intervals = {(method, ColumnKey(*key)): _interval(rest) for method, key, *rest in document["intervals"]}
    sources = {(method, ColumnKey(*key)): count for method, key, count in document["sources"]}
    return Judgement(verdicts, intervals, tuple(document["apart"]), document["images"], sources)


def _numbers(interval: Interval) -> list[float | None]:
    """Return mean and ends; JSON has no NaN."""
    return [None if math.isnan(one) else one for one in (interval.mean, interval.low, interval.high)]


def _interval(numbers: list[float | None]) -> Interval:
    return Interval(*(math.nan if one is None else one for one in numbers))
