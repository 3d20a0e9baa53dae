"""Data set `numbered`, for the tests of preparing: generated pictures, and faults in the process that is asked for."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, Parameter, Split
from inpaintbench.errors import DatasetError, UnreadableImageError

FAULTY = 200
"""The number of the item at which most faults happen: in the fourth part."""

PATIENCE = 60.0
"""Seconds after which a test has failed that waits for another process."""


class OwnError(Exception):
    """An exception that only this plugin knows."""


def in_worker() -> bool:
    """Whether this is not the process that was asked for the pictures."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name == "inpaintbench.prepared.worker"


class Numbered:
    """Pictures of 13 × 11 pixels, whose levels only their numbers decide.

    Args:
        count: of the pictures.
        fault: what goes wrong.
        path: a folder in which each load is noted. As long as it holds `closed`, the process that was asked loads
            nothing; as soon as it holds `open`, nobody is waited for.
        helpers: so many workers must be loading before any load ends.
        until: the item of this number must be met before any load ends of the process that was asked.
    """

    def __init__(self, count: int, fault: str, path: str, helpers: int, until: int) -> None:
        self.count, self.fault, self.helpers, self.until = count, fault, helpers, until
        self.folder = Path(path)

    def items(self, split: Split) -> Sequence[str]:
        return [f"{split}-{number:05}" for number in range(self.count)]

    def fingerprint(self, items: Sequence[str]) -> str:
        return "numbered"

    def load(self, item: str) -> NDArray[np.generic]:
        number = int(item[-5:])
        self._note(number)
        self._wait()
        self._fail(number)
        levels = (np.arange(13 * 11 * 3) * (7 + 2 * number) // 3 + number) % 256
        kind = np.float32 if self.fault == "picture" and number == FAULTY else np.uint8
        return levels.reshape(13, 11, 3).astype(kind)

    def _note(self, number: int) -> None:
        log = os.open(self.folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, f"{os.getpid()} {number}\n".encode())
        os.close(log)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "open").exists() and time.monotonic() < deadline:
            lines = [line.split() for line in (self.folder / "log").read_text().splitlines()]
            met = self.until < 0 or str(self.until) in {number for _, number in lines}
            may_go = in_worker() or (met and not (self.folder / "closed").exists())
            if may_go and len({pid for pid, _ in lines}) > self.helpers:
                return
            threading.Event().wait(0.005)
        assert time.monotonic() < deadline, "nobody opened the gate"

    def _fail(self, number: int) -> None:
        if self.fault == "unreadable" and number % 50 == 7:
            raise UnreadableImageError(f"number {number} is damaged")
        if self.fault == "mendable" and number == 7 and (self.folder / "damaged").exists():
            raise UnreadableImageError("number 7 is damaged")
        if number == FAULTY:
            self._fail_once()
        if self.fault == "talks" and in_worker():
            print("the plugin talks")
            os.write(1, b'{"digests": "", "unreadable": {}}\n')
            sys.stdin.read()
            subprocess.run(["cat"], check=True)
        if self.fault == "lingers" and in_worker() and threading.active_count() < 3:
            threading.Thread(target=threading.Event().wait).start()

    def _fail_once(self) -> None:
        match self.fault:
            case "dataset":
                raise DatasetError("the folder has gone")
            case "index":
                raise IndexError("pop from an empty deque")
            case "os":
                raise FileNotFoundError(2, "No such file or directory", "200.png")
            case "own":
                raise OwnError("as it is")
            case "exits":
                sys.exit(3)
            case "dies" if in_worker():
                os._exit(3)
            case "hangs" if in_worker():
                threading.Event().wait()


class Plain:
    """Data set `plain`: as many grey pictures of 64 × 64 pixels as are asked for, made in no time."""

    def __init__(self, count: int) -> None:
        self.count = count

    def items(self, split: Split) -> Sequence[str]:
        return [str(number) for number in range(self.count)]

    def fingerprint(self, items: Sequence[str]) -> str:
        return ""

    def load(self, item: str) -> NDArray[np.uint8]:
        return np.full((64, 64, 3), int(item) % 256, np.uint8)


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    count = Parameter(name="count", kind="integer", default=6, minimum=0, help="How many pictures.")
    numbered = (
        count,
        Parameter(name="fault", kind="text", default="none", help="What goes wrong."),
        Parameter(name="path", kind="path", help="Where loads are noted."),
        Parameter(name="helpers", kind="integer", default=0, help="How many other processes are waited for."),
        Parameter(name="until", kind="integer", default=-1, help="Which item is waited for."),
    )
    return [
        DatasetSpec(name="numbered", target=f"{__name__}:Numbered", summary="Numbered pictures.", parameters=numbered),
        DatasetSpec(name="plain", target=f"{__name__}:Plain", summary="Grey pictures.", parameters=(count,)),
    ]
