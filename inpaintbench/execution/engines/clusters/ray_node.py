"""What happens on a node of a Ray cluster: jobs are done under this node's own supervision, and are told of."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inpaintbench.errors import CheckpointError
from inpaintbench.execution.devices.leases import VISIBLE, Lease
from inpaintbench.execution.engines import Outcome
from inpaintbench.execution.engines.clusters.remote import Brief, describe_outcome, work
from inpaintbench.execution.engines.clusters.shipping import (
    Token,
    has_checkpoint,
    pack_cell,
    receive_checkpoint,
    received,
)
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.workers.nursery import Nursery

WANTS_WEIGHTS: Final = "wants weights"

_LISTEN_SECONDS: Final = 0.1
"""Ray's interruption reaches a thread that waits for ever only when it wakes up."""

_nurseries: list[Nursery] = []
"""That of this process of Ray's: it imports once for all the tasks that come here, and ends with the process."""


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


def do_errand(errand: Errand) -> Iterator[dict[str, Any]]:
    """Do what a task is to do, and yield messages about it.

    Raises:
        WorkerError: if this node's supervision has died.
        KeyboardInterrupt: if Ray cancels the task; what was scored is stored.
    """
    places = {place: _find_checkpoint(place, errand) for place in errand.hashes}
    if not all(places.values()):
        yield {"is": WANTS_WEIGHTS}
        return
    cells = [
        dataclasses.replace(job, checkpoint=places.get(job.checkpoint, job.checkpoint))
        for job in errand.jobs
        if isinstance(job, CellJob)
    ]
    if errand.token.seen:
        yield from _stream(cells or errand.jobs, errand)
    elif cells:
        with tempfile.TemporaryDirectory(prefix="inpaintbench-") as scratch:
            here = [dataclasses.replace(job, folder=str(Path(scratch, str(job.number)))) for job in cells]
            for message in _stream(here, errand):
                folder = Path(scratch, str(message.get("job")))
                yield message | {"files": pack_cell(folder)} if message["is"] == "outcome" else message
    else:
        why = "its node does not see the folder of checkpoints. Train first, with `bench train`, and run again."
        for job in errand.jobs:
            error = CheckpointError(f"{job.title} cannot be trained on the cluster: {why}")
            yield describe_outcome(Outcome(job, error))


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


def _stream(jobs: Sequence[Job], errand: Errand) -> Iterator[dict[str, Any]]:
    """Do jobs in a thread, and yield what is said meanwhile."""
    messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    stop, failures = threading.Event(), []
    lease, nursery = _lease(errand.lease), _nursery(errand.brief)

    def tick() -> None:
        if stop.is_set():
            stop.clear()  # it is said once: the workers have to be waited for
            raise _StoppedError

    def run() -> None:
        try:
            work(jobs, errand.brief, (lease,), nursery, lambda message: messages.put(dict(message)), tick)
        except BaseException as error:
            failures.append(error)
        finally:
            messages.put(None)

    thread = threading.Thread(target=run, name="supervision", daemon=True)
    thread.start()
    try:
        while True:
            with contextlib.suppress(queue.Empty):
                if (message := messages.get(timeout=_LISTEN_SECONDS)) is None:
                    break
                yield message
    finally:
        stop.set()
        thread.join()
    if failures:
        _nurseries.clear()
        nursery.close()
        raise failures[0]


class _StoppedError(Exception):
    """The task was cancelled."""


def _lease(lease: Lease) -> Lease:
    """Return a lease with the GPU that this task may see, which its worker would else not be told."""
    if lease.kind == "cuda" and VISIBLE in os.environ:
        return dataclasses.replace(lease, environment={VISIBLE: os.environ[VISIBLE]})
    return lease


def _nursery(brief: Brief) -> Nursery:
    """Return this process's nursery, which starts to import at the first call."""
    if not _nurseries:
        brief.settle()
        _nurseries.append(Nursery())
    return _nurseries[0]
