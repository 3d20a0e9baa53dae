"""Jobs done as tasks of a Ray cluster, each by a supervised worker of the node that Ray chooses.

Ray places tasks, and says when one has been lost with its node; it retries nothing. Time, memory and crashes of a job
are the business of the node's own supervision, as in a local run.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ray.exceptions import OutOfMemoryError, RayTaskError

from inpaintbench.errors import CheckpointError, StoreError, WorkerError
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.engines.backlog import Backlog
from inpaintbench.execution.engines.clusters.interruption import interrupted_by_signals
from inpaintbench.execution.engines.clusters.ledger import Ledger
from inpaintbench.execution.engines.clusters.ray.cluster import Cluster
from inpaintbench.execution.engines.clusters.ray.node import WANTS_WEIGHTS, Errand, do_errand
from inpaintbench.execution.engines.clusters.remote import UNFIT, Brief
from inpaintbench.execution.engines.clusters.shipping import Token, pack_checkpoint, place_cell, token_in
from inpaintbench.execution.engines.local import TICK_SECONDS
from inpaintbench.execution.jobs.job import CellJob, Job, TrainingJob
from inpaintbench.records import CellRecord

LARGEST_BUNDLE: Final = 8
"""So many jobs of one method make a task at most: a worker loads it once for them, and little is lost with a node."""

WAITING: Final = 16
"""So many tasks are with Ray beyond those that find a place: none of its nodes has to wait for this process."""

STOP_SECONDS: Final = 20.0
"""So long tasks may take to end when the run does: their supervision needs some seconds to end a stubborn worker."""

PLACE_SECONDS: Final = 15.0
"""If nothing is done for so long, it is looked for what the cluster lacks."""

_FOREIGN: Final = ("failed to import", "No module named", "cannot import name", "has no attribute", "unexpected key")
"""What Python says where it meets another version of this package, or none."""


@dataclass
class RayEngine:
    """Does jobs as tasks of a cluster.

    Attributes:
        cluster: that is connected.
        brief: what nodes are told of the run.
        results: the results folder.
        expected: seconds that jobs will take, by their numbers, as far as that is known.
    """

    cluster: Cluster
    brief: Brief
    results: Path
    expected: Mapping[int, float] = field(default_factory=dict)

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        """Do all jobs; see `Engine`."""
        folders = {_folder(job, self.results) for job in jobs}
        with ExitStack() as stack:
            tokens = {folder: stack.enter_context(token_in(folder)) for folder in folders}
            shift = _Shift(self, tokens, jobs, watch)
            stack.enter_context(interrupted_by_signals())
            try:
                yield from shift.work()
            finally:
                shift.close()


class _Shift:
    """One run of an engine."""

    def __init__(self, engine: RayEngine, tokens: Mapping[Path, Token], jobs: Sequence[Job], watch: Watch) -> None:
        self._engine, self._cluster, self._tokens, self._watch = engine, engine.cluster, tokens, watch
        self._backlog = Backlog(jobs, engine.expected)
        self._ledger = Ledger(jobs, watch)
        self._tasks: dict[Any, list[Job]] = {}  # what each is still to do
        self._begun: set[Any] = set()
        self._unfit: set[Any] = set()
        self._bundle = max(1, min(LARGEST_BUNDLE, len(jobs) // (4 * engine.cluster.slots)))
        self._weights: dict[str, Any] = {}
        self._sends_weights = False
        self._idle_since = time.monotonic()
        self._complained = False

    def work(self) -> Iterator[Outcome]:
        """Do all jobs."""
        while not self._ledger.done:
            for job in self._ledger.due():
                self._backlog.put_back(job)
            while len(self._backlog) and len(self._tasks) < self._cluster.slots + WAITING:
                yield from self._submit(self._take())
            for task, said, ended in self._cluster.heard(TICK_SECONDS):
                if task in self._tasks:  # else it is one of an earlier run
                    yield from self._end(task, said) if ended else self._hear(task, said)
            self._mind()
            self._watch.ticked()
        self._wait()  # all is said, and the tasks are about to end

    def close(self) -> None:
        """Have all tasks end, which keep what they have scored; a second interruption ends them at once."""
        try:
            self._cluster.cancel(self._tasks)
            self._wait()
        finally:
            self._cluster.cancel(self._tasks, at_once=True)

    def _wait(self) -> None:
        """Wait until all tasks have ended, but not for long."""
        self._cluster.cancel(self._unfit)  # they would stay for ever
        for task in self._cluster.ended(self._tasks, STOP_SECONDS):
            del self._tasks[task]
            self._unfit.discard(task)

    def _mind(self) -> None:
        """Tell once why nothing is done, if the cluster has no room; and let unfit places be tried again before."""
        working = self._begun - self._unfit or not self._tasks
        if working or time.monotonic() - self._idle_since < PLACE_SECONDS:
            self._idle_since = time.monotonic() if working else self._idle_since
            return
        self._idle_since = time.monotonic()
        self._cluster.cancel(self._unfit)
        if not self._unfit and not self._complained and (why := self._cluster.lack):
            self._complained = True
            self._watch.held(why)

    def _take(self) -> list[Job]:
        """Take some jobs of one method."""
        bundle: list[Job] = []
        while len(bundle) < self._bundle and (job := self._backlog.take(bundle[0].method if bundle else "")):
            if bundle and job.method != bundle[0].method:
                self._backlog.put_back(job)
                break
            bundle.append(job)
        return bundle

    def _submit(self, jobs: list[Job]) -> Iterator[Outcome]:
        """Give jobs to Ray; yield them if what they have learned cannot be read."""
        try:
            learned = {job.checkpoint: job.learned for job in jobs if isinstance(job, CellJob) and job.checkpoint}
            weights = {place: self._reference(place) for place in learned} if self._sends_weights else {}
        except CheckpointError as error:
            yield from (self._ledger.end(job, error) for job in jobs)
            return
        errand = Errand(
            jobs=tuple(jobs),
            brief=self._engine.brief,
            token=self._tokens[_folder(jobs[0], self._engine.results)],
            lease=self._cluster.lease,
            hashes={place: found.sha256 for place, found in learned.items() if found},
            weights=weights,
        )
        task = self._cluster.start(do_errand, errand, f"{jobs[0].method}, {len(jobs)} jobs")
        self._tasks[task] = jobs

    def _reference(self, place: str) -> Any:
        """Return a reference to the files of a checkpoint, which a node follows if it lacks them."""
        if place not in self._weights:
            self._weights[place] = self._cluster.keep(pack_checkpoint(Path(place)))
        return self._weights[place]

    def _hear(self, task: Any, messages: Sequence[Mapping[str, Any]]) -> Iterator[Outcome]:
        self._begun.add(task)
        for message in messages:
            jobs = self._tasks[task]
            if message["is"] == WANTS_WEIGHTS:
                self._sends_weights = True
                for job in self._ledger.left(jobs):
                    self._backlog.put_back(job)
                jobs.clear()
            elif message["is"] == UNFIT:
                self._unfit.add(task)
                self._watch.held(f"{message['message']} It is given nothing more while others work.")
                yield from self._ledger.lost(jobs, message["message"])
                jobs.clear()
            else:
                if message["is"] == "outcome":  # whatever becomes of the job, this task has done with it
                    self._tasks[task] = [job for job in jobs if job.number != message["job"]]
                if outcome := self._ledger.hear(message):
                    yield _brought(outcome, message["files"]) if "files" in message else outcome

    def _end(self, task: Any, error: Exception | None) -> Iterator[Outcome]:
        """Deal with the end of a task."""
        jobs = self._tasks.pop(task)
        self._begun.discard(task)
        self._unfit.discard(task)
        if error is None:
            yield from self._ledger.lost(jobs, "Its task ended without a word of it.")
        elif isinstance(error, OutOfMemoryError):
            yield from self._ledger.exhausted(jobs, f"Ray ended its task for want of memory: {_gist(error)}")
        elif isinstance(error, RayTaskError):
            yield from self._broken(jobs, error)
        else:
            yield from self._ledger.lost(jobs, f"Its node was lost, or Ray's process there: {_gist(error)}")

    def _broken(self, jobs: Sequence[Job], error: RayTaskError) -> Iterator[Outcome]:
        """Deal with what a task raised: that something has gone wrong on its node, or would go wrong on any."""
        where = f"Its node ({getattr(error, 'ip', None) or 'unknown'})"
        gist = _gist(error, last=True)
        if isinstance(error.cause, WorkerError):
            yield from self._ledger.lost(jobs, str(error.cause))
        elif any(words in str(error) for words in _FOREIGN):
            why = f"{where} cannot do it. Is the same version of inpaintbench installed there? {gist}"
            for job in self._ledger.left(jobs):
                yield self._ledger.end(job, Failure(status="failed", error=WorkerError(why)))
        else:
            yield from self._ledger.lost(jobs, f"{where} could not do it: {gist}")


def _folder(job: Job, results: Path) -> Path:
    """Return the folder that a node must see to do a job in place."""
    return Path(job.library) if isinstance(job, TrainingJob) else results


def _brought(outcome: Outcome, files: Mapping[str, bytes]) -> Outcome:
    """Put a cell that a node has done in a folder of its own in its place, and return what has become of it."""
    job, ended = outcome.job, outcome.ended
    if not isinstance(job, CellJob) or not isinstance(ended, CellRecord | Failure):
        return outcome
    try:
        place_cell(files, Path(job.folder), ended if isinstance(ended, CellRecord) else None)
    except StoreError as error:
        return Outcome(job, error)
    return outcome


def _gist(error: Exception, *, last: bool = False) -> str:
    """Return the line of what Ray says that says what has happened; the others advise those who program with it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1 if last else 0]
