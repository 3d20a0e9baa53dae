"""Jobs done by supervised workers of this machine: one for each device, or several that share the processors."""

from __future__ import annotations

import contextlib
import selectors
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from inpaintbench.cell_writer import CellWriter
from inpaintbench.checkpoints import Checkpoint
from inpaintbench.errors import StaleError, StoreError, WorkerError
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.engines.backlog import Backlog
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.telling.listener import SILENCE_SECONDS
from inpaintbench.execution.workers.channel import revive
from inpaintbench.execution.workers.leash import Leash, Verdict
from inpaintbench.execution.workers.limits import Limits
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.records import CellRecord

TICK_SECONDS: Final = 0.1
"""The longest wait between two looks at the clock and at workers' memory."""


@dataclass
class Desk:
    """A place for a worker.

    Attributes:
        hello: what each of its workers is told first.
        leash: on the present one; None if there is none.
        method: that this one has loaded.
        next: the job that waits until a worker sits here that can do it.
        quiet: the job in which the worker has fallen silent, if it has.
    """

    hello: Mapping[str, Any]
    leash: Leash | None = None
    method: str = ""
    next: Job | None = None
    quiet: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a job is being done here, or about to be."""
        return self.next is not None or (self.leash is not None and self.leash.job is not None)


@dataclass
class LocalEngine:
    """Does jobs in workers.

    Attributes:
        nursery: that brings them up.
        hellos: what the workers of each desk are told first; as many work at once.
        limits: for each job.
        expected: seconds that jobs will take, by their numbers, as far as that is known.
    """

    nursery: Nursery
    hellos: Sequence[Mapping[str, Any]]
    limits: Limits = field(default_factory=Limits)
    expected: Mapping[int, float] = field(default_factory=dict)

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        """Do all jobs; see `Engine`."""
        shift = _Shift(self, jobs, watch)
        try:
            yield from shift.work()
        except BaseException:
            shift.stop()
            raise
        finally:
            shift.close()


class _Shift:
    """One run of an engine."""

    def __init__(self, engine: LocalEngine, jobs: Sequence[Job], watch: Watch) -> None:
        self._engine, self._watch = engine, watch
        self._backlog = Backlog(jobs, engine.expected if len(engine.hellos) > 1 else {})
        self._desks = [Desk(hello) for hello in engine.hellos]
        self._killed: Counter[int] = Counter()
        self._dead: list[tuple[int, int]] = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(engine.nursery.orders, selectors.EVENT_READ)

    def work(self) -> Iterator[Outcome]:
        """Do all jobs."""
        while True:
            for desk in self._desks:
                if not desk.busy:
                    self._assign(desk)
            if not any(desk.busy for desk in self._desks):
                return
            yield from self._turn()

    def stop(self) -> None:
        """End all workers; a second interruption meanwhile kills them."""
        for desk in self._desks:
            desk.next = None
            if desk.leash is not None and not desk.leash.dismissed:
                desk.leash.end(at_once=not desk.busy)
        try:
            self._wait_for_deaths()
        except KeyboardInterrupt:
            self._engine.nursery.close()
            for desk in self._desks:
                self._leave(desk)

    def close(self) -> None:
        """Let all workers go."""
        for desk in self._desks:
            if desk.leash is not None:
                desk.leash.dismiss()
        with contextlib.suppress(WorkerError):
            self._wait_for_deaths()
        self._selector.close()

    def _wait_for_deaths(self) -> None:
        while any(desk.leash is not None for desk in self._desks):
            for _ in self._turn(heard=False):
                pass

    def _assign(self, desk: Desk) -> None:
        """Give a desk its next job; let its worker go if there is none."""
        others = (other.method for other in self._desks if other is not desk and other.leash)
        desk.next = self._backlog.take(desk.method, others)
        if desk.next is not None:
            self._watch.started(desk.next)
            self._seat(desk)
        elif desk.leash is not None:
            desk.leash.dismiss()

    def _seat(self, desk: Desk) -> None:
        """Give the job that waits at a desk to its worker, or to a new one once the present one has left."""
        if desk.next is None:
            return
        if desk.leash is None:
            desk.leash, desk.method = Leash(self._engine.nursery, desk.hello, self._engine.limits), desk.next.method
            self._selector.register(desk.leash.channel, selectors.EVENT_READ, desk)
            self._selector.register(desk.leash.output, selectors.EVENT_READ, desk)
        if desk.method != desk.next.method or desk.leash.verdict is not None:
            desk.leash.dismiss()  # one method's state does not reach the next one
        if not desk.leash.dismissed:
            job, desk.next = desk.next, None
            desk.leash.give(job)

    def _leave(self, desk: Desk) -> None:
        """Put away what is left of a desk's worker, which is dead."""
        if desk.leash is not None:
            for source in (desk.leash.channel, desk.leash.output):
                with contextlib.suppress(KeyError):
                    self._selector.unregister(source)
            desk.leash.close()
        desk.leash, desk.method = None, ""

    def _turn(self, *, heard: bool = True) -> Iterator[Outcome]:
        """Wait until something happens, or for a moment, and deal with it.

        Args:
            heard: whether what workers say counts still.
        """
        self._dead += self._engine.nursery.deaths()
        for key, _ in self._selector.select(0 if self._dead else TICK_SECONDS):
            desk: Desk | None = key.data
            if desk is None:
                self._dead += self._engine.nursery.deaths(wait=True)
            elif desk.leash is not None and key.fileobj is desk.leash.output:
                if not desk.leash.output.read():
                    self._selector.unregister(desk.leash.output)
            elif desk.leash is not None:
                yield from self._listen(desk, heard=heard)
        while self._dead:  # whoever goes no further than one of these outcomes has to come back to the others
            process, code = self._dead[0]
            for desk in self._desks:
                if desk.leash is not None and desk.leash.process == process:
                    yield from self._listen(desk, heard=heard)
                    yield from self._bury(desk, code, heard=heard)
            del self._dead[0]
        for desk in self._desks:
            if desk.leash is not None:
                desk.leash.tick()
            self._mind(desk)
        self._watch.ticked()

    def _mind(self, desk: Desk) -> None:
        """Tell when a worker falls silent in its job, and when it is heard of again."""
        leash = desk.leash
        job = None if leash is None or leash.dismissed else leash.job
        quiet = job if leash is not None and leash.silence > SILENCE_SECONDS else None
        if job is not None and quiet is not desk.quiet:
            if quiet is not None:
                self._watch.fell_silent(job)
            elif desk.quiet is job:
                self._watch.spoke_again(job)
        desk.quiet = quiet

    def _listen(self, desk: Desk, *, heard: bool) -> Iterator[Outcome]:
        assert desk.leash is not None
        for message in desk.leash.hear():
            job = desk.leash.job
            if job is None or not heard:
                continue
            match message["is"]:
                case "refused":
                    desk.leash.dismiss()
                    yield Outcome(job, revive(message))
                case "fatal":
                    desk.leash.job = None
                    raise revive(message)
                case "done":
                    yield from self._done(desk, job, message)
                case "trained":
                    desk.leash.dismiss()  # what its plugin has imported and set is to be imported and set for each
                    found = Checkpoint.at(Path(message["folder"]))
                    yield Outcome(job, found or StaleError(f"The checkpoint of {job.title} has gone."))
                case _:
                    self._watch.hear(job, message)

    def _done(self, desk: Desk, job: Job, message: Mapping[str, Any]) -> Iterator[Outcome]:
        assert desk.leash is not None
        record = CellRecord.from_json(message["record"])
        desk.leash.output.read()
        if (said := desk.leash.output.take()) and isinstance(job, CellJob):
            with contextlib.suppress(StoreError):
                CellWriter(Path(job.folder)).log(f"It printed:\n{said}")
        desk.leash.job = None
        if record.status != "complete" or message["changed"]:
            desk.leash.dismiss()  # the next cell is to meet what it would meet by itself
        halved = job.halved() if record.status == "oom" else None
        if halved is None:
            yield Outcome(job, record)
        else:
            self._again(desk, halved.carried_on(), (record.error or {}).get("message", ""))

    def _bury(self, desk: Desk, code: int, *, heard: bool) -> Iterator[Outcome]:
        """Deal with a worker's death."""
        leash = desk.leash
        assert leash is not None
        leash.output.read()
        job, said = leash.job, leash.output.take()
        timing: dict[str, Any] = {"seconds_per_image": None, "wall_seconds": leash.seconds}
        verdict = leash.died_of(code)
        if job is not None and leash.begun:
            job = job.carried_on()
        self._leave(desk)
        if job is None or not heard:
            self._seat(desk)
        elif verdict is None and not self._killed[job.number]:
            self._killed[job.number] += 1
            self._again(desk, job, "Its worker was killed from outside.")
        else:
            verdict = verdict or Verdict("failed", WorkerError("Its worker was killed from outside, twice."))
            halved = job.halved() if verdict.status == "oom" else None
            if halved is not None:
                self._again(desk, halved, str(verdict.error))
                return
            if isinstance(job, CellJob):
                timing |= {"batch_size": job.batch_size, "exhausted_batch_sizes": list(job.exhausted)}
            how: dict[str, Any] = {"said": said, "environment": leash.environment, "timing": timing}
            yield Outcome(job, Failure(status=verdict.status, error=verdict.error, **how))

    def _again(self, desk: Desk, job: Job, why: str) -> None:
        """Do a job once more, in a new worker."""
        self._watch.retried(job, why)
        if desk.leash is not None:
            desk.leash.dismiss()
        desk.next = job
        self._seat(desk)
