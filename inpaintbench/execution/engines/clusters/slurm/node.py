"""What happens in a task of Slurm's, on its node: jobs are done under supervision, and are told of in a file."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from inpaintbench.errors import DeviceError, UsageError
from inpaintbench.execution.devices.leases import Lease
from inpaintbench.execution.engines.clusters.remote import Brief, describe_fatal, describe_unfit, work
from inpaintbench.execution.jobs.job import Job
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.execution.workers.probing import find_leases

STOPPED: Final = "stopped"
"""What a message is that says that a task has ended before its jobs, and why."""

BEAT_SECONDS: Final = 5.0
"""Between two signs of life of the run."""

PATIENCE_SECONDS: Final = 120.0
"""A run that gives no sign of life for so long has been killed. Networks' disks show changes up to a minute late."""

_WARNING: Final = f"SIG{os.environ.get('SUBMITIT_PREEMPT_SIGNAL', 'USR2')}"
"""What Slurm sends, as submitit asks for it, before a task's time is over, or when others need its place."""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a task is to do.

    Attributes:
        jobs: of one method.
        brief: what else is known of the run.
        options: `device` and `workers` say how the allocation is used.
        words: the file for what is said of the jobs.
        alive: the file that changes as long as the run lives.
    """

    jobs: tuple[Job, ...]
    brief: Brief
    options: Options
    words: Path
    alive: Path


def do_errand(errand: Errand) -> list[dict[str, Any]]:
    """Do a task's jobs on the node where it runs, and return what has become of them.

    All that is said goes to a file at once, so that whoever waits hears of it before the end.
    """
    vigil = Vigil(errand.alive)
    for number in (signal.SIGINT, signal.SIGTERM, signal.Signals[_WARNING]):  # submitit would pass over, and requeue
        signal.signal(number, vigil.wake)
    errand.brief.settle()
    ends: list[dict[str, Any]] = []
    with errand.words.open("a", encoding="utf-8") as file, Nursery() as nursery:

        def say(message: Mapping[str, Any]) -> None:
            file.write(json.dumps(message) + "\n")
            file.flush()
            if message["is"] in ("outcome", "fatal"):
                ends.append(dict(message))

        try:
            leases: Sequence[Lease] = find_leases(errand.options, nursery)
            work(errand.jobs, errand.brief, leases, nursery, say, vigil.look)
        except DeviceError as error:
            say(describe_unfit(error))
        except UsageError as error:
            say(describe_fatal(error))
        except StoppedError as error:
            say({"is": STOPPED, "why": f"Its Slurm task has ended: {error}"})
    return ends


class StoppedError(Exception):
    """A task has to end before its jobs have."""


class Vigil:
    """Watches, on a task's machine and by its clock, for whatever ends the task: a signal, or the end of its run.

    Args:
        path: of the file that changes as long as the run lives.
        clock: returns seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._sign = b""
        self._looked = self._changed = clock()
        self._why = ""
        self._over = False

    def wake(self, number: int, frame: object = None) -> None:
        """Handle a signal that tells the task to end: `look` will, between two words of it."""
        name = signal.Signals(number).name
        self._why = f"{name} told it to, for its time (timeout_min) is over, or somebody else takes its place."

    def look(self) -> None:
        """Look now and then whether the task has to end, and say so once: its workers have to be waited for.

        Raises:
            StoppedError: if a signal has come, or there has been no sign of life of the run for too long.
        """
        now = self._clock()
        if not self._why and now - self._looked >= BEAT_SECONDS:
            self._looked = now
            try:
                sign = self._path.read_bytes()  # a file that is opened is seen as it is; its times may be old
            except OSError:  # it has gone with the run, or the disk does not answer
                sign = self._sign
            if sign != self._sign:
                self._sign, self._changed = sign, now
            elif now - self._changed > PATIENCE_SECONDS:
                self._why = f"its run has given no sign of life for {PATIENCE_SECONDS:g} seconds."
        if self._why and not self._over:
            self._over = True
            raise StoppedError(self._why)


class Heart:
    """Gives the signs of life of a run, in a thread: whatever the run waits for, it lives.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="heart", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _go_on(self) -> None:
        for beat in itertools.count():
            with contextlib.suppress(OSError):  # such as of a full disk, of which the cells will tell
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.write_text(str(beat), encoding="ascii")
            if self._stop.wait(BEAT_SECONDS):
                return
