"""The backlog: which job comes next, so that methods are loaded seldom and nobody waits for the last one for long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean
from types import MappingProxyType

from inpaintbench.execution.jobs.job import Job

_NOTHING: Mapping[int, float] = MappingProxyType({})


class Backlog:
    """Jobs that nobody does yet, method by method.

    Args:
        jobs: in the order in which they are done where nothing else counts.
        expected: seconds that jobs will take, by their numbers, as far as that is known. A job of which nothing is
            known is taken for an average one.
    """

    def __init__(self, jobs: Iterable[Job], expected: Mapping[int, float] = _NOTHING) -> None:
        self._expected = expected
        self._unknown = fmean(expected.values()) if expected else 0.0
        self._jobs: dict[str, list[Job]] = {}
        self._total: dict[str, float] = {}
        for job in jobs:
            self.put_back(job)
        for waiting in self._jobs.values():
            waiting.reverse()  # jobs are taken from the end
            waiting.sort(key=self._seconds)  # those of which nothing is known keep their order

    def __len__(self) -> int:
        """Return how many jobs nobody does yet."""
        return sum(map(len, self._jobs.values()))

    def take(self, method: str = "", others: Iterable[str] = ()) -> Job | None:
        """Take the job that somebody should do next; None if there is none.

        Args:
            method: that this somebody has loaded.
            others: methods that others have loaded: they are joined only where no other method waits. Not looked at
                where `method` waits.
        """
        if not self._jobs:
            return None
        chosen = method if method in self._jobs else self._heaviest(others)
        job = self._jobs[chosen].pop()
        self._total[chosen] -= self._seconds(job)
        if not self._jobs[chosen]:
            del self._jobs[chosen], self._total[chosen]
        return job

    def put_back(self, job: Job) -> None:
        """Have a job done again, before others of its method."""
        self._jobs.setdefault(job.method, []).append(job)
        self._total[job.method] = self._total.get(job.method, 0.0) + self._seconds(job)

    def _heaviest(self, others: Iterable[str]) -> str:
        taken = set(others)
        free = [name for name in self._jobs if name not in taken]
        return max(free or self._jobs, key=self._total.__getitem__)

    def _seconds(self, job: Job) -> float:
        return self._expected.get(job.number, self._unknown)
