"""Methods that do their worst, side by side in one run: each costs its own cell, and honest numbers stay."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

import inpaintbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")

BROKEN = {
    "constructor": ("failed", "it cannot be built", 0),
    "raises": ("failed", "it is broken", 4),
    "exits_python": ("failed", "0", 4),
    "interrupts": ("failed", "The worker ended by itself, with the exit code 130.", 4),
    "exits": ("failed", "The worker ended by itself, with the exit code 3.", 4),
    "crashes": ("failed", "The worker was ended by the signal SIGSEGV: the process has crashed.", 4),
    "dies": ("failed", "Its worker was killed from outside, twice.", 8),
    "ends": ("failed", "Its worker was killed from outside, twice.", 8),
    "is_interrupted": ("failed", "Its worker was killed from outside, twice.", 8),
    "garbles": ("failed", "Something in the worker has written into its connection", 4),
    "mute": ("failed", "What it says cannot be had: its __str__ raises RuntimeError.", 4),
    "closes": ("failed", "something in it closes descriptors that are not its own.", None),
    "returns_none": ("invalid-output", "The method returned NoneType; expected a tensor", 4),
    "wrong_shape": ("invalid-output", "image of shape (4, 3, 16, 15); expected a tensor of shape (4, 3, 16, 16)", 4),
    "wrong_dtype": ("invalid-output", "The method returned torch.uint8; expected floating point", 4),
    "nan": ("invalid-output", "The method returned NaN or infinity inside the hole of 4 of 4 images.", 4),
    "infinity": ("invalid-output", "The method returned NaN or infinity inside the hole of 4 of 4 images.", 4),
    "other_device": ("invalid-output", "The method returned a tensor on meta; expected cpu.", 4),
    "writes": ("invalid-output", "The method wrote into batch.corrupted; it must work on a copy", 4),
    "never_enough": ("oom", "1 images are too many", 7),
}
"""Status, words of the message, and images that were scored before: a batch at each attempt (None: not the same)."""

HARMLESS = ("keeps_and_changes", "prints", "meddles", "thread", "leaves", "small_batches", "small_batches_host")
"""Ways that end with all images scored, as by `honest`."""


@pytest.fixture(scope="module")
def ran(start: Any, options: list[str], limited: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run them all, `honest` at the end, in a working directory that one of them removes; return the run.

    `limited` mostly waits, so that it may run meanwhile.
    """
    notes = tmp_path_factory.mktemp("notes")
    noting = [f'{way},path="{notes}"' for way in ("dies_once", "children", "environment")]
    ways = [*BROKEN, *HARMLESS, "at_length", "fills", *noting]
    methods = [option for way in ways for option in ("-m", f"hostile[how={way}]")]
    running = start("run", *options, *methods, "-m", "honest")
    running.children = lambda: [int(number) for number in (notes / "children").read_text().split()]
    running.seen = lambda: json.loads((notes / "environment").read_text())
    running.code = running.wait(180)
    return running


def test_honest_numbers_are_those_of_a_run_without_the_others(ran: Any, alone: Any) -> None:
    assert ran.numbers("honest").equals(alone)


def test_the_run_says_that_something_failed(ran: Any) -> None:
    assert ran.code == 1
    assert "Some cells failed; the table names them" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(("how", "expected"), BROKEN.items(), ids=list(BROKEN))
def test_a_broken_method_fails_with_what_it_did_and_keeps_what_it_had_scored(
    ran: Any, how: str, expected: tuple[str, str, int | None]
) -> None:
    status, message, scored = expected
    cell = ran.hostile(how)
    assert cell.record.status == status
    assert message in cell.record.error["message"]
    assert f"! hostile[how={how}]: {status} on" in ran.printed
    assert message.rstrip(".") in ran.printed
    if scored is not None:
        assert cell.record.scored == scored
        assert (cell.folder / "journal.jsonl").exists() == bool(scored)


@pytest.mark.parametrize(
    ("how", "words"),
    {
        "raises": ('raise ValueError("it is broken")', "ValueError: it is broken"),
        "constructor": ('raise ValueError("it cannot be built")',),
        "crashes": ("SIGSEGV", "It had printed:\nthese are its last words"),
        "exits": ("exit code 3",),
        "prints": ("It printed:\n[1,073,7", "x\nthat was a gigabyte"),
    }.items(),
)
def test_the_log_holds_what_helps(ran: Any, how: str, words: tuple[str, ...]) -> None:
    log = (ran.hostile(how).folder / "log.txt").read_text()
    for word in words:
        assert word in log
    assert len(log) < 40_000


@pytest.mark.parametrize("how", HARMLESS)
def test_what_harms_nobody_is_scored_as_ever(ran: Any, alone: Any, how: str) -> None:
    assert ran.hostile(how).record.status == "complete"
    assert ran.numbers(f"hostile[how={how}]").equals(alone)


@pytest.mark.parametrize("how", ["small_batches", "small_batches_host"])
def test_memory_that_runs_out_halves_the_batch_and_that_is_stored_and_said(ran: Any, how: str) -> None:
    timing = ran.hostile(how).record.timing
    assert (timing["batch_size"], timing["exhausted_batch_sizes"]) == (2, [4])
    (line,) = [line for line in ran.err.splitlines() if "tried again" in line and f"how={how}]" in line]
    assert "tried again, with batches of 2." in line


def test_memory_that_does_not_suffice_for_one_image_is_the_end(ran: Any) -> None:
    timing = ran.hostile("never_enough").record.timing
    assert (timing["batch_size"], timing["exhausted_batch_sizes"]) == (1, [4, 2])


def test_a_worker_that_was_killed_once_is_replaced(ran: Any, alone: Any) -> None:
    (method,) = [name for name in ran.cells if "dies_once" in name]
    assert ran.cells[method].record.status == "complete"
    assert ran.numbers(method).equals(alone)
    assert "Its worker was killed from outside." in ran.err


def test_a_message_without_end_is_cut(ran: Any) -> None:
    cell = ran.hostile("at_length")
    message = cell.record.error["message"]
    assert message.startswith("at length at length")
    assert message.endswith("at length  … [29,990,000 characters are left out]")
    assert len((cell.folder / "log.txt").read_text()) < 40_000


def test_a_method_has_the_environment_of_the_command(ran: Any) -> None:
    seen = ran.seen()
    assert seen["_INPAINTBENCH_WORKER"]
    assert seen.items() >= ran.environment.items()
    assert seen.get("PYTHONPATH") == ran.environment.get("PYTHONPATH")  # whatever is in sys.path


def test_a_full_disk_leaves_the_cell_to_be_carried_on(ran: Any) -> None:
    cell = ran.hostile("fills")
    assert (cell.record.status, cell.record.scored) == ("incomplete", 4)
    assert "hostile[how=fills] × few[count=24] × center_square[side=6]: not stored." in ran.err
    assert "cannot be written: [Errno 27] File too large" in ran.err


def test_results_are_readable_whatever_a_method_has_set(ran: Any) -> None:
    files = [path for path in ran.hostile("meddles").folder.rglob("*") if path.is_file()]
    assert len(files) > 16
    assert {path.stat().st_mode & 0o400 for path in files} == {0o400}


def test_what_a_method_changes_does_not_reach_its_own_next_cell(suite: dict[str, Any], tmp_path: Path) -> None:
    both = {**suite, "masks": ["center_square[side=6]", "center_square[side=4]"], "isolation": "process"}
    results = inpaintbench.run(**both, methods=["hostile[how=meddles]", "honest"], out=tmp_path / "out")
    assert results.complete
    records = results.records().drop(columns=["method", "seconds"])
    meddling = (results.records()["method"] != "honest").to_numpy()
    assert len(records) == 4 * 24
    assert records[meddling].reset_index(drop=True).equals(records[~meddling].reset_index(drop=True))


@pytest.mark.parametrize("isolation", ["process", "none"])
def test_what_a_method_sets_as_it_is_built_counts_for_each_of_its_cells(
    suite: dict[str, Any], tmp_path: Path, isolation: Any
) -> None:
    what = ["nothing", "dtype", "folder", "path", *(["once"] if isolation == "process" else [])]
    methods = [f'settled[path="{tmp_path}",what={one}]' for one in what]
    both = {**suite, "masks": ["center_square[side=6]", "center_square[side=4]"], "isolation": isolation}
    breaking = "hostile[how=breaks]"
    if isolation == "none":  # where a method is kept only if its next cell comes next
        for method in methods:
            inpaintbench.run(**both, methods=method, out=tmp_path / "out")
    results = inpaintbench.run(**both, methods=["honest", breaking, *methods], out=tmp_path / "out")

    scores = {name: rows["psnr"].tolist() for name, rows in results.records().groupby("method")}
    honest = scores.pop("honest")
    assert len(honest) == 2 * 24
    assert len(scores.pop(breaking, [])) == (24 if isolation == "process" else 0)
    assert [*scores.values()] == [honest] * len(what)
    if isolation == "process":
        workers = {one: len(set((tmp_path / one).read_text().split())) for one in what}
        assert workers == {one: 1 if one == "nothing" else 2 for one in what}
        states = {cell.record.mask: cell.record.status for cell in results.cells if cell.record.method == breaking}
        assert states == {"center_square[side=6]": "failed", "center_square[side=4]": "complete"}


def test_what_a_worker_leaves_behind_does_not_outlive_it_while_others_work(
    start: Any, options: list[str], tmp_path: Path
) -> None:
    running = start(
        "run", *options, "-m", f'hostile[how=children,path="{tmp_path}"]', "-m", "hostile[how=sleeps]", "--workers", 2
    )
    noted = tmp_path / "children"
    running.until(lambda: noted.exists() and len(noted.read_text().split()) == 3)
    children = [int(number) for number in noted.read_text().split()]
    running.until(lambda: not any(psutil.pid_exists(child) for child in children))
    assert running.process.exitcode is None
    assert len(running.workers) == 1
    running.end()


def test_nothing_is_left_of_any_process(ran: Any) -> None:
    children = ran.children()
    assert len(children) == 3
    ran.until(lambda: not any(psutil.pid_exists(child) for child in children))
    ran.until(lambda: not ran.descendants)


def test_nothing_temporary_is_left(ran: Any) -> None:
    assert ran.temporary == []
    assert not ran.place.exists()  # one of them did remove it
