"""Results folders that cannot be written, that another run uses, or whose files are damaged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import inpaintbench
from inpaintbench.errors import StoreError
from inpaintbench.execution.planning.plan import make_plan
from inpaintbench.plugins import load_registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own, of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def check_honest(out: Path, alone: Any) -> None:
    (cell,) = [cell for cell in Store(out).scan() if cell.record.method == "honest"]
    assert cell.record.status == "complete"
    assert pq.read_table(cell.folder / "images.parquet").drop_columns("seconds").equals(alone)
    assert not list(out.rglob("*.partial"))
    assert not list(out.rglob("*.new"))


def test_a_disk_that_is_full_at_any_point_is_said_and_costs_nothing_that_was_scored(
    suite: dict[str, Any], small_disk: Path, alone: Any
) -> None:
    arguments = {**suite, "methods": "honest", "out": small_disk / "out", "batch_size": 1}
    ballast = small_disk / "ballast"
    left_out = 0
    scored = [0]
    for free in range(16, 512, 16):
        ballast.write_bytes(b"")
        used = sum(path.stat().st_size + 4095 & ~4095 for path in small_disk.rglob("*") if path.is_file())
        ballast.write_bytes(bytes(max(0, 512 * 1024 - used - free * 1024)))
        results = inpaintbench.run(**arguments, isolation="none")
        if results.complete:
            break
        scored.append(sum(cell.record.scored for cell in results.cells))
        left_out += 1
        assert "cannot be written: [Errno 28] No space left on device" in results.failures[0]
    assert left_out > 2
    assert scored == sorted(scored)  # nothing that was scored is lost
    assert scored[-1] > 0
    ballast.unlink()
    assert inpaintbench.run(**arguments, isolation="none").complete
    check_honest(small_disk / "out", alone)


@pytest.mark.slow
def test_a_full_disk_ends_a_run_in_workers(
    start: Any, options: list[str], suite: dict[str, Any], small_disk: Path, alone: Any, tmp_path: Path
) -> None:
    (small_disk / "ballast").write_bytes(bytes(450_000))
    (tmp_path / "out").symlink_to(small_disk)  # what it prints has room
    running = start("run", *options, "-m", "honest", "--samples", "all", folder=tmp_path)
    assert running.wait() == 1
    assert "No space left on device" in running.err
    assert "Traceback" not in running.err
    running.until(lambda: not running.descendants)
    (small_disk / "ballast").unlink()
    assert inpaintbench.run(**suite, methods="honest", out=running.out, isolation="none").complete
    check_honest(running.out, alone)


def test_a_folder_that_cannot_be_written_is_said(suite: dict[str, Any], small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    results = inpaintbench.run(**suite, methods="honest", out=small_disk / "out", isolation="none")
    (failure,) = results.failures
    assert "cannot be written: [Errno 30] Read-only file system" in failure
    assert not results.complete


def test_two_runs_into_one_folder_both_end_and_leave_one_table(
    start: Any, options: list[str], suite: dict[str, Any], alone: Any, tmp_path: Path
) -> None:
    methods = ("-m", "honest", "-m", "hostile[how=keeps_and_changes]")
    runs = [start("run", *options, *methods, folder=tmp_path) for _ in range(2)]
    codes = [running.wait() for running in runs]
    for running, code in zip(runs, codes, strict=True):
        assert code == ("is being written by another run" in running.err)
        assert "Traceback" not in running.err
    results = inpaintbench.run(
        **suite, methods=["honest", "hostile[how=keeps_and_changes]"], out=tmp_path / "out", isolation="none"
    )
    assert results.complete
    assert len(list(Store(tmp_path / "out").scan())) == 2
    check_honest(tmp_path / "out", alone)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x80
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "flipped": _flip,
}


@pytest.fixture
def stored(suite: dict[str, Any], tmp_path: Path) -> Path:
    """Return the folder of a complete cell of `honest`."""
    (cell,) = inpaintbench.run(**suite, methods="honest", out=tmp_path / "out", isolation="none").cells
    return cell.folder


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cell_is_named_by_table_and_plan_and_mended_by_a_run(
    suite: dict[str, Any], stored: Path, alone: Any, damage: str
) -> None:
    out = stored.parents[4]
    DAMAGES[damage](stored / "cell.json")
    problems: list[StoreError] = []
    assert list(Store(out).scan(problems)) == []
    (problem,) = problems
    assert f"{stored / 'cell.json'} is damaged: " in str(problem)
    chosen: dict[str, Any] = {name: tuple(suite[name]) for name in ("datasets", "masks", "metrics")}
    asked = Suite(name="s", methods=("honest",), size=16, **chosen)
    (planned,) = make_plan(asked, load_registry(suite["plugins"]), Store(out))
    assert (planned.state, planned.why) == ("missing", str(problem))
    assert inpaintbench.run(**suite, methods="honest", out=out, isolation="none").complete
    check_honest(out, alone)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_table_of_images_is_named(suite: dict[str, Any], stored: Path, alone: Any, damage: str) -> None:
    out = stored.parents[4]
    DAMAGES[damage](stored / "images.parquet")
    if damage == "flipped":  # a run looks at sizes alone: it does not read a terabyte of tables to carry on
        results = inpaintbench.run(**suite, methods="honest", out=out, isolation="none")
        with pytest.raises(StoreError, match=r"images\.parquet was altered or damaged"):
            results.records()
    else:
        with pytest.raises(StoreError, match=r"images\.parquet has \d+ bytes"):
            Store(out).read(stored)
        assert inpaintbench.run(**suite, methods="honest", out=out, isolation="none").complete
        check_honest(out, alone)
    assert inpaintbench.run(**suite, methods="honest", out=out, isolation="none", rerun="all").complete
    check_honest(out, alone)


def test_no_flipped_bit_changes_a_number_unnoticed(stored: Path) -> None:
    path = stored / "images.parquet"
    content, unnoticed = path.read_bytes(), []
    cell = Store(stored.parents[4]).read(stored)
    assert cell is not None
    expected = cell.images()
    for position in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        try:
            found = cell.images()
        except StoreError:
            continue
        if not found.equals(expected):
            unnoticed.append(position)
    assert len(content) > 1500
    assert unnoticed == []
