"""The nursery: this process's hand on a fork server, which brings up workers quickly."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from types import TracebackType
from typing import Any, Final, Self

from inpaintbench.errors import WorkerError
from inpaintbench.execution.workers.channel import Channel, ClosedError, packed

IMPORTS: Final = (
    "inpaintbench.execution.workers.worker",
    "inpaintbench.decoding",
    "pandas",  # which pyarrow imports as soon as it is given a list
    "pyarrow.parquet",
    "scipy.ndimage",
    "torch.nn.functional",
)
"""What every worker needs."""

_END_SECONDS: Final = 10.0
_DEAD: Final = "The process that starts workers has died; run the same command again."


class Nursery:
    """A fork server, started at once; it imports while this process goes on."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # In the code, for a variable of the environment would reach whatever else a method starts.
            code = f"import sys; sys.path[:] = {[str(one) for one in sys.path if one]!r}; "
            code += f"from inpaintbench.execution.workers.forking import main; main({theirs.fileno()})"
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.orders = Channel(ours)
        self._unread: list[dict[str, Any]] = []
        self._busy = False
        self._tell({"is": "import", "modules": IMPORTS})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it, and all workers that still live."""
        self.orders.close()
        if not self._busy:
            self._process.kill()  # it has nothing to look after, and need not finish its imports
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def spawn(self) -> tuple[int, Channel, int]:
        """Bring up a worker; return its process's id, the channel to it, and the descriptor with what it prints.

        Raises:
            WorkerError: if the fork server has died.
        """
        self._busy = True
        ours, theirs = socket.socketpair()
        output, printed = os.pipe()
        born = False
        try:
            self._tell({"is": "spawn"}, theirs.fileno(), printed)
            while True:
                answer = self.orders.receive()
                if answer["is"] == "born":
                    born = True
                    return int(answer["pid"]), Channel(ours), output
                self._unread.append(answer)
        except ClosedError as error:
            raise WorkerError(_DEAD) from error
        finally:
            theirs.close()
            os.close(printed)
            if not born:  # if it is born yet, it finds nobody, and ends
                ours.close()
                os.close(output)

    def deaths(self, *, wait: bool = False) -> list[tuple[int, int]]:
        """Return the workers that have died since the last call: id, and exit code, negative for a signal.

        Args:
            wait: whether there is something to read, as `select` says; else nothing is read.

        Raises:
            WorkerError: if the fork server has died.
        """
        answers, self._unread = self._unread, []
        if wait:
            try:
                answers += self.orders.waiting()
            except ClosedError as error:
                raise WorkerError(_DEAD) from error
        # An interruption may have kept `spawn` from hearing of a birth, which then comes here.
        return [(answer["pid"], answer["code"]) for answer in answers if answer["is"] == "died"]

    def _tell(self, order: dict[str, Any], *descriptors: int) -> None:
        try:
            if descriptors:  # they go with the first bytes, and the rest of the message follows
                content = packed(order)
                sent = socket.send_fds(self.orders.end, [content], descriptors)
                self.orders.end.sendall(content[sent:])
            else:
                self.orders.send(order)
        except (ClosedError, OSError) as error:
            raise WorkerError(_DEAD) from error
