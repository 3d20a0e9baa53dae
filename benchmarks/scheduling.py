"""How many cells a second can be handed out to 1,000 workers that do nothing. Prints Markdown tables.

`python -m benchmarks.scheduling` from the repository root, on a machine with two processors that does nothing else. All
of the supervisor is real: backlog, desks, leashes, sockets, messages, records of the usual length. The workers are not:
one process, the crowd, holds the other ends of all channels, takes each job, and answers after a given time with a
record that it has been given at the start. It speaks to the supervisor as the fork server does.

With `--engine ray` a cluster of this machine alone takes the supervisor's place. The engine, its ledger, Ray, and the
records that travel are real; that the cluster has so many places is pretended: as many tasks are with Ray as if it
were so, and two processes do them, one after the other.
"""

from __future__ import annotations

import heapq
import os
import random
import resource
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click

from benchmarks.harness import make_pictures, print_table
from inpaintbench.execution.engines import Outcome, Watch
from inpaintbench.execution.engines.local import LocalEngine
from inpaintbench.execution.jobs.job import CellJob
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.channel import Channel, ClosedError, packed
from inpaintbench.execution.workers.forking import Orders
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.records import CellRecord

METHODS: Final = 100
NO_PROCESS: Final = 10**8
"""Numbers from here on name workers: no system gives them to a process, so that no signal reaches one."""

_LENGTH: Final = struct.Struct("!I")
_JOB: Final = packed({"is": "job"})[_LENGTH.size : -1]
"""How a message with a job begins."""


@click.command()
@click.option("--cells", default=100_000, show_default=True, help="That take no time.")
@click.option("--gpus", multiple=True, type=int, default=[1, 10, 100, 1000], show_default=True, help="Repeatable.")
@click.option("--seconds", multiple=True, type=float, default=[1.0, 0.5, 0.2, 0.1], show_default=True, help="A cell.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True)
@click.option("--timed-cells", default=20_000, show_default=True, help="That take these seconds, on the most GPUs.")
def main(cells: int, gpus: tuple[int, ...], seconds: tuple[float, ...], engine: str, timed_cells: int) -> None:
    """Measure all, and print it."""
    if engine == "ray":
        measure_ray(cells, gpus)
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a worker needs a socket and a pipe at each end
    record = a_record()
    print(f"Records of {len(packed(record.to_json()))} bytes, {METHODS} methods.\n")
    rows = []
    for count in gpus:
        wall, own, memory = simulate(count, cells, 0.0, record)
        rows.append(
            [f"{count:,}", f"{cells:,}", f"{wall:.1f}", f"{cells / wall:,.0f}", f"{own / wall:.0%}", f"{memory}"]
        )
    heads = ["GPUs", "cells", "wall (s)", "cells a second", "the supervisor's processor is busy", "its memory (MiB)"]
    print_table(heads, rows)
    rows = []
    for duration in seconds:
        wall, own, _ = simulate(max(gpus), timed_cells, duration, record)
        ideal = timed_cells * duration / max(gpus)
        rows.append([f"{duration:g}", f"{timed_cells / wall:,.0f}", f"{ideal / wall:.0%}", f"{own / wall:.0%}"])
    print(f"{timed_cells:,} cells on {max(gpus):,} GPUs.\n")
    print_table(
        ["seconds a cell", "cells a second", "GPUs that are busy", "the supervisor's processor is busy"],
        rows,
    )


def measure_ray(cells: int, places: tuple[int, ...]) -> None:
    """Have cells done that do nothing by a cluster that pretends to have so many places, and print how it went."""
    from inpaintbench.execution.engines.clusters.ray.cluster import Cluster
    from inpaintbench.execution.engines.clusters.ray.engine import LARGEST_BUNDLE, RayEngine
    from inpaintbench.execution.engines.clusters.remote import Brief, describe_outcome
    from inpaintbench.plugins import load_registry

    record = a_record()

    def answer(errand: Any) -> Iterator[list[dict[str, Any]]]:
        for job in errand.jobs:
            named = {"job": job.number, "batch_size": job.batch_size, "exhausted": []}
            words = [{"is": "started", **named}, {"is": "progress", **named, "images": 1}]
            yield [*words, describe_outcome(Outcome(job, record))]

    class Pretending(Cluster):
        slots = 1

        def start(self, function: Callable[[Any], Iterator[Any]], given: Any, name: str) -> Any:
            return super().start(answer, given, name)

    rows = []
    options = Options(engine="ray", isolation="process", device="cpu", workers=2)
    brief = Brief.of(load_registry(), options)
    with Pretending(options) as cluster, TemporaryDirectory() as folder:
        for count in (2, *places):
            Pretending.slots = count
            jobs = [a_job(number, record) for number in range(cells)]
            started, used = time.perf_counter(), time.process_time()
            outcomes = RayEngine(cluster, brief, Path(folder)).run(jobs, Watch())
            done = sum(outcome.ended.status == "complete" for outcome in outcomes)  # type: ignore[union-attr]
            wall, own = time.perf_counter() - started, time.process_time() - used
            if done != cells:
                raise SystemExit(f"{done} of {cells} cells were done.")
            bundle = max(1, min(LARGEST_BUNDLE, cells // (4 * count)))
            rows.append([f"{count:,}", f"{bundle}", f"{wall:.1f}", f"{cells / wall:,.0f}", f"{own / wall:.0%}"])
    heads = ["places", "cells a task", "wall (s)", "cells a second", "the engine's processor is busy"]
    print(f"{cells:,} cells.\n")
    print_table(heads, rows)


def simulate(gpus: int, cells: int, seconds: float, record: CellRecord) -> tuple[float, float, int]:
    """Do cells; return the seconds it took, the supervisor's processor seconds, and its memory in MiB."""
    draw = random.Random(0)
    expected = {number: draw.expovariate(1.0) for number in range(cells)}
    jobs = [a_job(number, record) for number in range(cells)]
    with Crowd(record, seconds) as crowd:
        engine = LocalEngine(crowd, [{"device": "cpu"}] * gpus, expected=expected)
        started, used = time.perf_counter(), time.process_time()
        done = sum(outcome.ended.status == "complete" for outcome in engine.run(jobs, Watch()))  # type: ignore[union-attr]
        wall, own = time.perf_counter() - started, time.process_time() - used
    if done != cells:
        raise SystemExit(f"{done} of {cells} cells were done.")
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return wall, own, pages * resource.getpagesize() // 2**20


def a_job(number: int, record: CellRecord) -> CellJob:
    """Return a job as long as real ones; its method is one of many."""
    return CellJob(
        number=number,
        method=f"method_{number % METHODS}",
        dataset=record.dataset,
        mask=record.mask,
        metrics=tuple(metric.name for metric in record.metrics),
        size=record.size,
        seed=record.seed,
        limit=record.limit,
        key=record.key,
        folder=f"/nowhere/results/cells/method_{number % METHODS}/{record.dataset}/{record.mask}/{record.key}",
        checkpoint="",
        shipped=False,
        batch_size=64,
        exhausted=(),
        samples=4,
        strict=False,
        anew=False,
    )


def a_record() -> CellRecord:
    """Return the record of a cell, as a run of one leaves it."""
    import inpaintbench

    with TemporaryDirectory() as name:
        make_pictures(Path(name) / "pictures", 1)
        results = inpaintbench.run(
            methods="mean_fill",
            datasets=f"image_folder[path={name}/pictures]",
            masks="center_square[side=20]",
            metrics=["psnr", "ssim", "l1", "psnr_hole", "l1_hole"],
            size=64,
            device="cpu",
            out=Path(name) / "out",
            isolation="process",
        )
        return results.cells[0].record


class Crowd(Nursery):
    """All workers at once, as a process that takes jobs and answers.

    Args:
        record: with which it answers.
        seconds: after which it does.
    """

    def __init__(self, record: CellRecord, seconds: float) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            code = f"from benchmarks.scheduling import Answering; Answering({theirs.fileno()}, {seconds}).go_on()"
            self._process = subprocess.Popen([sys.executable, "-c", code], pass_fds=[theirs.fileno()])
        self.orders = Channel(ours)
        self._unread = []
        self._busy = True
        self.orders.send({"is": "done", "record": record.to_json()})
        self.orders.receive()  # it is there


class Answering:
    """What the crowd does.

    Args:
        descriptor: of the channel on which orders come.
        seconds: between a job and the answer.
    """

    def __init__(self, descriptor: int, seconds: float) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self._orders = Orders(socket.socket(fileno=descriptor))
        self._done = packed(self._orders.receive())
        self._orders.send({"is": "ready"})
        self._seconds = seconds
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._orders, selectors.EVENT_READ)
        self._born = NO_PROCESS
        self._due: list[tuple[float, int, socket.socket]] = []

    def go_on(self) -> None:
        """Answer until nobody gives orders."""
        while True:
            pause = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(pause):
                if key.data is not None:
                    self._listen(*key.data)
                    continue
                try:
                    self._bear(len(self._orders.waiting()))
                except ClosedError:
                    return
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2].sendall(self._done)

    def _bear(self, workers: int) -> None:
        for _ in range(workers):
            self._born += 1
            channel, output = self._orders.take()
            end = socket.socket(fileno=channel)
            end.sendall(packed({"is": "open", "environment": {}}))
            self._selector.register(end, selectors.EVENT_READ, (self._born, end, output, bytearray()))
            self._orders.send({"is": "born", "pid": self._born})

    def _listen(self, worker: int, end: socket.socket, output: int, received: bytearray) -> None:
        content = end.recv(1 << 16)
        received += content
        while (size := _size_of_first(received)) <= len(received):
            if received.startswith(_JOB, _LENGTH.size):
                heapq.heappush(self._due, (time.monotonic() + self._seconds, worker, end))
            del received[:size]
        if not content:
            self._selector.unregister(end)
            end.close()
            os.close(output)
            self._orders.send({"is": "died", "pid": worker, "code": 0})


def _size_of_first(received: bytearray) -> int:
    return _LENGTH.size + (_LENGTH.unpack_from(received)[0] if len(received) >= _LENGTH.size else 0)


if __name__ == "__main__":
    main()
