"""The fork server: a process that has imported all that is slow to import, and forks workers that need not.

It starts no thread and touches no device, so that what it forks can do both. Orders come over a channel, with the two
descriptors that a worker is given: its end of a channel, and where its output goes. Each worker leads a session of its
own, so that no key of a terminal reaches it, and that all of it can be ended at once. When a worker has died, so does
what it has left behind; when whoever gives the orders has died, so does everyone.

Where forking is not safe once libraries are loaded (macOS), workers are started as new processes, which import for
themselves.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import traceback
from typing import Any, Final

import psutil

from inpaintbench import provenance
from inpaintbench.execution.workers.channel import Channel, ClosedError

FORKS: Final = sys.platform == "linux"
MARK: Final = "_INPAINTBENCH_WORKER"
"""The variable by which what a worker has started is known for its own, wherever that has gone."""

_PR_SET_CHILD_SUBREAPER: Final = 36
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


class Orders(Channel):
    """A channel on which descriptors come with messages."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end)
        self._descriptors: list[int] = []

    def take(self) -> tuple[int, int]:
        """Return the two descriptors that came with the message just received."""
        (first, second), self._descriptors = self._descriptors[:2], self._descriptors[2:]
        return first, second

    def _read(self) -> None:
        try:
            content, descriptors, _, _ = socket.recv_fds(self.end, 1 << 16, 16)
        except OSError as error:
            raise ClosedError(str(error)) from error
        self._descriptors += descriptors
        if not content:
            raise ClosedError("the other end was closed")
        self._received += content


class ForkServer:
    """Forks workers, and says when they have died.

    Args:
        orders: from whoever has started it.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._workers: dict[int, str] = {}
        self._awake, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # so that a child's death wakes `select`
        if FORKS:
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            _keep_freed_memory()

    def serve(self) -> None:
        """Follow orders until nobody is there to give them; then end all workers."""
        try:
            while True:
                ready, _, _ = select.select([self._orders.fileno(), self._awake], [], [])
                if self._awake in ready:
                    os.read(self._awake, 1 << 12)
                    self._bury()
                if self._orders.fileno() in ready:
                    for order in self._orders.waiting():
                        self._follow(order)
        except ClosedError:
            for worker in tuple(self._workers):
                _end_session(worker)
            self._end_orphans()

    def _follow(self, order: dict[str, Any]) -> None:
        match order["is"]:
            case "import":
                _import(order["modules"])
            case "spawn":
                channel, output = self._orders.take()
                mark = secrets.token_hex(8)
                worker = self._fork(channel, output, mark) if FORKS else _start(channel, output, mark)
                os.close(channel)
                os.close(output)
                self._workers[worker] = mark
                self._orders.send({"is": "born", "pid": worker})

    def _fork(self, channel: int, output: int, mark: str) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        worker = os.fork()
        if worker:
            return worker
        code = 1
        try:
            os.setsid()
            os.environ[MARK] = mark
            self._orders.close()
            signal.set_wakeup_fd(-1)
            os.close(self._awake)
            os.close(self._wake)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            _redirect(output)
            code = run_worker(channel)
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)  # what the server has registered for its own end is none of the worker's business

    def _bury(self) -> None:
        """Take note of the dead, and end what they have left behind."""
        while True:
            try:
                dead, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if dead == 0:
                return
            if dead in self._workers:
                mark = self._workers.pop(dead)
                _end_session(dead)
                self._end_orphans(mark if self._workers else None)
                self._orders.send({"is": "died", "pid": dead, "code": os.waitstatus_to_exitcode(status)})

    def _end_orphans(self, mark: str | None = None) -> None:
        """End what workers have started outside of their sessions: it has become a child of this process.

        Args:
            mark: of the worker that it is about; None for all. A child that was forked, and runs no other program, has
                no mark, and is ended with the last worker.
        """
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if child.pid not in self._workers and (mark is None or child.environ().get(MARK) == mark):
                    child.kill()


def run_worker(channel: int) -> int:
    """Be a worker until there is nothing more to do; return the exit code."""
    from inpaintbench.execution.workers.worker import Worker

    return Worker(Channel(socket.socket(fileno=channel))).run()


def _start(channel: int, output: int, mark: str) -> int:
    """Start a worker as a new process, and return its id."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import run_worker; sys.exit(run_worker({channel}))"
    started = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=[channel],
        start_new_session=True,
        env={**os.environ, MARK: mark},
    )
    started.returncode = 0  # its death is noticed here, not by the object
    return started.pid


def _keep_freed_memory() -> None:
    """Have workers keep up to 128 MiB that they have freed, and take blocks of up to 32 MiB, glibc's limit, from it.

    Each batch's tensors would be given back to the system and asked for again, page by page, which on a CPU takes a
    fifth of the processor's time. Other C libraries have no such function.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, 128 << 20)
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 32 << 20)


def _redirect(output: int) -> None:
    """Let all that is printed go to a descriptor, and nothing be read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)


def _import(modules: list[str]) -> None:
    """Import what workers will need; what cannot be imported is theirs to complain about."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    with contextlib.suppress(Exception):
        provenance.commit()  # both are remembered, and every worker will ask
        provenance.core_digest()
    gc.collect()
    gc.freeze()  # a collection in a worker would write to, and so copy, every page that it shares


def _end_session(leader: int) -> None:
    """Kill every process of a worker's session."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == leader:
                process.kill()


def main(descriptor: int) -> None:
    """Run the fork server, whose orders come over this descriptor."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # Ray blocks SIGINT, by which workers are asked to stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever gives the orders decides when to end
    ForkServer(Orders(socket.socket(fileno=descriptor))).serve()
    os._exit(0)  # it has nothing to put away, and to unload all that it has imported takes a quarter of a second
