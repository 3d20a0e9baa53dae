"""Listening to all tasks of a Ray cluster at once, however many there are.

Ray can be asked which of some tasks have something to say, but then looks at every one of them each time. Here a thread
waits for each task's next word, and is woken by that alone: what it costs grows with what is said.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import Future
from typing import Any, NamedTuple


class Heard(NamedTuple):
    """What a task has said.

    Attributes:
        task: what it is known by.
        said: what it has yielded; what it has raised, or what has ended it; None at its end.
        ended: whether that was all.
    """

    task: Any
    said: Any
    ended: bool


class Ears:
    """Hears tasks, each of which is known by its generator of references."""

    def __init__(self) -> None:
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._listening: set[Future[None]] = set()  # a loop alone lets go of those who wait
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ears", daemon=True)
        self._thread.start()

    def listen_to(self, task: Any) -> None:
        """Hear what a task yields from now on."""
        listening = asyncio.run_coroutine_threadsafe(self._hear(task), self._loop)
        self._listening.add(listening)
        listening.add_done_callback(self._listening.discard)

    def heard(self, seconds: float) -> list[Heard]:
        """Wait until something is said, but not for longer, and return all that was said, in its order."""
        found: list[Heard] = []
        try:
            found.append(self._heard.get(timeout=seconds))
            while True:
                found.append(self._heard.get_nowait())
        except queue.Empty:
            return found

    def close(self) -> None:
        """Listen no more."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        self._thread.join()
        self._loop.close()

    async def _hear(self, task: Any) -> None:
        try:
            async for reference in task:
                self._heard.put(Heard(task, await reference, ended=False))
        except Exception as error:
            self._heard.put(Heard(task, error, ended=True))
        else:
            self._heard.put(Heard(task, None, ended=True))

    async def _stop(self) -> None:
        listening = asyncio.all_tasks() - {asyncio.current_task()}
        for one in listening:
            one.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        self._loop.stop()
