"""Joining results folders: what is copied, what counts as equal, what is refused, and what a kill leaves."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import StoreError, UsageError
from inpaintbench.merging import Merged, merge
from inpaintbench.records import SCHEMA, CellRecord, ImageRecord, MetricColumn, Status
from inpaintbench.store import Store

KEY = "0123456789abcdef"
LATER = "fedcba9876543210"
CPU = {"device": {"type": "cpu", "name": "a processor", "threads": 1}, "versions": {"torch": "2.11.0"}}
GPU = {"device": {"type": "cuda", "name": "a card"}, "versions": {"torch": "2.11.0"}}
IMAGES: dict[str, dict[str, Any]] = {
    "a.png": {"psnr": 20.25, "image_hash": "a1", "hole_hash": "a2"},
    "b.png": {"psnr": 30.5, "image_hash": "b1", "hole_hash": "b2"},
    "c.png": {"psnr": math.nan, "image_hash": "c1", "hole_hash": "c2"},
}


PSNR = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)


def record(
    status: Status = "complete", *, metrics: tuple[str, ...] = ("psnr",), unavailable: str = "", **changes: Any
) -> CellRecord:
    """Return a record; `code` and `metric_code` are those parts of its identity."""
    identity = {
        "protocol": changes.get("protocol", 1),
        "core": "c" * 64,
        "size": 64,
        "seed": 0,
        "limit": None,
        "method": {"name": "tv", "version": 1, "code": changes.pop("code", "1" * 64)},
        "metrics": {name: {"name": name, "code": changes.pop("metric_code", "2" * 64)} for name in metrics},
    }
    given: dict[str, Any] = {
        "key": KEY,
        "status": status,
        "method": "tv",
        "dataset": "photos",
        "mask": "circle",
        "size": 64,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "identity": identity,
        "metrics": tuple(dataclasses.replace(PSNR, name=name, unavailable=unavailable) for name in metrics),
        "expected": 3,
        "scored": 3,
        "environment": CPU,
        "timing": {"batch_size": 4},
        "finished": "2026-01-01",
    }
    return CellRecord(**(given | changes))


def rows(images: dict[str, dict[str, Any]]) -> list[ImageRecord]:
    return [{"item": item, "index": index, **values} for index, (item, values) in enumerate(images.items())]


def put(
    root: Path,
    status: Status = "complete",
    images: dict[str, dict[str, Any]] = IMAGES,
    *,
    key: str = KEY,
    method: str = "tv",
    **changes: Any,
) -> Path:
    """Store a cell as a run does, and return its folder."""
    folder = Store(root).folder(method, "photos", "circle", key)
    writer = CellWriter(folder).open()
    changes |= {"key": key, "method": method, "scored": changes.get("scored", len(images))}
    try:
        writer.begin(record("incomplete", **(changes | {"scored": 0})))
        writer.log(f"{status} in {root.name}")
        writer.append(rows(images))
        if status == "complete":
            writer.samples.mkdir()
            (writer.samples / "00000-image.png").write_bytes(b"a picture")
            writer.seal(record(**changes))
        elif status != "incomplete":
            writer.fail(record(status, error={"type": "ValueError", "message": "no"}, **changes))
    finally:
        writer.close()
    return folder


def changed(item: str, **values: Any) -> dict[str, dict[str, Any]]:
    return IMAGES | {item: IMAGES[item] | values}


def tree(root: Path) -> dict[str, bytes]:
    """Return the files of a results folder, but for locks."""
    found = ((path.relative_to(root).as_posix(), path) for path in root.rglob("*") if path.is_file())
    return {name: path.read_bytes() for name, path in found if path.name != ".lock"}


def statuses(root: Path) -> dict[str, str]:
    return {f"{cell.record.method} {cell.folder.name[:2]}": cell.record.status for cell in Store(root).scan()}


def counts(merged: Merged) -> dict[str, tuple[int, int, int]]:
    """Return cells copied, equal and passed over."""
    return {one.source.name: (one.copied, one.equal, len(one.passed_over)) for one in merged.sources}


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return tmp_path / "a"


@pytest.fixture
def b(tmp_path: Path) -> Path:
    return tmp_path / "b"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_what_one_folder_alone_holds_is_copied_whole(a: Path, b: Path, out: Path) -> None:
    put(a)
    put(b, "oom", method="harmonic")
    beside = put(b, method="mean")
    (beside / "failure.json").write_text("{}")
    (beside / "notes.txt").touch()
    merged = merge([a, b], out)

    left = {name: content for name, content in {**tree(a), **tree(b)}.items() if "notes" not in name}
    left = {name: content for name, content in left.items() if "journal" not in name}
    assert tree(out) == left
    assert {name.rpartition("/")[2] for name in left} == {
        *("cell.json", "images.parquet", "log.txt", "failure.json", "00000-image.png")
    }
    assert counts(merged) == {"a": (1, 0, 0), "b": (2, 0, 0)}
    assert (merged.cells, merged.complete) == ({"complete": 2, "oom": 1}, True)


def test_a_second_call_changes_nothing(a: Path, b: Path, out: Path) -> None:
    put(a)
    put(b, method="mean")
    merge([a, b], out)
    before = tree(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("cell.json")}
    merged = merge([a, b], out)

    assert counts(merged) == {"out": (0, 0, 0), "a": (0, 1, 0), "b": (0, 1, 0)}
    assert [one.present for one in merged.sources if one.own] == [2]
    assert tree(out) == before
    assert {path: path.stat().st_mtime_ns for path in out.rglob("cell.json")} == times


def test_a_folder_can_be_joined_into_and_be_named_twice(a: Path, b: Path) -> None:
    put(a)
    put(b)
    put(b, method="mean")
    before = tree(b)
    merged = merge([b, a, b / "." / ".." / "b"], a)

    assert counts(merged) == {"a": (0, 0, 0), "b": (1, 1, 0)}
    assert statuses(a) == {"tv 01": "complete", "mean 01": "complete"}
    assert tree(b) == before


def test_the_first_of_equal_cells_is_kept(a: Path, b: Path, out: Path) -> None:
    put(a, finished="2026-01-01")
    put(b, finished="2026-02-02")

    assert counts(merge([b, a], out)) == {"b": (1, 0, 0), "a": (0, 1, 0)}
    assert tree(out) == tree(b) != tree(a)


@pytest.mark.parametrize("other", ["failed", "incomplete"])
@pytest.mark.parametrize("there", [False, True])
def test_a_complete_cell_comes_before_any_other(a: Path, b: Path, out: Path, other: Status, there: bool) -> None:
    put(out if there else a, other, images={"a.png": IMAGES["a.png"]}, expected=3)
    put(b)
    merged = merge([b] if there else [a, b], out)

    assert tree(out) == tree(b)
    assert counts(merged) == {"out" if there else "a": (0, 0, 1), "b": (1, 0, 0)}
    (passed,) = merged.sources[0].passed_over
    assert passed.why == f"{other}, 1 of 3 images; {b}/cells/tv/photos/circle/{KEY} is complete"
    assert (passed.missing, merged.complete) == (False, True)


def test_incomplete_cells_stay_where_they_are(a: Path, b: Path, out: Path) -> None:
    folder = put(a, "incomplete", images={"a.png": IMAGES["a.png"]})
    put(b, method="mean")
    merged = merge([a, b], out)

    assert statuses(out) == {"mean 01": "complete"}
    (passed,) = merged.sources[0].passed_over
    assert (passed.folder, passed.why, passed.missing) == (folder, "incomplete, 1 of 3 images", True)
    assert not merged.complete


def test_a_cell_whose_sealing_was_cut_short_is_complete(a: Path, out: Path) -> None:
    folder = put(a, "incomplete")
    CellWriter(folder).journal.append_sealed(record(means={"psnr": 25.375}).to_json())

    assert merge([a], out).cells == {"complete": 1}
    assert tree(out) == tree(a)


def test_an_incomplete_cell_that_is_there_gives_way_to_no_failure(a: Path, out: Path) -> None:
    put(out, "incomplete")
    put(a, "failed")
    before = tree(out)
    merged = merge([a], out)

    assert tree(out) == before
    assert merged.cells == {"incomplete": 1}
    assert not merged.complete


def test_of_two_failures_the_first_is_kept(a: Path, b: Path, out: Path) -> None:
    put(a, "timeout")
    put(b, "failed")

    assert counts(merge([a, b], out)) == {"a": (1, 0, 0), "b": (0, 1, 0)}
    assert statuses(out) == {"tv 01": "timeout"}


def test_a_failure_gives_way_to_a_result_of_another_key(a: Path, b: Path, out: Path) -> None:
    """A machine that lacks weights fails under a key of its own."""
    put(a, "failed", key=LATER, code="none")
    put(b)
    merged = merge([a, b], out)

    assert statuses(out) == {"tv 01": "complete"}
    assert "another folder has a result of another key" in merged.sources[0].passed_over[0].why
    assert merged.complete


def test_a_newer_failure_beside_an_older_result_is_kept_with_it(a: Path, b: Path, out: Path) -> None:
    put(a)
    put(a, "failed", key=LATER, code="newer")
    put(b)

    assert counts(merge([a, b], out)) == {"a": (2, 0, 0), "b": (0, 1, 0)}
    assert statuses(out) == {"tv 01": "complete", "tv fe": "failed"}


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (changed("b.png", psnr=30.75), r"psnr of b\.png is 30\.5 in .*/a/cells/.* and 30\.75 in .*/b/cells/"),
        (changed("b.png", psnr=math.nextafter(30.5, 31)), r"psnr of b\.png .*\(computed alike, they have to be equal"),
        (changed("b.png", psnr=math.nan), r"psnr of b\.png is 30\.5 in .* and nan in "),
        (changed("c.png", psnr=1.0), r"psnr of c\.png is nan in .* and 1\.0 in "),
        (changed("b.png", psnr=math.inf), r"psnr of b\.png is 30\.5 in .* and inf in "),
        (changed("b.png", image_hash="x"), r"the picture of b\.png is not the same in "),
        (changed("b.png", hole_hash="x"), r"the hole of b\.png is not the same in "),
        ({name: IMAGES[name] for name in ("a.png", "c.png")}, r"only .*/a/cells/.* has numbers of b\.png"),
        (IMAGES | {"d.png": IMAGES["a.png"]}, r"only .*/b/cells/.* has numbers of d\.png"),
    ],
)
def test_cells_of_one_key_that_are_not_equal_are_refused_and_nothing_is_copied(
    a: Path, b: Path, out: Path, images: dict[str, dict[str, Any]], message: str
) -> None:
    put(a)
    put(b, images=images)
    put(b, method="mean")

    title = rf"\n  tv × photos × circle at 64 × 64, seed 0, key {KEY}: "
    with pytest.raises(UsageError, match=f"cannot be joined; nothing was copied.{title}{message}"):
        merge([a, b], out)
    with pytest.raises(UsageError, match=message):
        merge([a, b], out, allow_different=True)
    assert not out.exists()


def test_the_order_of_rows_does_not_count(a: Path, b: Path, out: Path) -> None:
    put(a)
    put(b, images=dict(reversed(IMAGES.items())))

    assert counts(merge([a, b], out)) == {"a": (1, 0, 0), "b": (0, 1, 0)}


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({}, True),
        ({"environment": GPU}, False),
        ({"environment": CPU | {"versions": {"torch": "2.12.0"}}}, False),
        ({"environment": CPU | {"device": {"type": "cpu", "name": "a processor", "threads": 2}}}, False),
        ({"environment": CPU | {"commit": "another"}}, True),
        ({"timing": {"batch_size": 8}}, False),
        ({"timing": {"batch_size": 4, "batch_sizes": [4], "environments": 1}}, True),
        ({"timing": {"batch_size": 4, "batch_sizes": [8, 4], "environments": 1}}, False),
        ({"timing": {"batch_size": 4, "batch_sizes": [4], "environments": 2}}, False),
        ({"environment": {}}, False),
    ],
)
def test_the_last_digits_may_differ_where_the_machines_do(
    a: Path, b: Path, out: Path, changes: dict[str, Any], alike: bool
) -> None:
    put(a)
    put(b, images=changed("b.png", psnr=30.503), **changes)  # 0.98e-4 of the number

    if alike:
        with pytest.raises(UsageError, match="computed alike"):
            merge([a, b], out)
    else:
        assert counts(merge([a, b], out)) == {"a": (1, 0, 0), "b": (0, 1, 0)}
        with pytest.raises(UsageError, match=r"\(tolerance 9e-05\)"):
            merge([a, b], out, tolerance=9e-5)


def test_gpus_of_one_kind_may_differ_in_the_last_digits(a: Path, b: Path, out: Path) -> None:
    put(a, environment=GPU, images=changed("a.png", psnr=0.01))
    put(b, environment=GPU, images=changed("a.png", psnr=0.01009))  # of small numbers, the difference itself counts

    assert merge([a, b], out).complete
    with pytest.raises(UsageError, match=r"0\.01 in .* 0\.01009 in"):
        merge([a, b], out, tolerance=8e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": "9" * 64}, r"a and .*/b differ in method code: 11111111… → 99999999… \(tv × photos × circle at 64"),
        ({"protocol": 2}, r"differ in protocol: 1 → 2 \(tv"),
        ({"metric_code": "8" * 64}, r"differ in metrics psnr code: 22222222… → 88888888… \(tv"),
    ],
)
def test_answers_of_different_origin_are_refused_unless_they_are_wanted(
    a: Path, b: Path, out: Path, changes: dict[str, Any], message: str
) -> None:
    put(a)
    put(b, key=LATER, **changes)

    with pytest.raises(UsageError, match=rf"{message}.*--allow-different keeps both"):
        merge([a, b], out)
    assert not out.exists()
    assert counts(merge([a, b], out, allow_different=True)) == {"a": (1, 0, 0), "b": (1, 0, 0)}
    assert statuses(out) == {"tv 01": "complete", "tv fe": "complete"}


def test_one_reason_is_given_once(a: Path, b: Path, out: Path) -> None:
    for number in range(3):
        put(a, method=f"m{number}")
        put(b, method=f"m{number}", key=LATER, code="9" * 64)

    with pytest.raises(UsageError) as raised:
        merge([a, b], out)
    assert str(raised.value).count("differ in method code") == 1
    assert "(3 cells, the first: m0 × photos × circle at 64 × 64, seed 0)" in str(raised.value)


def test_other_sizes_seeds_and_limits_are_other_questions(a: Path, b: Path, out: Path) -> None:
    put(a)
    for number, changes in enumerate(({"size": 32}, {"seed": 1}, {"limit": 3})):
        put(b, key=f"{number}" * 16, code="9" * 64, **changes)

    assert merge([a, b], out).cells == {"complete": 4}


def test_stale_answers_within_one_folder_are_no_difference(a: Path, b: Path, out: Path) -> None:
    put(a, finished="2026-01-01", code="0" * 64)
    put(a, finished="2026-02-02", key=LATER)
    put(b, finished="2026-01-15", key=LATER)

    assert counts(merge([a, b], out)) == {"a": (2, 0, 0), "b": (0, 1, 0)}


def test_a_folder_that_lags_behind_adds_nothing(a: Path, b: Path, out: Path) -> None:
    put(a, finished="2026-01-01")
    put(a, finished="2026-02-02", key=LATER, code="9" * 64)
    put(b, finished="2026-03-03")

    assert counts(merge([a, b], out)) == {"a": (2, 0, 0), "b": (0, 1, 0)}


def test_the_newest_answer_of_a_folder_counts(a: Path, b: Path, out: Path) -> None:
    put(a, finished="2026-01-01")
    put(a, finished="2026-02-02", key=LATER, code="9" * 64)
    put(b, finished="2026-01-15", key="5" * 16, code="5" * 64)

    with pytest.raises(UsageError, match=r"method code: 99999999… → 55555555…"):
        merge([a, b], out)


def test_other_metrics_of_the_same_completions_are_no_difference(a: Path, b: Path, out: Path) -> None:
    put(a)
    put(b, key=LATER, metrics=("psnr", "ssim"))

    assert merge([a, b], out).cells == {"complete": 2}


def test_a_metric_that_one_machine_could_not_compute_is_no_difference(a: Path, b: Path, out: Path) -> None:
    put(a)
    put(b, key=LATER, metric_code="no weights", unavailable="its weights are not here")

    assert merge([a, b], out).cells == {"complete": 2}


def test_one_key_with_two_identities_is_refused(a: Path, b: Path, out: Path) -> None:
    put(a)
    put(b, code="9" * 64)

    with pytest.raises(UsageError, match="have one key, but differ in what it is made of"):
        merge([a, b], out, allow_different=True)


def damage_json(folder: Path) -> None:
    (folder / "cell.json").write_text("{")


def make_newer(folder: Path) -> None:
    path = folder / "cell.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"schema": SCHEMA + 1}))


def cut_table(folder: Path) -> None:
    path = folder / "images.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def flip_bit(folder: Path) -> None:
    path = folder / "images.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def alter_mean(folder: Path) -> None:
    path = folder / "cell.json"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(document | {"means": {"psnr": 99.0}}))


def lose_table(folder: Path) -> None:
    (folder / "images.parquet").unlink()


def swap_table(folder: Path) -> None:
    other = put(folder.parents[5] / "spare", images={"a.png": IMAGES["a.png"]})
    shutil.copy(other / "images.parquet", folder)


DAMAGES = pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_json, r"cell\.json is damaged"),
        (make_newer, rf"written by a newer inpaintbench \(schema {SCHEMA + 1}"),
        (cut_table, r"images\.parquet has \d+ bytes, and cell\.json beside it says \d+"),
        (flip_bit, r"images\.parquet was altered or damaged, or is that of another cell"),
        (alter_mean, r"cell\.json was altered or damaged: its checksum is that of another content"),
        (lose_table, r"images\.parquet cannot be read"),
        (swap_table, r"images\.parquet has \d+ bytes, and cell\.json beside it says \d+"),
    ],
)


@DAMAGES
def test_what_cannot_be_read_is_named_and_the_rest_copied(
    a: Path, b: Path, out: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(put(a))
    put(a, method="mean")
    put(b, method="harmonic")
    merged = merge([a, b], out)

    assert statuses(out) == {"harmonic 01": "complete", "mean 01": "complete"}
    (problem,) = merged.sources[0].unreadable
    with pytest.raises(StoreError, match=message):
        raise problem
    assert not merged.complete


@DAMAGES
def test_where_nothing_can_be_read_nothing_is_done(
    a: Path, out: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(put(a))

    with pytest.raises(UsageError, match=rf"There is no cell that can be read\.\n  .*{message}"):
        merge([a], out)
    assert not out.exists()


@DAMAGES
def test_what_is_damaged_in_the_joined_folder_is_mended_unless_a_newer_version_wrote_it(
    a: Path, out: Path, damage: Callable[[Path], None], message: str
) -> None:
    folder = put(out)
    put(a)
    damage(folder)
    before = tree(out)
    merged = merge([a], out)

    if damage is make_newer:
        assert tree(out) == before
        assert "newer inpaintbench" in merged.sources[1].passed_over[0].why
        assert not merged.complete
    else:
        assert tree(out) == tree(a)
        assert merge([a], out).complete


def test_a_cell_that_is_being_written_is_passed_over(a: Path, out: Path) -> None:
    put(a)
    put(a, method="mean")
    writer = CellWriter(Store(out).folder("tv", "photos", "circle", KEY)).open()
    merged = merge([a], out)
    writer.close()

    assert statuses(out) == {"mean 01": "complete"}
    assert "is being written by another run" in merged.sources[-1].passed_over[0].why
    assert not merged.complete
    assert merge([a], out).complete


def test_a_place_without_results_is_refused(a: Path, tmp_path: Path, out: Path) -> None:
    put(a)

    with pytest.raises(UsageError, match="nowhere holds no results: expected a folder with cells/ below it"):
        merge([a, tmp_path / "nowhere"], out)
    (tmp_path / "empty" / "cells").mkdir(parents=True)
    with pytest.raises(UsageError, match="There is no cell that can be read"):
        merge([tmp_path / "empty"], out)
    out.touch()
    with pytest.raises(StoreError, match=r"out/cells/.* cannot be written"):
        merge([a], out)


def test_a_full_disk_is_reported_and_a_second_call_finishes(
    a: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(a)

    def refuse(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", refuse)
        with pytest.raises(StoreError, match=r"cannot be copied to .*No space left on device"):
            merge([a], out)
    assert statuses(out) == {}
    merge([a], out)
    assert tree(out) == tree(a)


def snapshots(root: Path, into: Path, at_every_step: Any, action: Callable[[], object]) -> Iterator[Path]:
    """Copy a folder before and after every step by which `action` changes it: what a kill there would leave."""
    states: list[Path] = []

    def copy() -> None:
        if root.exists():
            state = into / str(len(states))
            shutil.copytree(root, state, ignore=shutil.ignore_patterns(".lock"))
            if states and tree(states[-1]) == tree(state):
                shutil.rmtree(state)
            else:
                states.append(state)

    at_every_step(copy, action)
    return iter(states)


@pytest.mark.parametrize("before", [None, "failed", "incomplete"])
def test_a_merge_killed_at_any_step_leaves_no_half_cell_and_can_be_repeated(
    a: Path, out: Path, tmp_path: Path, at_every_step: Any, before: Status | None
) -> None:
    put(a)
    if before:
        put(out, before, images=changed("a.png", psnr=0.0))
    seen: set[str] = set()
    states = list(snapshots(out, tmp_path / "killed", at_every_step, lambda: merge([a], out)))

    assert len(states) > 10
    for state in states:
        for cell in Store(state).scan():
            seen.add(cell.record.status)
            if cell.record.status == "complete":
                assert {name: content for name, content in tree(state).items() if "/." not in name} == tree(a)
                assert cell.images()["psnr"].tolist()[:2] == [20.25, 30.5]
        merge([a], state)
        assert tree(state) == tree(a)
    assert seen == {before, "complete"} - {None}
