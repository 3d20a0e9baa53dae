"""A worker, as seen by whoever has started it: what it is at, what it has said and printed, and how it is ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from inpaintbench.errors import WorkerError
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.workers.channel import CUT_OFF, ClosedError, GarbledError
from inpaintbench.execution.workers.limits import Limits, kills_for_memory, memory_of
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.execution.workers.output import Output
from inpaintbench.records import Status

MEASURE_SECONDS: Final = 0.25
"""Between two looks at the memory of a worker."""

PREPARING_SECONDS: Final = 600.0
"""For so long nothing may be heard of pictures that are being prepared, where cells may not take as long as they like.

Otherwise preparing does not count for the time of a cell: where it takes longer than that, each cell would begin it,
and none would finish it.
"""


@dataclass(frozen=True)
class Verdict:
    """Why a worker had to be ended, or has died."""

    status: Status
    error: WorkerError


class Leash:
    """Holds one worker.

    Args:
        nursery: that brings it up.
        hello: what the worker is told first: its device, its plugins, its place.
        limits: for each of its jobs.

    Attributes:
        begun: whether images of its job have been scored, or could have been: what was to be forgotten is.
    """

    def __init__(self, nursery: Nursery, hello: Mapping[str, Any], limits: Limits) -> None:
        self._limits = limits
        self.process, self.channel, output = nursery.spawn()
        self.output = Output(output)
        self._heard = select.poll()  # `select.select` knows no descriptor from 1024 on
        self._heard.register(self.channel, select.POLLIN)
        self.job: Job | None = None
        self.environment: dict[str, Any] = {}
        self.verdict: Verdict | None = None
        self.dismissed = self._ending = False
        self.begun = False
        self._why = ""
        self._steps: tuple[signal.Signals, ...] = ()
        self._next_signal = self._next_look = self._since = self._clock = 0.0
        self._preparing = self._waiting = False
        self._last_heard = time.monotonic()
        self._kills = 0
        with contextlib.suppress(ClosedError):  # its death will be noticed
            self.channel.send({"is": "hello"} | dict(hello))

    def give(self, job: Job) -> None:
        """Let it do a job."""
        self.job, self.verdict, self._ending = job, None, False
        self._since = self._clock = time.monotonic()
        self._next_look, self._kills = 0.0, kills_for_memory()
        self.begun = self._preparing = self._waiting = False
        with contextlib.suppress(ClosedError):
            self.channel.send({"is": "job", "job": job.to_json()})

    @property
    def seconds(self) -> float:
        """For how long it has been at its job."""
        return time.monotonic() - self._since

    @property
    def silence(self) -> float:
        """For how many seconds nothing has been heard of it, which gives a sign of life each second."""
        return time.monotonic() - self._last_heard

    @property
    def _overdue(self) -> str:
        """Why its cell has had its time; nothing if it has not. A training may take as long as it likes."""
        limit, taken = self._limits.seconds, time.monotonic() - self._clock
        if not isinstance(self.job, CellJob) or limit is None or self._waiting:
            return ""
        if not self._preparing:
            return f"It took longer than {limit:g} seconds (--timeout), and was stopped." if taken > limit else ""
        longest = max(limit, PREPARING_SECONDS)
        said = f"Nothing was heard for {longest:g} seconds of the pictures that were being prepared; it was stopped."
        return said if taken > longest else ""

    def hear(self) -> list[dict[str, Any]]:
        """Return what it has said; what follows its death is that `Nursery.deaths` names it."""
        messages: list[dict[str, Any]] = []
        try:
            while self._heard.poll(0):
                messages += self.channel.waiting()
        except GarbledError:
            if not self._ending:
                said = "Something in the worker has written into its connection, of which nothing can be understood."
                self.end(Verdict("failed", WorkerError(said)), at_once=True)
        except ClosedError:
            pass
        if messages:
            self._last_heard = time.monotonic()
        for message in messages:
            self._note(message)
        return messages

    def _note(self, message: Mapping[str, Any]) -> None:
        """Take note of what concerns the worker itself."""
        match message["is"]:
            case "open":
                self.environment = message["environment"]
            case "broken":
                self._why = message["why"]
            case "progress":
                self.begun = True
            case "obtaining" | "preparing":
                self._preparing, self._waiting, self._clock = True, False, time.monotonic()
            case "waiting":
                self._waiting = True
            case "obtained":
                self._preparing, self._waiting, self._clock = False, False, time.monotonic()

    def tick(self) -> None:
        """End it, one step further each time, if its job takes more than it may."""
        now = time.monotonic()
        if self._ending or self.dismissed or self.job is None:
            self._push(now)
        elif why := self._overdue:
            self.end(Verdict("timeout", WorkerError(why)))
        elif self._limits.bytes is not None and now >= self._next_look:
            self._next_look = now + MEASURE_SECONDS
            if (taken := memory_of(self.process)) > self._limits.bytes:
                said = (
                    f"It took {taken / 1e9:.3g} GB of memory, and may take {self._limits.bytes / 1e9:.3g} (--memory)."
                )
                self.end(Verdict("oom", WorkerError(said)), at_once=True)

    def end(self, verdict: Verdict | None = None, *, at_once: bool = False) -> None:
        """Begin to end it: ask it to stop, then tell it to end, then kill it; `tick` goes on with that.

        Args:
            verdict: why; None if it is not to blame.
            at_once: whether to kill it right away.
        """
        self.verdict, self._ending = verdict, True
        self._steps = (signal.SIGKILL,) if at_once else (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        self._next_signal = 0.0
        self._push(time.monotonic())

    def died_of(self, code: int) -> Verdict | None:
        """Say what its death means for its job.

        Args:
            code: exit code of the process, negative for a signal.

        Returns:
            The verdict; None if somebody else has killed it, which says nothing of the job.
        """
        if self.verdict is not None:
            return self.verdict
        if -code in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            return None
        if code == -signal.SIGKILL:
            if kills_for_memory() == self._kills:
                return None
            return Verdict("oom", WorkerError("The system had no memory left, and killed the worker."))
        with contextlib.suppress(ValueError):
            name = signal.Signals(-code).name
            return Verdict(
                "failed", WorkerError(f"The worker was ended by the signal {name}: the process has crashed.")
            )
        if code == CUT_OFF:
            said = "The worker has lost its connection: something in it closes descriptors that are not its own."
            return Verdict("failed", WorkerError(said))
        said = f"The worker ended by itself, with the exit code {code}. {self._why}".rstrip()
        return Verdict("failed", WorkerError(said))

    def dismiss(self) -> None:
        """Let it go: it has nothing more to do, and should end by itself; if it does not, `tick` sees to that."""
        if not self.dismissed:
            self.dismissed, self.job = True, None
            self.channel.hang_up()
            if not self._ending:
                self._steps = (signal.SIGTERM, signal.SIGKILL)
                self._next_signal = time.monotonic() + self._limits.grace

    def close(self) -> None:
        """Give back what it held, once it is dead."""
        self.channel.close()
        self.output.close()

    def _push(self, now: float) -> None:
        """Take the next step towards its end, if it is time; the last one again and again."""
        if now < self._next_signal or not self._steps:
            return
        try:
            if self._steps[0] is signal.SIGINT:
                os.kill(self.process, self._steps[0])
            else:
                os.killpg(self.process, self._steps[0])
        except (ProcessLookupError, PermissionError):
            return  # it is dead, or so young that it leads no group yet: then this step is for the next tick
        self._steps = self._steps[1:] or self._steps
        self._next_signal = now + self._limits.grace
