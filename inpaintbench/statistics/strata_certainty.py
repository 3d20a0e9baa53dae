"""How certain the numbers of strata are: each stratum of a group judged by itself, over its own images."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from inpaintbench.columns import Column
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.statistics.certainty import asked_of, columns_of, judged_score, seed_of
from inpaintbench.statistics.memory import recall, remember
from inpaintbench.statistics.pairing import IMAGE, Table, read_sources, read_table
from inpaintbench.statistics.rivalry import Judgement, judge_tables
from inpaintbench.statistics.verdicts import TestName
from inpaintbench.strata import Key, Strata, Stratum, stratum_codes

if TYPE_CHECKING:
    import pandas as pd


def judged_strata(
    strata: Strata, leaderboard: Leaderboard, columns: Sequence[Column], test: TestName = "permutation"
) -> Strata:
    """Return strata with intervals, and with all those as best that cannot be told from the best of the stratum.

    Args:
        strata: of the leaderboard's groups.
        leaderboard: where they come from.
        columns: the metrics.
        test: by which methods are told apart.
    """
    found = dict(strata.found)
    for group, entries in leaderboard.by_group.items():
        shown = [column for column in columns if (group, column.key) in found]
        read = _Reader(group, entries, shown, strata.by, test)
        for column in shown:
            found[group, column.key] = tuple(
                _judged(stratum, column, read.judgement(stratum.name)) for stratum in found[group, column.key]
            )
    return dataclasses.replace(strata, found=found)


class _Reader:
    """Judges the strata of one group; their files are read once, and only if something is not remembered."""

    def __init__(
        self, group: Group, entries: Sequence[Entry], columns: Sequence[Column], by: Key, test: TestName
    ) -> None:
        self._group, self._columns, self._by, self._test = group, columns, by, test
        complete = (one for one in entries if one.record.status == "complete")
        self._complete = sorted(complete, key=lambda one: one.method)
        self.judgement = cache(self._judge)
        self._tables = cache(self._read)

    @cached_property
    def _asked(self) -> dict[str, object] | None:
        """What the judgements of all strata depend on; verifying the files takes longer than all else of it."""
        return asked_of(self._complete, self._columns, self._test)

    def _judge(self, stratum: str | None) -> Judgement:
        asked = self._asked
        asked = asked and asked | {"by": self._by, "stratum": stratum}
        remembered = recall(asked) if asked else None
        if remembered is not None:
            return remembered
        read = self._tables()
        parts = {method: one.part(stratum) for method, one in read.items()}
        sources = {item: source for one in read.values() for item, source in one.sources.items()}
        ranked = {
            one.method for one in self._complete if one.standing == "ranked" and _images(parts.get(one.method, {}))
        }
        seed = seed_of(self._group, self._by, stratum or "")
        judgement = judge_tables(parts, ranked, self._columns, seed, self._test, sources)
        if asked and len(parts) == len(self._complete):
            remember(asked, judgement)
        return judgement

    def _read(self) -> dict[str, _Sorted]:
        """Return what can be read; what cannot was named when the strata were made."""
        found = {}
        for entry in self._complete:
            with contextlib.suppress(StoreError):
                table = read_table(entry, columns_of(entry, self._columns))
                found[entry.method] = _Sorted(table, _read_labels(entry, self._by), read_sources(entry))
        return found


def _images(table: Table) -> int:
    return max((len(series) for series in table.values()), default=0)


@dataclass(frozen=True)
class _Sorted:
    """One method's numbers, and of which stratum and of what source each image is."""

    table: Table
    labels: pd.Series[str]
    sources: dict[str, str]

    def part(self, stratum: str | None) -> Table:
        """Return the numbers of one stratum's images."""
        images = self.labels.index[self.labels == stratum if stratum is not None else self.labels.isna()]
        return {key: series[series.index.isin(images)] for key, series in self.table.items()}


def _read_labels(entry: Entry, by: Key) -> pd.Series[str]:
    """Return the stratum of each image of an entry, indexed by `IMAGE`.

    Raises:
        StoreError: if its file cannot be read.
    """
    import pandas as pd
    import pyarrow as pa

    images = entry.cell.images()
    for name in IMAGE:
        if name not in images:
            images[name] = ""
    column = pa.chunked_array([pa.array(images[by], from_pandas=True)]) if by in images else None
    codes, names = stratum_codes(column, by, len(images))
    labels = [names[code] if code >= 0 else None for code in codes]
    return pd.Series(labels, index=pd.MultiIndex.from_frame(images[IMAGE]), dtype="object")


def _judged(stratum: Stratum, column: Column, judgement: Judgement) -> Stratum:
    scores = {
        method: dataclasses.replace(one, score=judged_score(one.score, method, column.key, judgement))
        for method, one in stratum.scores.items()
    }
    return dataclasses.replace(stratum, scores=scores)
