from __future__ import annotations

import json
import math
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench import journal as journal_module
from inpaintbench.journal import Journal
from inpaintbench.records import ImageRecord

RECORDS: list[ImageRecord] = [
    {"item": "a.png", "index": 0, "psnr": 0.1 + 0.2, "lpips[net=alex]": None, "converged": True, "clamped": 3},
    {"item": "Ü/é 😀.png", "index": 1, "psnr": math.nan, "lpips[net=alex]": 5e-324, "converged": None, "clamped": 0},
    {"item": 'c,\n"d".png', "index": 2, "psnr": -0.0, "lpips[net=alex]": 1e308, "converged": False, "clamped": 2**62},
]
UNREADABLE = [{"item": "bad.png", "reason": "it is cut short"}]


def parquet(journal: Journal, path: Path) -> list[dict[str, Any]]:
    with path.open("wb") as file:
        journal.write_parquet(file)
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def test_records_come_back_exactly(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append_batch(RECORDS[:2], [])
    journal.append_batch(RECORDS[2:], UNREADABLE)
    rows = parquet(journal, tmp_path / "images.parquet")

    assert repr([batch["records"] for batch in journal.batches()]) == repr([RECORDS[:2], RECORDS[2:]])
    assert [batch["unreadable"] for batch in journal.batches()] == [[], UNREADABLE]
    assert repr(rows) == repr(RECORDS)  # repr tells NaN, -0.0 and 0.0, and True and 1 apart


@settings(deadline=None)
@given(st.lists(st.floats() | st.none(), min_size=1))
def test_every_float_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, numbers: list[float | None]) -> None:
    journal = Journal(tmp_path_factory.getbasetemp() / "floats.jsonl")
    journal.discard()
    journal.append_batch([{"item": "i", "index": i, "score": number} for i, number in enumerate(numbers)], [])
    rows = parquet(journal, tmp_path_factory.getbasetemp() / "floats.parquet")

    assert repr([row["score"] for row in rows]) == repr(numbers)


def test_an_absent_journal_is_empty(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "absent.jsonl")

    assert list(journal.batches()) == []
    assert journal.sealed() is None
    journal.discard()
    assert parquet(journal, tmp_path / "images.parquet") == []
    assert pq.read_schema(tmp_path / "images.parquet").names == ["item", "index"]


@pytest.mark.parametrize("last", ["batch", "sealed"])
def test_a_journal_torn_at_any_byte_of_its_last_line_loses_that_line_alone(tmp_path: Path, last: str) -> None:
    whole = Journal(tmp_path / "whole.jsonl")
    whole.append_batch(RECORDS[:1], UNREADABLE)
    kept = whole.path.read_bytes()
    if last == "batch":
        whole.append_batch(RECORDS[1:], [])
    else:
        whole.append_sealed({"status": "complete", "name": "Ü", "scored": 1, "unreadable": UNREADABLE})
    content = whole.path.read_bytes()
    torn = Journal(tmp_path / "torn.jsonl")

    for length in range(len(kept), len(content)):
        torn.path.write_bytes(content[:length])
        assert [batch["unreadable"] for batch in torn.batches()] == [UNREADABLE]
        assert torn.sealed() is None

        torn.append_batch(RECORDS[1:2], [])
        assert repr([batch["records"] for batch in torn.batches()]) == repr([RECORDS[:1], RECORDS[1:2]])
        assert torn.path.read_bytes().startswith(kept)
        assert torn.path.read_bytes().count(b"\n") == 2
    torn.path.write_bytes(content)
    assert (len(list(torn.batches())), torn.sealed() is None) == ((2, True) if last == "batch" else (1, False))


def test_a_journal_torn_within_its_first_line_starts_anew(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.path.write_bytes(b'{"records": [{"item"')
    journal.append_batch(RECORDS[:1], [])

    assert [batch["records"] for batch in journal.batches()] == [RECORDS[:1]]


def test_a_damaged_line_is_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append_batch(RECORDS[:1], [])
    with journal.path.open("ab") as file:
        file.write(b'\x00\x00\x00\n\xff\xfe\n[1]\n"records"\n\n')
    journal.append_batch(RECORDS[2:], [])

    assert [batch["records"] for batch in journal.batches()] == [RECORDS[:1], RECORDS[2:]]


def test_the_sealed_record_is_found_after_the_batches(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append_batch(RECORDS, [])
    record = {"status": "complete", "scored": 3, "unreadable": []}
    journal.append_sealed(record)

    assert journal.sealed() == record
    assert len(list(journal.batches())) == 1
    journal.discard()
    assert not journal.path.exists()


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 0.5, None], "double", [1.0, 0.5, None]),
        ([0.5, 1], "double", [0.5, 1.0]),
        ([None, None], "double", [None, None]),
        ([None, 3], "int64", [None, 3]),
        ([None, False], "bool", [None, False]),
        (["a", None], "string", ["a", None]),
    ],
)
def test_a_column_has_the_type_that_holds_all_its_values(
    tmp_path: Path, values: list[Any], kind: str, expected: list[Any]
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for index, value in enumerate(values):
        journal.append_batch([{"item": "i", "index": index, "value": value}], [])
    rows = parquet(journal, tmp_path / "images.parquet")

    assert repr([row["value"] for row in rows]) == repr(expected)
    assert str(pq.read_schema(tmp_path / "images.parquet").field("value").type) == kind


def test_a_name_that_appears_late_is_null_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append_batch([{"item": "a", "index": 0}], [])
    journal.append_batch([{"item": "b", "index": 1, "method.gap": 0.5}], [])

    assert [row["method.gap"] for row in parquet(journal, tmp_path / "images.parquet")] == [None, 0.5]


@pytest.mark.parametrize(("rows", "groups"), [(0, []), (7, [7]), (10, [10]), (11, [10, 1]), (30, [10, 10, 10])])
@pytest.mark.parametrize("batch", [3, 25])
def test_rows_are_written_in_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, groups: list[int], batch: int
) -> None:
    monkeypatch.setattr(journal_module, "ROW_GROUP", 10)
    journal = Journal(tmp_path / "journal.jsonl")
    records: list[ImageRecord] = [{"item": str(index), "index": index} for index in range(rows)]
    for start in range(0, rows, batch):
        journal.append_batch(records[start : start + batch], [])
    written = parquet(journal, tmp_path / "images.parquet")
    metadata = pq.read_metadata(tmp_path / "images.parquet")

    assert written == records
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == groups


def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "ROW_GROUP", 512)

    def peak(images: int) -> int:
        journal = Journal(tmp_path / f"{images}.jsonl")
        line = {"records": [{"item": f"{i}.png", "index": i, "psnr": 20.0} for i in range(64)], "unreadable": []}
        journal.path.write_text((json.dumps(line) + "\n") * (images // 64))
        with journal.path.open("ab") as file:
            file.write(b"torn")
        with (tmp_path / "images.parquet").open("wb") as file:
            journal.write_parquet(file)  # what is imported and cached on the first use does not count
            tracemalloc.start()
            journal.write_parquet(file)
        journal.append_batch([], [])
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    assert peak(16_384) < 1.5 * peak(2_048)
