"""Which job comes next."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from inpaintbench.execution.engines.backlog import Backlog
from inpaintbench.execution.jobs.job import TrainingJob


def job(number: int, method: str) -> TrainingJob:
    return TrainingJob(
        number=number, method=method, dataset="d", mask="", size=16, key=str(number), library="l", title="t"
    )


def order(backlog: Backlog, method: str = "", others: Iterable[str] = ()) -> list[int]:
    """Return the numbers of the jobs that one worker takes, one after the other."""
    taken = []
    while (one := backlog.take(method, others)) is not None:
        taken.append(one.number)
        method = one.method
    return taken


def test_without_times_methods_and_jobs_come_as_they_were_given() -> None:
    assert order(Backlog([job(0, "a"), job(1, "a"), job(2, "a")])) == [0, 1, 2]
    alike = Backlog([job(0, "a"), job(1, "b"), job(2, "a"), job(3, "b")])
    assert order(alike) == [0, 2, 1, 3]  # method by method


def test_the_method_that_takes_longest_comes_first_and_so_does_its_longest_job() -> None:
    backlog = Backlog([job(0, "a"), job(1, "b"), job(2, "b"), job(3, "c")], {0: 5.0, 1: 2.0, 2: 4.0, 3: 5.5})
    assert order(backlog) == [2, 1, 3, 0]  # b: 6 s in all, c: 5.5 s, a: 5 s


def test_what_is_loaded_goes_before_what_takes_longer() -> None:
    backlog = Backlog([job(0, "a"), job(1, "b"), job(2, "a")], {0: 1.0, 1: 50.0, 2: 1.0})
    first = backlog.take("a")
    assert first is not None
    assert first.number == 0


def test_two_workers_share_a_method_only_where_no_other_waits() -> None:
    backlog = Backlog([job(0, "a"), job(1, "a"), job(2, "b")], {0: 9.0, 1: 9.0, 2: 1.0})
    numbers = [taken.number for method in (("",), ("a",), ("a", "b")) if (taken := backlog.take("", method))]
    assert numbers == [0, 2, 1]


def test_what_has_been_done_no_longer_counts_for_its_method() -> None:
    backlog = Backlog([job(0, "a"), job(1, "a"), job(2, "b")], {0: 9.0, 1: 1.0, 2: 5.0})
    numbers = [taken.number for _ in range(3) if (taken := backlog.take())]
    assert numbers == [0, 2, 1]  # a has 10 s, then 1 s


def test_a_job_that_is_put_back_comes_before_others_of_its_method() -> None:
    backlog = Backlog([job(0, "a"), job(1, "a"), job(2, "a")])
    first = backlog.take()
    assert first is not None
    assert len(backlog) == 2
    backlog.put_back(first)
    assert len(backlog) == 3
    assert order(backlog) == [0, 1, 2]


def test_a_job_can_be_put_back_into_a_backlog_that_is_empty() -> None:
    backlog = Backlog([job(0, "a")], {0: 3.0})
    first = backlog.take()
    assert first is not None
    assert backlog.take() is None
    backlog.put_back(first)
    assert order(backlog) == [0]
    assert len(backlog) == 0


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_every_job_is_taken_once(workers: int) -> None:
    jobs = [job(number, f"method-{number % 5}") for number in range(23)]
    backlog = Backlog(jobs, {number: (number * 7) % 11 for number in range(0, 23, 2)})
    loaded, taken = [""] * workers, []
    while len(backlog):
        for desk in range(workers):
            if (one := backlog.take(loaded[desk], loaded[:desk] + loaded[desk + 1 :])) is not None:
                loaded[desk] = one.method
                taken.append(one.number)
    assert sorted(taken) == [*range(23)]
