"""Each file that is read again says its schema; a newer one is refused by name, and one that says none is read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save

import inpaintbench_methods
from inpaintbench.cell_writer import CellWriter
from inpaintbench.checkpoints import Checkpoint
from inpaintbench.checkpoints.card import Card
from inpaintbench.checkpoints.weights import read_weights, write_weights
from inpaintbench.errors import CheckpointError, StoreError
from inpaintbench.journal import Journal
from inpaintbench.records import CellRecord, ImageRecord
from inpaintbench.schema import PARQUET_FIELD, why_refused
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell, mean_scores

NEWER = r"was written by a newer inpaintbench \(schema 2, this one reads up to 1\)"
NEWER_LINE = NEWER.replace("schema 2", "schema 3").replace("up to 1", "up to 2")
RECORDS: list[ImageRecord] = [{"item": "a.png", "index": 0, "psnr": 20.5}, {"item": "b.png", "index": 1, "psnr": None}]


@pytest.mark.parametrize("found", [None, 0, 1, 2, "2", b"1", -1])
def test_what_is_known_is_read(found: object) -> None:
    assert why_refused(found, 2) == ""


@pytest.mark.parametrize("found", [3, "3", b"3", 10**30])
def test_what_is_newer_is_refused_with_both_numbers(found: object) -> None:
    number = 3 if found != 10**30 else found
    assert why_refused(found, 2) == f"was written by a newer inpaintbench (schema {number}, this one reads up to 2)"


@pytest.mark.parametrize("found", ["", "two", b"\xff", 1.5, [3], {}])
def test_what_is_no_number_is_refused(found: object) -> None:
    assert why_refused(found, 2).startswith("says that its schema is ")
    assert why_refused(found, 2).endswith(", expected a whole number")


def record(**changes: Any) -> CellRecord:
    given: dict[str, Any] = {"key": "00", "status": "complete", "method": "tv", "dataset": "photos", "mask": "circle"}
    given |= {"size": 64, "seed": 0, "limit": None, "protocol": 1, "identity": {}, "metrics": ()}
    return CellRecord(**given | {"expected": 2, "scored": 2} | changes)


def test_a_journal_says_its_schema_in_each_line_and_so_does_what_is_made_from_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append_batch(RECORDS[:1], [])
    journal.append_batch(RECORDS[1:], [])
    journal.append_sealed({"status": "complete", "scored": 2, "unreadable": []})
    with (tmp_path / "images.parquet").open("wb") as file:
        journal.write_parquet(file)

    assert [json.loads(line)["schema"] for line in journal.path.read_bytes().splitlines()] == [2, 2, 2]
    assert pq.read_schema(tmp_path / "images.parquet").metadata[PARQUET_FIELD] == b"1"


@pytest.mark.parametrize("line", [{"records": [], "unreadable": []}, {"sealed": {}}, {"news": "unheard of"}])
def test_a_newer_line_of_a_journal_is_neither_passed_over_nor_written_after(tmp_path: Path, line: Any) -> None:
    folder = Store(tmp_path).folder("tv", "photos", "circle", "00")
    writer = CellWriter(folder).open()
    writer.begin(record(status="incomplete", scored=0))
    writer.append(RECORDS)
    writer.close()
    path = folder / "journal.jsonl"
    with path.open("a") as file:
        file.write(json.dumps({"schema": 3, **line}) + "\n")
    before = path.read_bytes()

    with pytest.raises(StoreError, match=rf"journal\.jsonl {NEWER_LINE}"):
        list(Journal(path).batches())
    with pytest.raises(StoreError, match=rf"journal\.jsonl {NEWER_LINE}"):
        Store(tmp_path).read(folder)
    with pytest.raises(StoreError, match=rf"journal\.jsonl {NEWER_LINE}; choose another --out"):
        CellWriter(folder).open()
    assert path.read_bytes() == before


def test_a_torn_line_of_a_newer_version_was_never_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append_batch(RECORDS, [])
    with journal.path.open("a") as file:
        file.write('{"schema": 3, "records": []}')

    assert len(list(journal.batches())) == 1


def test_a_journal_of_the_time_before_is_carried_on(tmp_path: Path) -> None:
    folder = Store(tmp_path).folder("tv", "photos", "circle", "00")
    folder.mkdir(parents=True)
    how = {"seconds": 0.5, "clamped": False, "converged": None}
    old = json.dumps({"records": [{**RECORDS[0], **how}], "unreadable": []}) + "\n"
    (folder / "journal.jsonl").write_text(old)
    writer = CellWriter(folder).open()
    writer.append(RECORDS[1:])
    assert (folder / "journal.jsonl").read_text().startswith(old)
    writer.seal(record())
    writer.close()

    stored = Store(tmp_path).read(folder)
    assert stored is not None
    assert stored.images()["item"].to_list() == ["a.png", "b.png"]


def images(tmp_path: Path, metadata: dict[bytes, bytes]) -> StoredCell:
    table = pa.Table.from_pylist(RECORDS).replace_schema_metadata(metadata)
    pq.write_table(table, tmp_path / "images.parquet")
    return StoredCell(tmp_path, record())


@pytest.mark.parametrize("metadata", [{}, {b"other": b"9"}, {PARQUET_FIELD: b"1"}])
def test_images_that_say_no_schema_are_read(tmp_path: Path, metadata: dict[bytes, bytes]) -> None:
    frame = images(tmp_path, metadata).images()

    pd.testing.assert_frame_equal(frame, pd.DataFrame(RECORDS))


def test_newer_images_are_refused(tmp_path: Path) -> None:
    cell = images(tmp_path, {PARQUET_FIELD: b"2"})

    with pytest.raises(StoreError, match=rf"images\.parquet {NEWER}"):
        cell.images()
    with pytest.raises(StoreError, match=rf"images\.parquet {NEWER}"):
        mean_scores(tmp_path / "images.parquet", [])


CARD: dict[str, Any] = {
    "key": "00", "status": "complete", "method": "yeh", "dataset": "faces", "mask": "", "size": 8, "identity": {},
    "steps": 1, "epochs": 1.0, "images": 1, "parameters": {}, "losses": {}, "warnings": (), "error": "",
    "seconds": 1.0, "environment": {}, "finished": "",
}  # fmt: skip


def checkpoint(folder: Path, content: bytes) -> Checkpoint:
    (folder / "weights.safetensors").write_bytes(content)
    return Checkpoint(folder, Card(**CARD, weights={"sha256": hashlib.sha256(content).hexdigest()}))


def test_weights_say_their_schema_and_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    networks = {"net": {"w": torch.arange(3.0)}}
    said = write_weights(tmp_path / "a", networks)

    with safe_open(str(tmp_path / "a"), framework="pt") as file:
        assert file.metadata() == {"schema": "1"}
    assert write_weights(tmp_path / "b", networks) == said


def test_weights_that_say_no_schema_are_read_and_newer_ones_refused(tmp_path: Path) -> None:
    tensors = {"net/w": torch.arange(3.0)}
    for metadata in (None, {"format": "pt"}):
        assert read_weights(checkpoint(tmp_path, save(tensors, metadata))).networks["net"]["w"].tolist() == [0, 1, 2]

    with pytest.raises(CheckpointError, match=rf"weights\.safetensors {NEWER}\."):
        read_weights(checkpoint(tmp_path, save(tensors, {"schema": "2"})))


def shipped() -> list[Path]:
    return sorted((Path(inpaintbench_methods.__file__).parent / "checkpoints").glob("*/card.json"))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: str(path.parent.name))
def test_what_was_shipped_before_is_read(path: Path) -> None:
    found = Checkpoint.at(path.parent, shipped=True)
    assert found is not None
    content = found.weights.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    networks = read_weights(found).networks

    assert "__metadata__" not in json.loads(content[8 : 8 + length])
    assert sum(len(network) for network in networks.values()) == len(load(content))


def test_a_card_that_says_no_schema_is_read_and_a_newer_one_refused(tmp_path: Path) -> None:
    card = Card(**CARD, weights={"sha256": "00"})
    card.write(tmp_path)
    path = tmp_path / "card.json"
    document = json.loads(path.read_text())
    assert document.pop("schema") == 2
    assert document.pop("sha256")

    path.write_text(json.dumps(document))
    assert Card.read(tmp_path) == card
    path.write_text(json.dumps(document | {"schema": 3, "news": "unheard of"}))
    with pytest.raises(CheckpointError, match=rf"card\.json {NEWER_LINE}\."):
        Card.read(tmp_path)


@pytest.mark.parametrize("name", ["cell.json", "failure.json"])
def test_records_of_cells_say_their_schema(tmp_path: Path, name: str) -> None:
    folder = Store(tmp_path).folder("tv", "photos", "circle", "00")
    actions: dict[str, Callable[[CellWriter], object]] = {
        "cell.json": lambda writer: writer.begin(record(status="incomplete")),
        "failure.json": lambda writer: (
            writer.append(RECORDS),
            writer.seal(record()),
            writer.fail(record(status="failed")),
        ),
    }
    writer = CellWriter(folder).open()
    actions[name](writer)
    writer.close()

    assert json.loads((folder / name).read_bytes())["schema"] == 2


def old_cell(folder: Path, **changes: Any) -> None:
    """Store a complete cell as the first version did: without checksums."""
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(RECORDS), folder / "images.parquet")
    document = dataclasses.asdict(record()) | {"schema": 1} | changes
    del document["table"]
    (folder / "cell.json").write_text(json.dumps(document))


def test_a_cell_of_the_first_schema_is_read(tmp_path: Path) -> None:
    folder = Store(tmp_path).folder("tv", "photos", "circle", "00")
    old_cell(folder)
    stored = Store(tmp_path).read(folder)

    assert stored is not None
    assert stored.record == record()
    assert stored.images()["item"].to_list() == ["a.png", "b.png"]
    stored.verify()


def test_a_table_of_the_first_schema_must_have_as_many_rows_as_its_record_says(tmp_path: Path) -> None:
    folder = Store(tmp_path).folder("tv", "photos", "circle", "00")
    old_cell(folder, scored=3)
    stored = Store(tmp_path).read(folder)

    assert stored is not None
    with pytest.raises(StoreError, match=r"images\.parquet holds 2 images, and cell\.json beside it says 3\."):
        stored.verify()
