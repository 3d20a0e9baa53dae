"""Jobs that are done elsewhere: what a loss means for them, and what goes from one machine to another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import BusyError, StaleError, StoreError, UsageError
from inpaintbench.execution.devices.leases import Lease
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.engines.clusters import remote
from inpaintbench.execution.engines.clusters.interruption import interrupted_by_signals
from inpaintbench.execution.engines.clusters.ledger import LOSSES, Ledger
from inpaintbench.execution.engines.clusters.leftovers import scratch
from inpaintbench.execution.engines.clusters.remote import Brief, _Speaking, describe_outcome
from inpaintbench.execution.engines.clusters.shipping import (
    has_checkpoint,
    pack_cell,
    pack_checkpoint,
    place_cell,
    receive_checkpoint,
    token_in,
)
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.workers.limits import Limits
from inpaintbench.store import Store


class Heard(Watch):
    def __init__(self) -> None:
        self.words: list[tuple[Any, ...]] = []

    def started(self, job: Job) -> None:
        self.words.append(("started", job.number))

    def progressed(self, job: Job, images: int) -> None:
        self.words.append(("progressed", job.number, images))

    def retried(self, job: Job, why: str) -> None:
        assert isinstance(job, CellJob)
        self.words.append(("retried", job.number, job.batch_size, why))


def cell_job(number: int, **changes: Any) -> CellJob:
    given: dict[str, Any] = {"method": "m", "dataset": "d", "mask": "k", "metrics": (), "size": 8, "seed": 0}
    given |= {"limit": None, "key": "k", "folder": "/nowhere", "checkpoint": "", "shipped": False, "batch_size": 4}
    given |= {"exhausted": (), "samples": 0, "strict": False, "anew": False}
    return CellJob(number=number, **given | changes)


def message(kind: str, number: int, **more: Any) -> dict[str, Any]:
    return {"is": kind, "job": number, "batch_size": 4, "exhausted": []} | more


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("started", ()),
        ("preparing", (3,)),
        ("waiting", ()),
        ("progressed", (2,)),
        ("told", ({"is": "training", "what": "steps", "steps": 5},)),
        ("retried", ("It was.",)),
        ("fell_silent", ()),
        ("spoke_again", ()),
    ],
)
def test_whatever_is_told_elsewhere_is_told_here(name: str, what: tuple[Any, ...]) -> None:
    told: list[tuple[Any, ...]] = []
    watch = Watch()
    setattr(watch, name, lambda job, *words: told.append((job.number, job.batch_size, *words)))
    ledger = Ledger([cell_job(7)], watch)
    there = _Speaking(lambda message: ledger.hear(json.loads(json.dumps(message))), lambda: None)

    getattr(there, name)(cell_job(7, batch_size=2), *what)

    assert told == [(7, 2, *what)]


def test_a_lost_job_is_done_again_until_it_has_been_lost_too_often(heard: Heard) -> None:
    job = cell_job(0)
    ledger = Ledger([job], heard)
    for _ in range(LOSSES - 1):
        ledger.hear(message("started", 0))
        assert list(ledger.lost([job], "Gone.")) == []
        assert ledger.due() == [job]
        assert ledger.due() == []
    ledger.hear(message("started", 0))
    [outcome] = ledger.lost([job], "Gone.")

    assert isinstance(outcome.ended, Failure)
    assert (outcome.ended.status, str(outcome.ended.error)) == ("failed", "Gone. That was 3 times.")
    assert ledger.done
    assert heard.words == [("started", 0), *[("retried", 0, 4, "Gone.")] * (LOSSES - 1)]


def test_a_lost_job_that_was_to_be_done_anew_goes_on_once_it_has_begun(heard: Heard) -> None:
    jobs = [cell_job(0, anew=True), cell_job(1, anew=True)]
    ledger = Ledger(jobs, heard)
    for number in (0, 1):
        ledger.hear(message("started", number))
    ledger.hear(message("progress", 1, images=3))
    list(ledger.lost(jobs, "Gone."))

    assert [(job.number, job.anew, job.begun) for job in ledger.due() if isinstance(job, CellJob)] == [
        (0, True, False),
        (1, True, True),
    ]


def test_only_what_was_under_way_is_blamed_for_a_loss(heard: Heard) -> None:
    jobs = [cell_job(0), cell_job(1)]
    ledger = Ledger(jobs, heard)
    for _ in range(LOSSES):
        ledger.hear(message("started", 0))
        ends = list(ledger.lost(jobs, "Gone."))
        due = ledger.due()

    assert [outcome.job.number for outcome in ends] == [0]
    assert [job.number for job in due] == [1]
    assert not ledger.done


def test_tasks_that_never_start_are_not_tried_for_ever(heard: Heard) -> None:
    job = cell_job(0)
    ledger = Ledger([job], heard)
    for _ in range(LOSSES):
        ends = list(ledger.lost([job], "Gone."))
        ledger.due()

    assert len(ends) == 1
    assert heard.words == [("started", 0)]  # its failure is shown as every other one is


def test_a_cell_that_the_dying_still_hold_is_tried_again(heard: Heard) -> None:
    job = cell_job(0)
    busy = describe_outcome(Outcome(job, BusyError("held")))
    ledger = Ledger([job], heard)
    ledger.hear(message("started", 0))
    list(ledger.lost([job], "Gone."))

    assert ledger.hear(busy) is None
    assert not ledger.done


def test_a_cell_that_another_run_holds_is_refused(heard: Heard) -> None:
    job = cell_job(0)
    outcome = Ledger([job], heard).hear(describe_outcome(Outcome(job, BusyError("held"))))

    assert outcome is not None
    assert isinstance(outcome.ended, BusyError)


def test_a_job_that_was_ended_for_want_of_memory_is_done_with_smaller_batches(heard: Heard) -> None:
    job = cell_job(0, batch_size=2)
    ledger = Ledger([job], heard)
    ledger.hear(message("started", 0, batch_size=2))
    assert list(ledger.exhausted([job], "Full.")) == []
    [smaller] = ledger.due()
    ledger.hear(message("started", 0, batch_size=1, exhausted=[2]))
    [outcome] = ledger.exhausted([smaller], "Full.")

    assert isinstance(smaller, CellJob)
    assert (smaller.batch_size, smaller.exhausted) == (1, (2,))
    assert isinstance(outcome.ended, Failure)
    assert outcome.ended.status == "oom"


def test_memory_that_runs_out_before_anything_has_started_is_a_loss(heard: Heard) -> None:
    jobs = [cell_job(0), cell_job(1)]
    ledger = Ledger(jobs, heard)
    for _ in range(LOSSES):
        ends = list(ledger.exhausted(jobs, "Full."))
        ledger.due()

    assert [str(outcome.ended.error) for outcome in ends] == ["Full. That was 3 times."] * 2
    assert ledger.done


def test_a_job_that_was_held_by_others_is_not_under_way(heard: Heard) -> None:
    jobs = [cell_job(0), cell_job(1)]
    ledger = Ledger(jobs, heard)
    for number in (0, 1):
        ledger.hear(message("started", number))
    list(ledger.lost([jobs[0]], "Gone."))
    ledger.hear(message("started", 0))
    ledger.hear(describe_outcome(Outcome(jobs[0], BusyError("held"))))
    ledger._again.clear()  # another task is to do it, and has not begun
    list(ledger.exhausted(jobs, "Full."))

    assert [word for word in heard.words if word[-1] == "Full."] == [("retried", 1, 2, "Full.")]


def test_what_is_said_of_a_job_that_has_ended_counts_no_more(heard: Heard) -> None:
    job = cell_job(0)
    ledger = Ledger([job], heard)
    end = describe_outcome(Outcome(job, StoreError("full")))

    assert ledger.hear(end) is not None
    assert ledger.hear(end) is None
    assert ledger.hear(message("progress", 0, images=3)) is None
    assert heard.words == [("started", 0)]


def test_what_ends_the_run_is_raised_with_the_name_of_the_machine(heard: Heard) -> None:
    with pytest.raises(UsageError, match=r"faces is not there\. \(On node7\.\)"):
        Ledger([cell_job(0)], heard).hear({"is": "fatal", "message": "faces is not there. (On node7.)"})


def test_a_complete_cell_replaces_a_failure(run: Any, tmp_path: Path) -> None:
    run(out=tmp_path / "here", methods=["noise"])
    [source] = Store(tmp_path / "here").scan()
    target = tmp_path / "there" / source.folder.relative_to(tmp_path / "here")
    target.mkdir(parents=True)
    (target / "journal.jsonl").write_text("{}\n")
    (target / "failure.json").write_text("{}")

    place_cell(pack_cell(source.folder), target, source.record)

    [placed] = Store(tmp_path / "there").scan()
    assert placed.record == source.record
    assert dict(pack_cell(target)) == dict(pack_cell(source.folder))


def test_a_failure_leaves_a_complete_cell_alone(run: Any, tmp_path: Path) -> None:
    run(out=tmp_path / "good")
    run(out=tmp_path / "bad", methods=["broken[how=raises,calls=2]"])
    [good], [bad] = Store(tmp_path / "good").scan(), Store(tmp_path / "bad").scan()
    before = pack_cell(good.folder)

    place_cell(pack_cell(bad.folder), good.folder, bad.record)

    after = pack_cell(good.folder)
    assert [name for name in before if after[name] != before[name]] == ["log.txt"]
    assert "failure.json" in after
    assert b"the method\nis broken" in after["log.txt"]


def test_what_a_failed_cell_had_scored_comes_with_it(run: Any, tmp_path: Path) -> None:
    run(out=tmp_path / "here", methods=["broken[how=raises,calls=2]"])
    [source] = Store(tmp_path / "here").scan()
    target = tmp_path / "there" / source.folder.relative_to(tmp_path / "here")

    place_cell(pack_cell(source.folder), target, source.record)

    [placed] = Store(tmp_path / "there").scan()
    assert (placed.record.status, placed.record.scored) == ("failed", 4)
    assert (target / "journal.jsonl").read_bytes() == (source.folder / "journal.jsonl").read_bytes()


def test_a_token_is_seen_in_its_own_folder_alone(tmp_path: Path) -> None:
    with token_in(tmp_path / "results") as token:
        assert token.seen
        token.path.write_text("something else")
        assert not token.seen
    assert not token.seen
    assert not list((tmp_path / "results").iterdir())


@pytest.mark.workers
def test_a_token_of_a_run_that_was_killed_is_removed_by_the_next_one(tmp_path: Path) -> None:
    code = (
        "import os, pathlib\n"
        "from inpaintbench.execution.engines.clusters.shipping import token_in\n"
        f"with token_in(pathlib.Path({str(tmp_path)!r})): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    [left] = tmp_path.iterdir()

    with token_in(tmp_path) as first, token_in(tmp_path) as second:
        assert set(tmp_path.iterdir()) == {first.path, second.path}
    assert not left.exists()


@pytest.mark.workers
def test_a_folder_of_a_node_that_was_killed_is_removed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    somebody = tmp_path / "inpaintbench-of-somebody"
    somebody.mkdir()
    killed = scratch()
    folder = killed.__enter__()
    (folder / "0").mkdir()
    with scratch() as other:
        assert set(tmp_path.iterdir()) == {somebody, folder, other}
    (folder / ".held").unlink()
    (folder / ".held").touch()  # of the same name, and nobody has locked it
    with scratch() as other:
        assert set(tmp_path.iterdir()) == {somebody, other}
    killed.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("allowed", "leased", "threads"), [("", 1, 1), ("", 1000, 0), ("1", 4, 0), ("4", 2, 2), ("4,2", 1, 1), ("", 0, 0)]
)
def test_a_lease_takes_no_more_threads_than_it_has_processors(allowed: str, leased: int, threads: int) -> None:
    given: dict[str, Any] = {"plugins": (), "path": (), "folder": "/", "variables": {}, "limits": Limits()}
    brief = Brief(**given, threads=allowed, deterministic=False)

    assert brief.sized(Lease("cpu", leased)).threads == threads


def test_code_that_differs_on_a_machine_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        def __init__(self, *_: object) -> None:
            pass

        def run(self, jobs: Any, watch: Watch) -> Generator[Outcome, None, None]:
            yield Outcome(jobs[0], StaleError("It has changed since the run was planned. Run the same command again."))

    said: list[Any] = []
    monkeypatch.setattr(remote, "LocalEngine", Engine)
    monkeypatch.setattr(remote.platform, "node", lambda: "node7")
    given: dict[str, Any] = {"plugins": (), "path": (), "folder": "/", "variables": {}, "limits": Limits()}
    remote.work([cell_job(0)], Brief(**given, threads="", deterministic=False), [], None, said.append)  # type: ignore

    [why] = said[0]["refused"]["arguments"]
    assert why.startswith("It has changed since the run was planned. That was on node7: unless")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.workers
def test_signals_that_end_a_process_interrupt_a_run(name: str) -> None:
    number = signal.Signals[name]
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interrupted_by_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


@pytest.mark.workers
def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupted_by_signals():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_checkpoint_arrives_as_it_was_sent(learn: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINTBENCH_CHECKPOINTS", str(tmp_path / "library"))
    learn(train=True)
    [card] = (tmp_path / "library").rglob("card.json")
    files = pack_checkpoint(card.parent)

    receive_checkpoint(files, tmp_path / "arrived")

    assert pack_checkpoint(tmp_path / "arrived") == files
    [cell] = Store(tmp_path / "out").scan()
    sha256 = cell.record.environment["checkpoint"]["sha256"]
    assert has_checkpoint(tmp_path / "arrived", sha256)
    assert not has_checkpoint(tmp_path / "arrived", "another")
    assert not has_checkpoint(tmp_path / "nowhere", sha256)
