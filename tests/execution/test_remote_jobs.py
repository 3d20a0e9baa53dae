"""Jobs that are done elsewhere: what a loss means for them, and what goes from one machine to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import BusyError, StoreError, UsageError
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.engines.clusters.ledger import LOSSES, Ledger
from inpaintbench.execution.engines.clusters.remote import _Speaking, describe_outcome
from inpaintbench.execution.engines.clusters.shipping import (
    has_checkpoint,
    pack_cell,
    pack_checkpoint,
    place_cell,
    receive_checkpoint,
    token_in,
)
from inpaintbench.execution.jobs.job import CellJob, Job
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
    setattr(watch, name, lambda *words: told.append(words))
    ledger = Ledger([cell_job(7)], watch)
    there = _Speaking(lambda message: ledger.hear(json.loads(json.dumps(message))), lambda: None)

    getattr(there, name)(cell_job(7, batch_size=2), *what)

    assert told == [(cell_job(7, batch_size=2), *what)]


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
