"""What Slurm's queue says of tasks, and how they are cancelled.

Submitit itself asks Slurm's accounting, which not every cluster has, ten minutes apart, and waits for a preempted task
for ever. The queue names every task that waits or runs, and for some minutes those that have ended.
"""

from __future__ import annotations

import contextlib
import getpass
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from inpaintbench.errors import UsageError

LOOK_SECONDS: Final = 15.0
"""Between two looks at the queue: all users of a cluster ask the same process."""

_COMMAND: Final = ("squeue", "--noheader", "--array", "--states=all", "--format=%i|%T|%r", "--user")
_ANSWER_SECONDS: Final = 60.0
_ABSENT: Final = 2
"""Who is not in the queue at so many looks has left it."""

_ENDED: Final = (
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "TIMEOUT",
)  # fmt: skip
_MOST_NUMBERS: Final = 500
"""A command takes so many."""


@dataclass(frozen=True)
class Standing:
    """How a task stands.

    Attributes:
        state: in Slurm's words; empty if nothing is known.
        ended: whether it has.
        reason: why it waits, in Slurm's words.
    """

    state: str = ""
    ended: bool = False
    reason: str = ""


class Queue(Protocol):
    """Knows how tasks stand."""

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        """Look, unless the last time is less than so many seconds ago."""

    def standing(self, task: Any) -> Standing:
        """Return how one of submitit's jobs stood at the last look."""
        ...

    def cancel(self, tasks: Sequence[Any], *, wait: bool = True) -> None:
        """Cancel tasks.

        Args:
            tasks: submitit's jobs.
            wait: whether to wait until Slurm has heard it.
        """


class SlurmQueue:
    """The queue of a cluster, as `squeue` shows it.

    Raises:
        UsageError: if that does not work here.
    """

    def __init__(self) -> None:
        self._user = getpass.getuser()
        self._found: dict[str, Standing] = {}
        self._absent: Counter[str] = Counter()
        self._watched: set[str] = set()
        self._looked = time.monotonic()
        try:
            self._ask()
        except (OSError, subprocess.SubprocessError) as error:
            said = " ".join(str(getattr(error, "stderr", "") or error).split())
            raise UsageError(f"Slurm cannot be used here, for its command squeue does not work: {said}") from error

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        """Look, unless the last time is less than so many seconds ago. What fails says nothing of tasks."""
        if time.monotonic() - self._looked < seconds:
            return
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            found = self._ask()
            for number in self._watched:
                self._absent[number] = 0 if number in found else self._absent[number] + 1
            self._found = found
        self._looked = time.monotonic()

    def standing(self, task: Any) -> Standing:
        """Return how one of submitit's jobs stood at the last look; who has left a result has ended."""
        if has_result(task):
            return Standing("COMPLETED", ended=True)
        number = str(task.job_id)
        self._watched.add(number)
        if number not in self._found and self._absent[number] >= _ABSENT:
            return Standing("gone from the queue", ended=True)
        return self._found.get(number, Standing())

    def cancel(self, tasks: Sequence[Any], *, wait: bool = True) -> None:
        """Cancel tasks, by one command, which an interruption of this process does not reach."""
        numbers = sorted({str(task.job_id).partition("_")[0] for task in tasks})  # those of whole arrays: all are ours
        commands = [
            subprocess.Popen(
                ["scancel", *numbers[start : start + _MOST_NUMBERS]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            for start in range(0, len(numbers), _MOST_NUMBERS)
        ]
        for command in commands if wait else ():
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.wait(_ANSWER_SECONDS)

    def _ask(self) -> dict[str, Standing]:
        shown = subprocess.run(
            [*_COMMAND, self._user], capture_output=True, text=True, check=True, timeout=_ANSWER_SECONDS
        )
        return dict(_read(shown.stdout))


class LocalQueue:
    """The tasks of submitit's executors on this machine, which stand for a cluster in tests."""

    def look(self, seconds: float = 0.0) -> None:
        """Do nothing: they are asked for one by one."""

    def standing(self, task: Any) -> Standing:
        """Return how one of submitit's jobs stands."""
        return Standing(str(task.state), ended=task.done())

    def cancel(self, tasks: Sequence[Any], *, wait: bool = True) -> None:
        """Interrupt them."""
        for task in tasks:
            task.cancel(check=False)


def has_result(task: Any) -> bool:
    """Whether one of submitit's jobs has ended in order, or by raising."""
    with contextlib.suppress(OSError):  # a network's disk shows new files sooner if their folder has changed
        folder = task.paths.folder
        folder.chmod(folder.stat().st_mode)
    return bool(task.paths.result_pickle.exists())


def _read(shown: str) -> Iterator[tuple[str, Standing]]:
    for line in shown.splitlines():
        number, _, rest = line.strip().partition("|")
        state, _, reason = rest.partition("|")
        yield number, Standing(state, state.startswith(_ENDED), reason)
