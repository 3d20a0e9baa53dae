"""Trainings in workers: the same weights as in this process, and what kills one costs no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.checkpoints import Library
from inpaintbench.errors import UsageError
from inpaintbench.execution.training_jobs import train_with
from inpaintbench.results import Results

Learn = Callable[..., Results]


@pytest.fixture
def learn_in(learn: Learn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learn:
    """Return a function that runs `tiny` in workers, with results and checkpoints in a folder of its own."""

    def learn_in(where: str, **changes: Any) -> Results:
        monkeypatch.setenv("INPAINTBENCH_CHECKPOINTS", str(tmp_path / where / "checkpoints"))
        return learn(**{"out": tmp_path / where / "results", "isolation": "process"} | changes)

    return learn_in


@pytest.mark.workers
def test_a_worker_trains_what_this_process_would(learn_in: Learn) -> None:
    there = learn_in("workers")
    (trained,) = Library()
    here = learn_in("inline", isolation="none")
    (expected,) = Library()

    assert there.complete
    assert trained.sha256 == expected.sha256
    assert trained.card.key == expected.card.key
    assert there.folders[0].name == here.folders[0].name
    assert there.records().drop(columns="seconds").equals(here.records().drop(columns="seconds"))


@pytest.mark.slow
@pytest.mark.workers
def test_a_training_that_kills_its_worker_costs_its_own_cells(learn_in: Learn) -> None:
    results = learn_in("workers", methods=["tiny[fault=dies]", "tiny", "tiny[fault=raises]"])
    messages = {cell.record.method: (cell.record.error or {}).get("message", "") for cell in results.cells}

    assert not results.complete
    assert messages["tiny"] == ""
    assert messages["tiny[fault=dies]"] == (
        "tiny[fault=dies] × pictures is not trained. The worker ended by itself, with the exit code 3."
    )
    assert messages["tiny[fault=raises]"].endswith("is not trained. ValueError: the trainer is broken")
    assert {one.card.method: one.card.status for one in Library()} == {
        "tiny": "complete",
        "tiny[fault=raises]": "failed",
    }


def test_the_first_training_that_fails_ends_the_run_and_is_what_is_stored(
    learn_in: Learn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def last_first(engine: Any, to_train: Any, *how: Any, **more: Any) -> Any:
        return train_with(engine, to_train[::-1], *how, **more)

    monkeypatch.setattr("inpaintbench.execution.run.train_with", last_first)  # as where several work side by side
    methods = ["tiny", "tiny[fault=raises]", "tiny[width=4]"]
    results = learn_in("inline", isolation="none", methods=methods, fail_fast=True)
    (cell,) = results.cells

    assert cell.record.method == "tiny[fault=raises]"
    assert (cell.record.error or {})["message"].endswith("is not trained. ValueError: the trainer is broken")


@pytest.mark.workers
def test_a_leak_that_a_worker_finds_ends_the_run(learn_in: Learn) -> None:
    with pytest.raises(UsageError, match=r"The training picture train-2 of .* is the test picture test-1, pixel by p"):
        learn_in("workers", datasets=["pictures[fault=leak]"])


@pytest.mark.slow
@pytest.mark.workers
def test_two_workers_train_side_by_side(learn_in: Learn) -> None:
    results = learn_in("workers", methods=["tiny", "tiny[width=4]"], workers=2)

    assert results.complete
    assert sorted(one.card.method for one in Library()) == ["tiny", "tiny[width=4]"]
