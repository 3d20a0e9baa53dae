from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import StoreError
from inpaintbench.journal import Journal
from inpaintbench.records import SCHEMA, CellRecord, ImageRecord, MetricColumn
from inpaintbench.store import Store, slug

METRIC = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)
BATCHES: list[list[ImageRecord]] = [
    [{"item": "a.png", "index": 0, "psnr": 20.25}, {"item": "Ü 😀.png", "index": 1, "psnr": 30.5}],
    [{"item": "c.png", "index": 2, "psnr": None}, {"item": "d.png", "index": 3, "psnr": 10.75}],
]
UNREADABLE = {"item": "bad.png", "reason": "it is cut short"}


def record(status: str = "complete", **changes: Any) -> CellRecord:
    given: dict[str, Any] = {
        "key": "0123456789abcdef",
        "status": status,
        "method": "tv",
        "dataset": "photos",
        "mask": "center_square[side=20]",
        "size": 64,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "identity": {"size": 64},
        "metrics": (METRIC,),
        "expected": 5,
        "scored": 4,
        "unreadable": (UNREADABLE,),
    }
    return CellRecord(**(given | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Store(tmp_path).folder("tv", "photos", "center_square[side=20]", "0123456789abcdef")


def read(folder: Path) -> CellRecord:
    """Return the record of a cell but for the hash of its table, after a look whether that holds."""
    stored = Store(folder.parents[4]).read(folder)
    assert stored is not None
    if stored.record.status == "complete":
        assert stored.record.table["bytes"] == stored.table.stat().st_size
        stored.verify()
    return dataclasses.replace(stored.record, table={})


def score(writer: CellWriter) -> None:
    """Append what a run appends: every batch that is not stored yet."""
    stored = len(list(writer.journal.batches()))
    for position in range(stored, len(BATCHES)):
        writer.append(BATCHES[position], [UNREADABLE] if position else [])


def run(folder: Path, **changes: Any) -> CellRecord:
    """Store a cell as a run does."""
    writer = CellWriter(folder).open()
    try:
        writer.begin(record("incomplete", scored=0, unreadable=()))
        score(writer)
        return dataclasses.replace(writer.seal(record(**changes)), table={})
    finally:
        writer.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != ".lock"}


def test_a_cell_comes_back_as_it_was_stored(folder: Path) -> None:
    sealed = run(folder)

    assert read(folder) == sealed == record(means={"psnr": 20.5})
    assert set(contents(folder)) == {"cell.json", "images.parquet"}
    stored = Store(folder.parents[4]).read(folder)
    assert stored is not None
    assert stored.images()["item"].tolist() == ["a.png", "Ü 😀.png", "c.png", "d.png"]
    assert stored.images()["psnr"].tolist()[::3] == [20.25, 10.75]


def test_a_cell_that_was_never_written_is_none_and_makes_no_folder(folder: Path) -> None:
    store = Store(folder.parents[4])

    assert store.read(folder) is None
    assert list(store.scan()) == []
    assert not store.cells_folder.exists()


def test_an_interrupted_cell_counts_what_its_journal_holds(folder: Path) -> None:
    writer = CellWriter(folder).open()
    writer.begin(record("incomplete", scored=0, unreadable=()))
    assert (read(folder).scored, read(folder).unreadable) == (0, ())

    score(writer)
    assert (read(folder).status, read(folder).scored, read(folder).unreadable) == ("incomplete", 4, (UNREADABLE,))
    writer.close()


def test_a_failure_becomes_the_cells_state_and_keeps_what_was_scored(folder: Path) -> None:
    writer = CellWriter(folder).open()
    writer.begin(record("incomplete", scored=0))
    writer.append(BATCHES[0])
    writer.fail(record("oom", scored=2, error={"type": "MemoryError", "message": "too large"}))
    writer.close()

    assert (read(folder).status, read(folder).scored) == ("oom", 2)
    assert read(folder).error == {"type": "MemoryError", "message": "too large"}
    run(folder)
    assert read(folder).status == "complete"
    assert set(contents(folder)) == {"cell.json", "images.parquet"}


def test_a_failure_never_takes_the_place_of_a_complete_result(folder: Path) -> None:
    run(folder)
    before = contents(folder)
    writer = CellWriter(folder).open()
    writer.begin(record("incomplete"))
    writer.fail(record("failed", error={"type": "ValueError", "message": "no"}))
    writer.close()

    assert {name: contents(folder)[name] for name in before} == before
    assert json.loads(contents(folder)["failure.json"])["status"] == "failed"
    assert read(folder).status == "complete"
    run(folder)
    assert "failure.json" not in contents(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"schema": 1}', b"\xff\xfe", b'"text"'])
def test_a_damaged_cell_is_named_and_can_be_run_again(folder: Path, content: bytes) -> None:
    run(folder)
    (folder / "cell.json").write_bytes(content)

    with pytest.raises(StoreError, match=r"0123456789abcdef/cell\.json is (damaged|no record of a cell)"):
        read(folder)
    run(folder)
    assert read(folder).status == "complete"


def test_a_cell_of_a_newer_version_is_neither_read_nor_written(folder: Path) -> None:
    run(folder)
    document = json.loads((folder / "cell.json").read_bytes()) | {"schema": SCHEMA + 1, "news": 1}
    (folder / "cell.json").write_text(json.dumps(document))
    before = contents(folder)

    with pytest.raises(StoreError, match=rf"cell\.json was written by a newer inpaintbench \(schema {SCHEMA + 1}"):
        read(folder)
    with pytest.raises(StoreError, match=rf"{folder.name} was written by a newer .* choose another --out"):
        run(folder)
    assert contents(folder) == before


def test_a_journal_that_a_newer_version_has_sealed_is_left_alone(folder: Path) -> None:
    writer = CellWriter(folder).open()
    writer.begin(record("incomplete"))
    score(writer)
    writer.journal.append_sealed(record().to_json() | {"schema": SCHEMA + 1})
    writer.close()
    before = contents(folder)

    with pytest.raises(StoreError, match="newer inpaintbench"):
        read(folder)
    with pytest.raises(StoreError, match="newer inpaintbench"):
        CellWriter(folder).open()
    assert contents(folder) == before


def flips(content: bytes) -> Iterator[bytes]:
    """Yield the content with one bit another, for a bit of each byte."""
    for position in range(len(content)):
        yield content[:position] + bytes([content[position] ^ 1 << position % 8]) + content[position + 1 :]


def test_no_flipped_bit_of_a_record_is_believed(folder: Path) -> None:
    run(folder)
    path = folder / "cell.json"
    before, believed = read(folder), []
    for flipped in flips(path.read_bytes()):
        path.write_bytes(flipped)
        try:
            found = read(folder)
        except StoreError:
            continue
        believed += [] if found == before else [flipped]
    assert believed == []


def test_no_flipped_bit_of_a_journal_is_believed(folder: Path) -> None:
    writer = CellWriter(folder).open()
    score(writer)
    writer.close()
    path = folder / "journal.jsonl"
    whole = list(writer.journal.batches())
    for flipped in flips(path.read_bytes()):
        path.write_bytes(flipped)
        try:
            found = list(Journal(path).batches())
        except StoreError:
            continue
        assert len(found) < len(whole) or found == whole
        assert all(batch in whole for batch in found)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_finished_journal_that_has_lost_a_batch_is_unfinished_and_carried_on(folder: Path, lost: int) -> None:
    writer = CellWriter(folder).open()
    writer.begin(record("incomplete", scored=0, unreadable=()))
    score(writer)
    writer.journal.append_sealed(record().to_json())
    writer.close()
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[lost] = lines[lost].replace(b'"item"', b'"itfm"')
    path.write_bytes(b"".join(lines))

    assert read(folder).status == "incomplete"
    writer = CellWriter(folder).open()
    writer.append(BATCHES[lost], [UNREADABLE] if lost else [])
    writer.seal(record())
    writer.close()
    assert read(folder) == record(means={"psnr": 20.5})
    stored = Store(folder.parents[4]).read(folder)
    assert stored is not None
    assert stored.images()["index"].tolist() == [0, 1, 2, 3]


def test_a_journal_that_is_damaged_while_its_cell_runs_is_not_sealed(folder: Path) -> None:
    writer = CellWriter(folder).open()
    writer.begin(record("incomplete", scored=0, unreadable=()))
    score(writer)
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"20.25", b"20.35"))

    with pytest.raises(StoreError, match=r"journal\.jsonl was damaged while the cell ran"):
        writer.seal(record())
    writer.close()
    assert read(folder).status == "incomplete"


def test_a_record_that_lies_in_the_folder_of_another_cell_is_refused(folder: Path) -> None:
    run(folder)
    other = folder.parents[2] / "harmonic" / folder.parent.parent.name / folder.parent.name / "ffff"
    shutil.copytree(folder, other)

    with pytest.raises(StoreError, match=r"cell\.json is that of another cell"):
        Store(folder.parents[4]).read(other)


def test_a_result_whose_table_is_lost_is_run_again(folder: Path) -> None:
    run(folder)
    (folder / "images.parquet").unlink()

    with pytest.raises(StoreError, match=r"images\.parquet cannot be read"):
        read(folder)
    writer = CellWriter(folder).open()
    writer.fail(record("failed", scored=0))
    writer.close()
    assert (read(folder).status, "failure.json" in contents(folder)) == ("failed", False)


def test_a_folder_that_cannot_be_looked_into_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder)
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path) == folder.parents[1]:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    problems: list[StoreError] = []
    store = Store(folder.parents[4])
    assert list(store.scan(problems)) == []
    assert [str(problem) for problem in problems] == [
        f"{folder.parents[1]} cannot be read: [Errno 13] Permission denied"
    ]
    with pytest.raises(StoreError, match="Permission denied"):
        list(store.scan())


def test_a_name_that_is_no_unicode_has_a_folder(tmp_path: Path) -> None:
    odd = Store(tmp_path).folder("tv", "image_folder[path=\udce4]", "circle", "00")

    assert odd.relative_to(tmp_path).as_posix().isascii()
    assert slug("\udce4") != slug("\udce5")


def test_scanning_passes_over_what_is_damaged_and_says_so(folder: Path) -> None:
    others = [folder.with_name(name) for name in ("aa", "bb", "cc")]
    for path in (folder, *others):
        run(path, key=path.name)
    (others[1] / "cell.json").write_text("damaged")
    (folder.parent / "empty").mkdir()
    (folder.parent / "stray.txt").touch()
    store = Store(folder.parents[4])
    problems: list[StoreError] = []

    assert [cell.folder.name for cell in store.scan(problems)] == [folder.name, "aa", "cc"]
    assert ["bb/cell.json is damaged" in str(problem) for problem in problems] == [True]
    with pytest.raises(StoreError, match=r"bb/cell\.json is damaged"):
        list(store.scan())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match=r"file/cells/.* cannot be written"):
        CellWriter(Store(tmp_path / "file").folder("tv", "photos", "circle", "00")).open()
    with pytest.raises(StoreError, match=r"file cannot be read: .*Not a directory"):
        Store(tmp_path).read(tmp_path / "file")


@pytest.mark.parametrize(
    "action",
    [
        lambda writer: writer.begin(record("incomplete")),
        lambda writer: writer.append(BATCHES[1]),
        lambda writer: writer.log("text"),
        lambda writer: writer.seal(record()),
        lambda writer: writer.fail(record("failed")),
    ],
    ids=["begin", "append", "log", "seal", "fail"],
)
def test_a_folder_that_becomes_read_only_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, action: Callable[[CellWriter], object]
) -> None:
    writer = CellWriter(folder).open()
    writer.append(BATCHES[0])
    plain = Path.open

    def refuse(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if mode in ("r", "rb"):
            return plain(self, mode, *arguments, **options)
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StoreError, match=rf"{folder.name} cannot be written: .*Permission denied"):
        action(writer)
    writer.close()


def test_the_log_grows_and_holds_any_text(folder: Path) -> None:
    writer = CellWriter(folder).open()
    writer.log("first\n")
    writer.log("Ü \udc80")
    writer.close()

    assert (folder / "log.txt").read_text(encoding="utf-8") == "first\nÜ \\udc80\n"


def test_the_record_may_change_while_the_numbers_stand(folder: Path) -> None:
    first = run(folder)
    images = contents(folder)["images.parquet"]

    assert run(folder, finished="later") == dataclasses.replace(first, finished="later")
    assert contents(folder)["images.parquet"] == images


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("tv", "tv"),
        ("center_square[side=20]", "center_square[side=20]"),
        ("scattered_squares[side=2,area=0.25]", "scattered_squares[side=2,area=0.25]"),
    ],
)
def test_usual_selectors_are_folders_of_the_same_name(selector: str, expected: str) -> None:
    assert slug(selector) == expected


@settings(deadline=None)
@given(st.text(min_size=1, max_size=300) | st.text(alphabet="aA._-/\\", min_size=1))
def test_every_selector_becomes_a_name_that_every_system_can_hold(selector: str) -> None:
    name = slug(selector)

    assert 1 <= len(name.encode()) <= 100
    assert not set(name) & set('<>:"/\\|?*\0 ')
    assert name.isascii()
    assert name not in (".", "..")
    assert not name.endswith(".")


@pytest.mark.parametrize(
    "selector", ["con", "NUL", "aux.v2", "com1", "image_folder[path=/data/人人]", "人" * 200, "x."]
)
def test_names_that_some_system_refuses_are_altered(selector: str, tmp_path: Path) -> None:
    assert slug(selector) != selector
    (tmp_path / slug(selector)).mkdir()


@settings(deadline=None)
@given(st.sets(st.text(alphabet="ab/_ :é", min_size=1, max_size=200), min_size=2, max_size=50))
def test_different_selectors_have_different_folders(selectors: set[str]) -> None:
    assert len({slug(selector) for selector in selectors}) == len(selectors)
