"""What a cell's key is made of, and in what cells differ."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import StoreError, UsageError
from inpaintbench.explaining import Difference, differences, explain, find_cell, nearest_difference, shown
from inpaintbench.records import CellRecord, Status
from inpaintbench.store import Store

KEYS = ("0123456789abcdef", "01ff000000000000", "fedcba9876543210", "02aa000000000000")
IDENTITY = {"protocol": 1, "size": 64, "seed": 0, "limit": None, "method": {"name": "tv", "code": "1" * 64}}


def put(root: Path, key: str = KEYS[0], status: Status = "complete", *, method: str = "tv", **changes: Any) -> Path:
    """Store a cell of no images, and return its folder."""
    identity = IDENTITY | changes.pop("identity", {})
    given: dict[str, Any] = {
        "key": key,
        "status": status,
        "method": method,
        "dataset": "photos",
        "mask": "circle",
        "size": identity["size"],
        "seed": identity["seed"],
        "limit": identity["limit"],
        "protocol": 1,
        "identity": identity,
        "metrics": (),
        "expected": 5,
        "scored": 0,
        "finished": "2026-01-01",
    }
    folder = Store(root).folder(method, "photos", "circle", key)
    writer = CellWriter(folder).open()
    record = CellRecord(**(given | changes))
    if status == "complete":
        writer.seal(record)
    else:
        writer.fail(record)
    writer.close()
    return folder


def test_differences_are_named_by_the_way_to_them() -> None:
    there = {"size": 64, "seed": 0, "method": {"code": "a", "parameters": {"x": 1.0}}, "limit": None, "metrics": {}}
    here = {"size": 64, "seed": 1, "method": {"code": "b", "parameters": {"x": 2.0}}, "metrics": {"psnr": {"v": 1}}}

    assert list(differences(there, here)) == [
        Difference("seed", 0, 1),
        Difference("method code", "a", "b"),
        Difference("method parameters x", 1.0, 2.0),
        Difference("metrics psnr", None, {"v": 1}),
    ]


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
).filter(lambda document: isinstance(document, dict))


def normal(document: Any) -> Any:
    """Return it without what counts as nothing."""
    if isinstance(document, dict):
        return {name: normal(value) for name, value in document.items() if value is not None}
    return document


@given(DOCUMENTS, DOCUMENTS)
def test_there_are_differences_exactly_where_documents_differ(there: Any, here: Any) -> None:
    found = list(differences(there, here))

    assert bool(found) == (normal(there) != normal(here))
    assert [(one.name, one.here, one.there) for one in found] == [
        (one.name, one.there, one.here) for one in sorted(differences(here, there), key=lambda one: order(found, one))
    ]


def order(found: list[Difference], one: Difference) -> int:
    return [other.name for other in found].index(one.name)


def test_values_are_written_for_people() -> None:
    digest = "0123456789abcdef" * 4

    assert str(Difference("method code", digest, "f" * 64)) == "method code: 01234567… → ffffffff…"
    assert str(Difference("limit", None, 4)) == "limit: none → 4"
    assert shown(f"{digest}+{digest}") == "01234567…+01234567…"
    assert shown("drawn-none-6") == "drawn-none-6"
    assert shown(KEYS[0]) == KEYS[0]
    assert shown({"name": "tv", "version": 2, "parameters": {"weight": 0.5}, "files": {}, "weights": ""}) == (
        "tv · version 2 · weight=0.5 · weights none"
    )


def test_the_nearest_cell_is_the_one_with_the_fewest_differences(tmp_path: Path) -> None:
    put(tmp_path, KEYS[0])
    put(tmp_path, KEYS[1], identity={"method": {"name": "tv", "code": "2" * 64}})
    put(tmp_path, KEYS[2], identity={"method": {"name": "tv", "code": "2" * 64}, "protocol": 2})
    put(tmp_path, KEYS[3], identity={"size": 32, "method": {"name": "tv", "code": "2" * 64}, "protocol": 2})
    explanation = explain(find_cell(KEYS[2], Store(tmp_path)))

    assert explanation.nearest is not None
    assert explanation.nearest.record.key == KEYS[1]
    assert explanation.same_question
    assert [str(one) for one in explanation.differences] == ["protocol: 1 → 2"]


def test_failing_the_same_question_it_is_one_of_the_same_selectors(tmp_path: Path) -> None:
    put(tmp_path, KEYS[0])
    put(tmp_path, KEYS[1], identity={"size": 32})
    put(tmp_path, KEYS[2], method="harmonic")
    explanation = explain(find_cell(KEYS[1], Store(tmp_path)))

    assert explanation.nearest is not None
    assert explanation.nearest.record.key == KEYS[0]
    assert not explanation.same_question
    assert [str(one) for one in explanation.differences] == ["size: 64 → 32"]
    alone = explain(find_cell(KEYS[2], Store(tmp_path)))
    assert (alone.nearest, alone.differences, alone.same_question) == (None, (), False)


def test_of_cells_equally_near_the_newest_complete_one_is_named(tmp_path: Path) -> None:
    for key, finished, status in ((1, "2026-02-02", "complete"), (2, "2026-03-03", "complete"), (3, "2026-04", "oom")):
        code = {"method": {"name": "tv", "code": f"{key}" * 64}}
        put(tmp_path, KEYS[key], status, finished=finished, identity=code)  # type: ignore[arg-type]
    nearest = explain(find_cell(str(put(tmp_path, identity={"method": {"code": "0"}})), Store(tmp_path))).nearest

    assert nearest is not None
    assert nearest.record.key == KEYS[2]


def test_a_neighbour_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (put(tmp_path, KEYS[1]) / "cell.json").write_text("{")

    assert explain(find_cell(str(folder), Store(tmp_path))).nearest is None


def test_a_failure_and_a_later_one_are_told(tmp_path: Path) -> None:
    error = {"type": "ValueError", "message": "no"}
    folder = put(tmp_path)
    put(tmp_path, status="failed", error=error)
    failed = put(tmp_path, KEYS[1], "oom", error=error)
    (failed / "log.txt").write_text("all of it")
    store = Store(tmp_path)

    assert explain(find_cell(str(folder), store)).later_failure == error
    assert explain(find_cell(str(folder), store)).log is None
    document = explain(find_cell(str(failed), store)).to_json()
    assert (document["error"], document["log"], document["later_failure"]) == (error, str(failed / "log.txt"), None)
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda document: document | {"schema": 9},
            r"was written by a newer inpaintbench \(schema 9, this one reads up",
        ),
        (lambda document: document | {"error": {"type": "A", "message": "B"}}, "was altered or damaged"),
        (lambda document: [], "is no record of a cell"),
    ],
)
def test_a_later_failure_that_cannot_be_read_is_named(tmp_path: Path, change: Any, why: str) -> None:
    folder = put(tmp_path)
    put(tmp_path, status="failed", error={"type": "ValueError", "message": "no"})
    path = folder / "failure.json"
    path.write_text(json.dumps(change(json.loads(path.read_bytes()))))

    with pytest.raises(StoreError, match=rf"failure\.json {why}"):
        explain(find_cell(str(folder), Store(tmp_path)))


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000], ids=["empty", "cut", "deep"])
def test_a_later_failure_that_is_no_json_is_named(tmp_path: Path, content: str) -> None:
    folder = put(tmp_path)
    (folder / "failure.json").write_text(content)

    with pytest.raises(StoreError, match=r"failure\.json cannot be read"):
        explain(find_cell(str(folder), Store(tmp_path)))


@pytest.mark.parametrize("form", ["folder", "file", "key", "beginning", "relative"])
def test_a_cell_can_be_named_in_several_ways(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "results")
    put(tmp_path / "results", KEYS[1])
    names = {"folder": folder, "file": folder / "cell.json", "key": KEYS[0], "beginning": "012", "relative": "."}
    monkeypatch.chdir(folder)

    assert find_cell(str(names[form]), Store(tmp_path / "results")).record.key == KEYS[0]


def test_a_cell_that_lies_elsewhere_needs_no_results_folder(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    folder = put(tmp_path).rename(tmp_path / "kept" / KEYS[0])

    assert find_cell(str(folder), Store(tmp_path / "nowhere")).record.key == KEYS[0]


def test_a_whole_key_is_no_beginning_of_others(tmp_path: Path) -> None:
    put(tmp_path, "01")
    put(tmp_path)

    assert find_cell("01", Store(tmp_path)).record.key == "01"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("0", rf"^0 is the beginning of 3 keys: .*tv/photos/circle/{KEYS[0]}, .*{KEYS[1]}, .*; give more of it"),
        ("abc", r"^No cell in .* has a key that begins with abc\. --out DIR names another folder\.$"),
        ("tv", r"^There is no cell 'tv': expected a cell's folder, .* or the beginning of a key in "),
        ("", "^There is no cell ''"),
        ("*", r"^There is no cell '\*'"),
        ("no/cell.json", r"^There is no cell 'no/cell\.json'"),
    ],
)
def test_what_names_no_cell_or_several(
    tmp_path: Path, name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for key in KEYS:
        put(tmp_path / "results", key)

    with pytest.raises(UsageError, match=message):
        find_cell(name, Store(tmp_path / "results"))


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path)
    hidden = put(tmp_path, KEYS[2], method="harmonic").parent
    scan = os.scandir

    def refuse(path: Any) -> Any:
        if str(path) == str(hidden):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert find_cell("012", Store(tmp_path)).record.key == KEYS[0]
    with pytest.raises(StoreError, match=r"harmonic/photos/circle cannot be read: .*Permission denied"):
        find_cell(KEYS[2], Store(tmp_path))


def test_a_name_that_no_folder_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="File name too long"):
        find_cell("0" * 300, Store(tmp_path))


def test_a_damaged_cell_is_named(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (folder / "cell.json").write_text("{")

    with pytest.raises(StoreError, match=r"cell\.json is damaged"):
        find_cell(str(folder), Store(tmp_path))


def test_a_plan_is_told_the_fewest_differences_from_a_complete_cell(tmp_path: Path) -> None:
    folder = put(tmp_path, identity={"protocol": 0, "method": {"name": "tv", "code": "0"}})
    put(tmp_path, KEYS[1], identity={"method": {"name": "tv", "code": "2"}})
    put(tmp_path, KEYS[2], "failed")
    put(tmp_path, KEYS[3], identity={"size": 32})
    for key, content in (("aa", '{"identity": 3}'), ("bb", "[" * 100_000), ("cc", "5")):
        (folder.parent / key).mkdir()
        (folder.parent / key / "cell.json").write_text(content)

    assert nearest_difference(IDENTITY, folder.parent) == ["method code"]
    assert nearest_difference(IDENTITY | {"seed": 1}, folder.parent) == []
    assert nearest_difference(IDENTITY, tmp_path / "nowhere") == []


@pytest.mark.parametrize("change", [{"schema": 9}, {"identity": IDENTITY | {"protocol": 3}}], ids=str)
def test_a_plan_is_not_told_of_a_cell_that_is_newer_or_damaged(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = put(tmp_path, identity={"protocol": 0})
    assert nearest_difference(IDENTITY, folder.parent) == ["protocol"]

    path = folder / "cell.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    assert nearest_difference(IDENTITY, folder.parent) == []
