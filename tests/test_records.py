from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench.errors import StoreError
from inpaintbench.records import SCHEMA, CellRecord, MetricColumn, StoredCell, mean_scores


def column(name: str) -> MetricColumn:
    return MetricColumn(
        name=name, plugin="m", label="M", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
    )


def record(**changes: Any) -> CellRecord:
    given: dict[str, Any] = {
        "key": "0123456789abcdef",
        "status": "complete",
        "method": "tv",
        "dataset": "photos",
        "mask": "center_square[side=20]",
        "size": 64,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "identity": {"method": {"name": "tv", "parameters": {"gap": 1e-4}}, "limit": None},
        "metrics": (column("psnr"), column("lpips[net=alex]")),
        "expected": 3,
        "scored": 2,
        "unreadable": ({"item": "Ü.png", "reason": "it is cut short"},),
        "means": {"psnr": 0.1 + 0.2, "lpips[net=alex]": None},
        "error": {"type": "ValueError", "message": "…"},
    }
    return CellRecord(**(given | changes))


def test_a_record_comes_back_exactly_through_json() -> None:
    before = record()
    after = CellRecord.from_json(json.loads(json.dumps(before.to_json())))

    assert after == before
    assert repr(after) == repr(before)
    assert after.schema == SCHEMA


def test_a_newer_schema_is_refused_by_its_number() -> None:
    document = record().to_json() | {"schema": SCHEMA + 1, "something": "new"}

    with pytest.raises(StoreError, match=rf"newer inpaintbench \(schema {SCHEMA + 1}, this one reads up to {SCHEMA}\)"):
        CellRecord.from_json(document)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metrics": None}, "is no record of a cell"),
        ({"metrics": [{"name": "psnr"}]}, "is no record of a cell: .*missing"),
        ({"surplus": 1}, "is no record of a cell: .*surplus"),
        ({"unreadable": 3}, "is no record of a cell"),
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(StoreError, match=message):
        CellRecord.from_json(record().to_json() | change)


@pytest.mark.parametrize("absent", ["metrics", "unreadable", "key", "status", "expected"])
def test_a_record_that_lacks_something_is_refused(absent: str) -> None:
    document = record().to_json()
    del document[absent]

    with pytest.raises(StoreError, match=f"is no record of a cell: .*{absent}"):
        CellRecord.from_json(document)


@pytest.mark.parametrize(
    ("changes", "ranked"),
    [
        ({}, True),
        ({"scored": 3, "unreadable": ()}, True),
        ({"scored": 1}, False),
        ({"limit": 3}, False),
        ({"status": "incomplete"}, False),
        ({"status": "oom"}, False),
    ],
)
def test_only_whole_unlimited_results_are_ranked(changes: dict[str, Any], ranked: bool) -> None:
    assert record(**changes).ranked is ranked


def stored(folder: Path, rows: list[dict[str, Any]]) -> StoredCell:
    pq.write_table(pa.Table.from_pylist(rows), folder / "images.parquet")
    return StoredCell(folder, record())


def test_images_come_in_the_order_of_the_data_set(tmp_path: Path) -> None:
    rows = [{"item": "c", "index": 2, "psnr": 3.0}, {"item": "a", "index": 0, "psnr": 1.0}]
    images = stored(tmp_path, rows).images()

    assert images.to_dict("list") == {"item": ["a", "c"], "index": [0, 2], "psnr": [1.0, 3.0]}
    assert list(images.index) == [0, 1]


@pytest.mark.parametrize("status", ["incomplete", "failed", "oom", "timeout", "invalid-output"])
def test_only_a_complete_cell_has_images(tmp_path: Path, status: str) -> None:
    cell = stored(tmp_path, [{"item": "a", "index": 0}])
    images = dataclasses.replace(cell, record=record(status=status)).images()

    assert isinstance(images, pd.DataFrame)
    assert len(images) == 0


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and no more", b"text"])
def test_an_absent_or_damaged_table_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "images.parquet").write_bytes(content)

    with pytest.raises(StoreError, match=r"images\.parquet cannot be read"):
        StoredCell(tmp_path, record()).images()


def means_of(path: Path, numbers: list[float | None], row_group: int = 1000) -> float | None:
    table = pa.table({"psnr": pa.array(numbers, pa.float64())})
    pq.write_table(table, path, row_group_size=row_group)
    return mean_scores(path, [column("psnr")])["psnr"]


@pytest.mark.parametrize(
    ("numbers", "mean"),
    [
        ([1.0, 2.0, 6.0], 3.0),
        ([1.0, math.nan, None, 2.0], 1.5),
        ([math.nan, None], None),
        ([], None),
        ([1e16, 1.0, -1e16], 1 / 3),
        ([0.1] * 10, 0.1),
    ],
)
def test_means_by_hand(tmp_path: Path, numbers: list[float | None], mean: float | None) -> None:
    assert means_of(tmp_path / "images.parquet", numbers) == mean


@settings(deadline=None)
@given(st.data(), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_means_do_not_depend_on_the_order_or_the_row_groups(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, numbers: list[float]
) -> None:
    path = tmp_path_factory.getbasetemp() / "means.parquet"
    shuffled = data.draw(st.permutations(numbers))

    assert means_of(path, list(numbers)) == means_of(path, list(shuffled), row_group=2)


def test_means_tell_columns_apart_whose_names_are_alike(tmp_path: Path) -> None:
    names = ["m", "m[p=0.5]", "m[p=0", "m.list.element"]
    pq.write_table(pa.table({name: [float(value)] for value, name in enumerate(names)}), tmp_path / "images.parquet")
    means = mean_scores(tmp_path / "images.parquet", [column(name) for name in [*names, "absent"]])

    assert means == {"m": 0.0, "m[p=0.5]": 1.0, "m[p=0": 2.0, "m.list.element": 3.0, "absent": None}
