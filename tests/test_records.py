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
from inpaintbench.integrity import sealed
from inpaintbench.records import SCHEMA, CellRecord, MetricColumn, refuse_newer
from inpaintbench.stored import StoredCell, mean_scores


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
    assert before.to_json()["schema"] == SCHEMA


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timing": None}, "timing is null, expected an object"),
        ({"means": None}, "means is null, expected an object"),
        ({"memory": None}, "memory is null, expected an object"),
        ({"identity": None}, "identity is null, expected an object"),
        ({"environment": None}, "environment is null, expected an object"),
        ({"finished": None}, "finished is null, expected text"),
        ({"key": 7}, "key is 7, expected text"),
        ({"expected": "3"}, 'expected is "3", expected a whole number'),
        ({"size": "64"}, 'size is "64", expected a whole number'),
        ({"size": True}, "size is true, expected a whole number"),
        ({"scored": 2.0}, r"scored is 2\.0, expected a whole number"),
        ({"limit": "all"}, 'limit is "all", expected a whole number or null'),
        ({"schema": "1"}, 'schema is "1", expected a whole number'),
        ({"status": "done"}, "status is 'done', expected one of complete, incomplete, failed"),
        ({"error": "boom"}, 'error is "boom", expected an object or null'),
        ({"error": {"message": None}}, r"error\.message is null, expected text"),
        ({"unreadable": "a.png"}, 'unreadable is "a.png", expected a list'),
        ({"unreadable": ["a"]}, r'unreadable\[0\] is "a", expected an object'),
        ({"unreadable": [{"item": 3}]}, r"unreadable\[0\]\.item is 3, expected text"),
        ({"unreadable": [{}]}, r"unreadable\[0\] lacks item"),
        ({"metrics": {}}, r"metrics is \{\}, expected a list"),
        ({"metrics": ["psnr"]}, r'metrics\[0\] is "psnr", expected an object'),
        ({"means": {"psnr": "30"}}, r'means\.psnr is "30", expected a number or null'),
        ({"timing": {"seconds_per_image": "fast"}}, r'timing\.seconds_per_image is "fast", expected a number or null'),
        ({"environment": {"device": "cpu"}}, r'environment\.device is "cpu", expected an object'),
        ({"identity": {"method": "tv"}}, r'identity\.method is "tv", expected an object'),
        ({"identity": {"dataset": None}}, r"identity\.dataset is null, expected an object"),
        ({"identity": {"mask": []}}, r"identity\.mask is \[\], expected an object"),
        ({"identity": {"mask": {"version": "b"}}}, r'identity\.mask\.version is "b", expected a whole number'),
    ],
)
def test_an_edit_to_another_type_is_refused_by_its_place(change: dict[str, Any], message: str) -> None:
    document = json.loads(json.dumps(record().to_json() | change))

    with pytest.raises(StoreError, match=f"^is no record of a cell: {message}"):
        CellRecord.from_json(document)


@pytest.mark.parametrize(("name", "value"), [("label", None), ("ranked", 1), ("decimals", "2"), ("version", True)])
def test_a_metric_with_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    document = json.loads(json.dumps(record().to_json()))
    document["metrics"][1][name] = value

    with pytest.raises(StoreError, match=rf"^is no record of a cell: metrics\[1\]\.{name} is "):
        CellRecord.from_json(document)


@pytest.mark.parametrize("document", [3, "text", None, [], True])
def test_what_is_no_json_object_is_no_record(document: Any) -> None:
    for read in (CellRecord.from_json, refuse_newer):
        with pytest.raises(StoreError, match=r"^is no record of a cell: found .*, expected an object$"):
            read(document)


def test_a_whole_number_stands_for_a_mean_or_a_time_and_null_for_none() -> None:
    changes = {"means": {"psnr": 30, "m": None}, "timing": {"seconds_per_image": None}, "error": None, "limit": 5}

    assert CellRecord.from_json(sealed(record().to_json() | changes)) == record(**changes)


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


@pytest.mark.parametrize(("stored", "shown"), [(-3, 0), (0, 0), (4, 4), (120, 12)])
def test_decimals_that_nobody_could_print_are_brought_within_bounds(stored: int, shown: int) -> None:
    column = MetricColumn(
        name="m", plugin="m", label="M", unit="", higher_is_better=True, decimals=stored, ranked=False, version=1
    )
    assert column.decimals == shown
