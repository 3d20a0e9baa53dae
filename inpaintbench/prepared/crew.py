"""The processes that prepare parts of a split beside the one that was asked for it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from inpaintbench.prepared.parts import Done, Part
from inpaintbench.prepared.wanted import Wanted

MOST: Final = 15
"""So many processes at most; more would wait for the disk."""


def spare_processors() -> int:
    """Return how many processors this process may use besides the one that it runs on."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(count - 1, MOST)


class Crew:
    """Some worker processes, each with a thread of this process that hands it parts and takes its answers.

    A worker that dies, or cannot do a part, leaves the part to whoever asks `left_over`: this process, in which an
    error of a data set is raised where it can be caught.

    Args:
        wanted: what is prepared.
        path: of the file of pictures.
        parts: of which everyone takes the next one from the left.
        size: how many processes.
    """

    def __init__(self, wanted: Wanted, path: Path, parts: deque[Part], size: int) -> None:
        self._parts = parts
        self._answers: queue.SimpleQueue[Done | Part | None] = queue.SimpleQueue()
        self._told = json.dumps(
            {
                "name": wanted.name,
                "plugin": wanted.plugin,
                "items": wanted.items,
                "size": wanted.size,
                "path": str(path),
            }
        )
        self._processes: list[subprocess.Popen[str]] = []
        self._threads: list[threading.Thread] = []
        with contextlib.suppress(OSError, RuntimeError):  # no more processes or threads may be started: fewer help
            for _ in range(size):
                self._processes.append(self._start())
                thread = threading.Thread(target=self._serve, args=(self._processes[-1],), daemon=True)
                thread.start()
                self._threads.append(thread)
        self._working = len(self._threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes; whatever they were doing is not needed any more."""
        self._parts.clear()
        for position, process in enumerate(self._processes):
            if kind is not None or position >= len(self._threads):
                process.kill()
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.wait()

    def answers(self, *, wait: bool) -> Iterator[Done | Part]:
        """Yield what has been done, and the parts that this process has to do.

        Args:
            wait: whether to wait until all workers have ended; else only what has come in so far is returned.
        """
        while self._working:
            try:
                answer = self._answers.get(block=wait)
            except queue.Empty:
                return
            if answer is None:
                self._working -= 1
            else:
                yield answer

    def _start(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(one) for one in sys.path if one),  # it finds the plugins found here
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "inpaintbench.prepared.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment,
        )

    def _serve(self, process: subprocess.Popen[str]) -> None:
        """Hand parts to one worker until there are none, or it fails."""
        assert process.stdin is not None
        assert process.stdout is not None
        part: Part | None = None
        try:
            # Outermost what suppresses: closing a pipe to a dead process tries once more to write what is left.
            with contextlib.suppress(OSError, ValueError), process.stdin, process.stdout:
                process.stdin.write(self._told + "\n")
                process.stdin.flush()
                if not process.stdout.readline():
                    return
                while True:
                    try:
                        part = self._parts.popleft()
                    except IndexError:
                        return
                    process.stdin.write(json.dumps([part.start, part.stop]) + "\n")
                    process.stdin.flush()
                    answer = json.loads(process.stdout.readline())
                    self._answers.put(part if "failed" in answer else _done(part, answer))
                    part = None
        finally:
            if part is not None:
                self._answers.put(part)
            self._answers.put(None)


def _done(part: Part, answer: dict[str, Any]) -> Done:
    unreadable = {int(position): reason for position, reason in answer["unreadable"].items()}
    return Done(part, bytes.fromhex(answer["digests"]), unreadable)
