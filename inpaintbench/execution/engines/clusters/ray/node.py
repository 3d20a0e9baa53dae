"""What happens on a node of a Ray cluster: jobs are done under this node's own supervision, and are told of."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inpaintbench.errors import CheckpointError, DeviceError, WorkerError
from inpaintbench.execution.devices.leases import VISIBLE, Lease
from inpaintbench.execution.engines import Outcome
from inpaintbench.execution.engines.clusters.leftovers import scratch
from inpaintbench.execution.engines.clusters.remote import Brief, describe_outcome, describe_unfit, work
from inpaintbench.execution.engines.clusters.shipping import (
    Token,
    has_checkpoint,
    pack_cell,
    receive_checkpoint,
    received,
)
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.nursery import Nursery
from inpaintbench.execution.workers.probing import find_leases

WANTS_WEIGHTS: Final = "wants weights"

_LISTEN_SECONDS: Final = 0.1
"""Ray's interruption reaches a thread that waits for ever only when it wakes up."""

_GATHER_SECONDS: Final = 0.05
"""So long messages are gathered, for what they cost is that they are many."""

Messages = list[dict[str, Any]]

_nurseries: dict[str, Nursery] = {}
"""That of this process of Ray's: it imports once for all the tasks that come here, and ends with the process.

Its name is the GPU that it sees: Ray may give the next task of this process another one.
"""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a task is to do.

    Attributes:
        jobs: of one method.
        brief: what else is known of the run.
        token: in the folder of the results; in that of checkpoints, where jobs are trainings.
        lease: what the worker may use; of GPUs, the one that Ray lets the task see.
        hashes: SHA-256 of the weights, by the folders of checkpoints.
        weights: references to the files of these checkpoints; empty until a node has asked for them.
    """

    jobs: tuple[Job, ...]
    brief: Brief
    token: Token
    lease: Lease
    hashes: Mapping[str, str]
    weights: Mapping[str, Any]


def do_errand(errand: Errand) -> Iterator[Messages]:
    """Do what a task is to do, and yield messages about it, some at a time.

    Raises:
        WorkerError: if this node's supervision has died.
        KeyboardInterrupt: if Ray cancels the task; what was scored is stored.
    """
    places = {place: _find_checkpoint(place, errand) for place in errand.hashes}
    if not all(places.values()):
        yield [{"is": WANTS_WEIGHTS}]
        return
    try:
        lease = _lease(errand)
    except DeviceError as error:
        yield [describe_unfit(error)]
        _occupy()
        return
    cells = [
        dataclasses.replace(job, checkpoint=places.get(job.checkpoint, job.checkpoint))
        for job in errand.jobs
        if isinstance(job, CellJob)
    ]
    if errand.token.seen:
        yield from _stream(cells or errand.jobs, errand.brief, lease)
    elif cells:
        with scratch() as folder:
            here = [dataclasses.replace(job, folder=str(folder / str(job.number))) for job in cells]
            for messages in _stream(here, errand.brief, lease):
                yield [_with_files(message, folder) for message in messages]
    else:
        why = "its node does not see the folder of checkpoints. Train first, with `bench train`, and run again."
        for job in errand.jobs:
            refused = CheckpointError(f"{job.title} cannot be trained on the cluster: {why}")
            yield [describe_outcome(Outcome(job, refused))]


def _with_files(message: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a message with all files of the cell if it says what has become of it."""
    return message | {"files": pack_cell(folder / str(message["job"]))} if message["is"] == "outcome" else message


def _occupy() -> None:
    """Keep this task's place until it is cancelled: whatever else came here would fail as soon, one after the other."""
    while True:
        time.sleep(_LISTEN_SECONDS)


def _find_checkpoint(place: str, errand: Errand) -> str:
    """Return where the weights lie on this node, once they are here; nothing if they are not."""
    sha256 = errand.hashes[place]
    for folder in (Path(place), received(sha256)):
        if has_checkpoint(folder, sha256):
            return str(folder)
    if place not in errand.weights:
        return ""
    import ray

    receive_checkpoint(ray.get(errand.weights[place]), received(sha256))
    return str(received(sha256))


def _stream(jobs: Sequence[Job], brief: Brief, lease: Lease) -> Iterator[Messages]:
    """Do jobs in a thread, and yield what is said meanwhile."""
    messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    stop, failures = threading.Event(), []
    nursery = _nursery(brief)

    def tick() -> None:
        if stop.is_set():
            stop.clear()  # it is said once: the workers have to be waited for
            raise _StoppedError

    def run() -> None:
        try:
            work(jobs, brief, (lease,), nursery, lambda message: messages.put(dict(message)), tick)
        except BaseException as error:
            failures.append(error)
        finally:
            messages.put(None)

    thread = threading.Thread(target=run, name="supervision", daemon=True)
    thread.start()
    try:
        ended = False
        while not ended:
            gathered, ended = _gather(messages)
            if gathered:
                yield gathered
    finally:
        stop.set()
        thread.join()
    if failures:
        _forget_nursery()
        raise failures[0]


def _gather(messages: queue.SimpleQueue[dict[str, Any] | None]) -> tuple[Messages, bool]:
    """Return what is said in the next moment, and whether that was all."""
    gathered: Messages = []
    until = time.monotonic() + _LISTEN_SECONDS
    with contextlib.suppress(queue.Empty):
        while (message := messages.get(timeout=max(0.0, until - time.monotonic()))) is not None:
            if not gathered:
                until = time.monotonic() + _GATHER_SECONDS
            gathered.append(message)
        return gathered, True
    return gathered, False


class _StoppedError(Exception):
    """The task was cancelled."""


def _lease(errand: Errand) -> Lease:
    """Return what this task may use, as it is on this machine.

    Raises:
        DeviceError: if it is a GPU, and none works here.
        WorkerError: if this node's supervision has died.
    """
    if errand.lease.kind != "cuda":
        return errand.brief.sized(errand.lease)
    try:
        return find_leases(Options(device="cuda", isolation="process"), _nursery(errand.brief))[0]
    except WorkerError:
        _forget_nursery()
        raise


def _nursery(brief: Brief) -> Nursery:
    """Return this process's nursery, which starts to import at the first call."""
    visible = os.environ.get(VISIBLE, "")
    if visible not in _nurseries:
        _forget_nursery()
        brief.settle()
        _nurseries[visible] = Nursery()
    return _nurseries[visible]


def _forget_nursery() -> None:
    for nursery in _nurseries.values():
        nursery.close()
    _nurseries.clear()
