"""What the tests of faults share: `bench` as a process whose descendants can be found, and what a run should give."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import runpy
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import inpaintbench
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

HOSTILE: Final = Path(__file__).parent.parent / "plugins" / "hostile.py"
COMMAND: Final = Path(__file__).with_name("command.py")
SIDE, IMAGES, BATCH = 6, 24, 4
MARK: Final = "INPAINTBENCH_TEST_MARK"
PATIENCE: Final = 60.0
"""Seconds that are waited for what should come soon, on a busy machine."""

Bench = Callable[..., "Running"]


class Running:
    """One `bench` command, under way or over.

    Args:
        folder: in which its working directory is, and the results of `bench run`.
        arguments: of the command.
        customize: a `sitecustomize.py` for it and for what it starts.
    """

    def __init__(self, folder: Path, arguments: tuple[str, ...], customize: Path | None) -> None:
        self.folder, self.mark = folder, uuid.uuid4().hex
        self._seen: set[psutil.Process] = set()
        self._streams = folder / f".{self.mark}."
        self.out, self.place = folder / "out", folder / "place"
        self.place.mkdir(exist_ok=True)
        self.environment = {**os.environ, MARK: self.mark}
        given = {
            "folder": str(self.place),
            "arguments": [*arguments, *(["--out", str(self.out)] if arguments[0] == "run" else [])],
            "environment": self.environment,
            "customize": str(customize or ""),
            "streams": str(self._streams),
        }
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["inpaintbench.cli", "inpaintbench.execution.run", "pyarrow.parquet"])
        self.process = context.Process(target=runpy.run_path, args=(str(COMMAND), {"given": given}, "__main__"))
        self.process.start()

    @staticmethod
    def until(condition: Callable[[], object], seconds: float = PATIENCE) -> float:
        """Wait until a condition holds; return the seconds that it took.

        Raises:
            TimeoutError: if it does not hold in time.
        """
        since = time.monotonic()
        while not condition():
            if time.monotonic() - since > seconds:
                raise TimeoutError(f"what was waited for has not come within {seconds:g} s")
            time.sleep(0.005)
        return time.monotonic() - since

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the end, and return the exit code."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"it goes on after {seconds:g} s\n{self.err}"
        return self.process.exitcode

    @property
    def printed(self) -> str:
        """What it has printed, its lines joined."""
        return re.sub(r"\s+", " ", self._read("out"))

    @property
    def err(self) -> str:
        """What it has said while it ran."""
        return self._read("err")

    def _read(self, name: str) -> str:
        path = Path(f"{self._streams}{name}")
        return path.read_text() if path.exists() else ""

    @property
    def cells(self) -> dict[str, StoredCell]:
        """What is stored in the folder `out`, by the selectors of the methods."""
        return {cell.record.method: cell for cell in Store(self.out).scan()}

    def hostile(self, how: str) -> StoredCell:
        """Return the cell of one way to be hostile."""
        return self.cells[f"hostile[how={how}]"]

    def numbers(self, method: str = "honest") -> pa.Table:
        """Return the records of a method's images, but for their times."""
        return numbers(self.cells[method])

    @property
    def temporary(self) -> list[Path]:
        """Files that only a run that was stopped may leave, and what belongs to unfinished cells in finished ones."""
        finished = [cell.folder for cell in Store(self.out).scan() if cell.record.status == "complete"]
        unfinished = [folder / name for folder in finished for name in ("journal.jsonl", "samples.new", "failure.json")]
        written = [*self.out.rglob(".*.partial"), *self.out.rglob("images.parquet.new")]
        return [path for path in unfinished if path.exists()] + written

    @property
    def descendants(self) -> list[psutil.Process]:
        """All processes that it has started and that live, whoever their parent is by now."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark:
                    self._seen.add(process)
        return [process for process in self._seen if _lives(process)]

    @property
    def fork_server(self) -> psutil.Process:
        """The process that starts workers."""
        return next(one for one in self.descendants if one.ppid() == self.process.pid)

    @property
    def workers(self) -> list[psutil.Process]:
        """The processes that do its cells."""
        server = self.fork_server.pid
        return [one for one in self.descendants if one.ppid() == server]

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.descendants  # noqa: B018  one that is dying has no environment any more: it must have been seen before
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def end(self) -> None:
        """Leave nothing of it."""
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        for process in self.descendants:
            process.kill()


def _lives(process: psutil.Process) -> bool:
    """Say whether a process, or a thread of it, may hold a file yet."""
    try:
        if not process.is_running():
            return False
        return process.status() != psutil.STATUS_ZOMBIE or len([*Path(f"/proc/{process.pid}/task").iterdir()]) > 1
    except (psutil.NoSuchProcess, OSError):
        return False


def numbers(cell: StoredCell) -> pa.Table:
    """Return the records of a cell's images, but for their times."""
    return pq.read_table(cell.folder / "images.parquet").drop_columns("seconds")


@pytest.fixture(scope="session")
def suite() -> dict[str, Any]:
    """Return arguments of `inpaintbench.run`: 24 pictures of 16 pixels in six batches."""
    return {
        "datasets": [f"few[count={IMAGES}]"],
        "masks": [f"center_square[side={SIDE}]"],
        "metrics": ["psnr"],
        "size": 16,
        "plugins": [str(HOSTILE)],
        "device": "cpu",
        "batch_size": BATCH,
    }


@pytest.fixture(scope="session")
def options(suite: dict[str, Any]) -> list[str]:
    """Return the same as options of the command, with workers."""
    chosen = ["-d", *suite["datasets"], "-k", *suite["masks"], "--metric", "psnr", "--size", "16", "--device", "cpu"]
    return ["--plugin", str(HOSTILE), *chosen, "--batch-size", str(BATCH), "--isolation", "process"]


@pytest.fixture(scope="session")
def alone(suite: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """Return the numbers of `honest`, run by itself in this process."""
    out = tmp_path_factory.mktemp("alone")
    (cell,) = inpaintbench.run(**suite, methods="honest", out=out, isolation="none").cells
    assert cell.record.status == "complete"
    return numbers(cell)


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return a function that starts `bench` in a folder, which is a new one unless it is given."""
    all_running: list[Running] = []

    def start(*arguments: object, folder: Path | None = None, customize: Path | None = None) -> Running:
        running = Running(folder or tmp_path_factory.mktemp("run"), tuple(map(str, arguments)), customize)
        all_running.append(running)
        return running

    yield start
    for running in all_running:
        running.end()


@pytest.fixture(scope="session")
def limited(start: Bench, options: list[str]) -> Running:
    """Return a run, under way, of methods that take more time or memory than they may; they have four desks of five."""
    ways = ("sleeps", "sleeps_deaf", "swallows", "stops", "allocates", "much_for_large_batches")
    methods = [option for way in ways for option in ("-m", f"hostile[how={way}]")]
    limits = ("--workers", 5, "--timeout", "5s", "--memory", "600m")
    return start("run", *options, *methods, "-m", "honest", *limits)
