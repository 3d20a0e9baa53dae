"""Evaluating one cell: load, complete, composite, score, store, batch by batch."""

import dataclasses
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from inpaintbench import provenance
from inpaintbench.api import Batch, Method
from inpaintbench.errors import CacheError, DatasetError, InvalidOutputError, StoreError, UnreadableImageError
from inpaintbench.execution.devices.device import (
    PeakMemory,
    describe_device,
    full_float32,
    synchronize,
    torch_state_restored,
)
from inpaintbench.execution.evaluating.building import build_method
from inpaintbench.execution.evaluating.contract import Checked, check, snapshot
from inpaintbench.execution.evaluating.loader import Loaded, batches
from inpaintbench.execution.evaluating.recording import now, record_of
from inpaintbench.execution.evaluating.restoring import file_modes, process_state_restored
from inpaintbench.execution.evaluating.samples import save_samples
from inpaintbench.execution.evaluating.scoring import Panel
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.ops import composite, round_to_8_bits
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.records import CellRecord, ImageRecord, Status
from inpaintbench.store import CellWriter


@dataclass(frozen=True)
class Setup:
    """What the cells of one run share.

    Attributes:
        device: on which everything happens.
        batch_size: images completed at once.
        panel: the metrics.
        samples: of so many images of each cell pictures are saved.
        strict: whether an image that cannot be decoded fails its cells.
        shelf: of prepared pictures.
        listener: told of the data set whose pictures are being prepared, or waited for.
        method: returns a cell's method, on the device; None to build one for each cell.
        exhausted: batch sizes that were tried before, and for which the memory did not suffice.
    """

    device: torch.device
    batch_size: int
    panel: Panel
    samples: int
    strict: bool
    shelf: Shelf = field(default_factory=Shelf)
    listener: Listener = field(default_factory=Listener)
    method: Callable[[Cell], Method] | None = None
    exhausted: Sequence[int] = ()

    @cached_property
    def environment(self) -> dict[str, Any]:
        """What is stored of the machine."""
        found = provenance.environment(describe_device(self.device))
        return found | ({"deterministic": True} if torch.are_deterministic_algorithms_enabled() else {})


def evaluate(
    cell: Cell, writer: CellWriter, setup: Setup, on_progress: Callable[[int], None] = lambda images: None
) -> CellRecord:
    """Run a cell to its end, taking up what an interrupted run has left, and store it.

    Args:
        cell: what to run.
        writer: its folder, open.
        setup: what the run's cells share.
        on_progress: called with the number of images done: once with those that are stored already, then after
            every batch.

    Returns:
        The record as stored: complete, or a failure with what the plugin raised. An `oom` of more than one image at
        once is not stored: the cell stays incomplete, to be carried on with smaller batches.

    Raises:
        StoreError: if the folder cannot be written; nothing is known of the cell then.
        DatasetError: if the data set turns out to be unusable as a whole, such as by a decompression bomb.
        CacheError: if the pictures cannot be prepared for want of room.
        KeyboardInterrupt: as it came; all scored batches are stored.
    """
    run = _Run(cell, writer, setup, on_progress)
    writer.begin(run.record("incomplete"))
    writer.log(f"{now()} {cell.title}: {len(cell.dataset.items)} images, {run.done} of them stored before")
    try:
        with torch_state_restored(), full_float32(), process_state_restored():
            run.score_all()
        record = writer.seal(run.record("complete"))
        writer.log(f"{now()} complete")
    except (StoreError, DatasetError, CacheError, KeyboardInterrupt):
        raise
    except BaseException as error:  # whatever a plugin raises costs its own cell, and nothing else
        status = _status_of(error)
        record = run.record(status, error)
        writer.log(f"{now()} {status}\n{traceback.format_exc()}")
        if status != "oom" or setup.batch_size == 1:
            writer.fail(record)  # else it is tried with smaller batches; if not now, by the next run
    return record


class _Run:
    """The state of one evaluation."""

    def __init__(self, cell: Cell, writer: CellWriter, setup: Setup, on_progress: Callable[[int], None]) -> None:
        self._cell, self._writer, self._setup, self._on_progress = cell, writer, setup, on_progress
        self._started, self._modes = now(), file_modes()
        self._clock = time.perf_counter()
        self._memory = PeakMemory(setup.device)
        self._warm_up_images = 0
        self._seen: set[str] = set()
        self._scored = self._unconverged = self._clamped = 0
        self._method_seconds = 0.0
        self._unreadable: list[dict[str, str]] = []
        for batch in writer.journal.batches():
            self._count(batch["records"], batch["unreadable"])

    @property
    def done(self) -> int:
        """Images that have been dealt with, scored or unreadable."""
        return len(self._seen)

    def score_all(self) -> None:
        """Score every image that is not stored yet."""
        self._refuse_unreadable(self._unreadable)
        self._setup.panel.check()
        if isinstance(self._cell.dataset.built, Exception):
            raise self._cell.dataset.built
        self._on_progress(self.done)
        indices = [index for index, item in enumerate(self._cell.dataset.items) if item not in self._seen]
        if indices:
            self._score_items(indices)
        if not self._scored:
            first = f"{self._unreadable[0]['item']}: {self._unreadable[0]['reason']}"
            raise UnreadableImageError(f"No image of {self._cell.names[1]} can be decoded; the first: {first}")

    def _score_items(self, indices: Sequence[int]) -> None:
        setup, data = self._setup, self._cell.dataset
        prepared = setup.shelf.obtain(
            data.wanted(self._cell.size),
            on_progress=lambda items: setup.listener.preparing(data, items),
            on_wait=lambda: setup.listener.waiting(data),
        )
        with closing(batches(self._cell, indices, setup.batch_size, prepared)) as all_loaded:
            method = setup.method(self._cell) if setup.method else build_method(self._cell, setup.device)
            for loaded in all_loaded:
                self._refuse_unreadable(loaded.unreadable)
                records = self._score(method, loaded) if loaded.items else []
                self._writer.append(records, loaded.unreadable)
                self._count(records, loaded.unreadable)
                self._on_progress(self.done)

    def _refuse_unreadable(self, unreadable: Sequence[Mapping[str, str]]) -> None:
        if unreadable and self._setup.strict:
            raise UnreadableImageError(f"{unreadable[0]['item']}: {unreadable[0]['reason']} (--strict)")

    def _score(self, method: Method, loaded: Loaded) -> list[ImageRecord]:
        """Complete one batch, and return its records."""
        image, batch = loaded.to(self._setup.device)
        self._warm_up(method, batch)
        checked, seconds = self._complete(method, batch)
        os.umask(self._modes)  # what is written below must be readable, whatever the method has set
        result = round_to_8_bits(composite(checked.image, image, batch.hole))
        kept = [position for position, index in enumerate(loaded.indices) if index < self._setup.samples]
        if kept:
            shown = (tensor[kept] for tensor in (image, batch.corrupted, batch.hole, result))
            save_samples(self._writer.samples, [loaded.indices[position] for position in kept], *shown)
        scores = self._setup.panel(result, image, batch.hole)
        return _records(loaded, batch, checked, scores, seconds / len(loaded.items))

    def _complete(self, method: Method, batch: Batch) -> tuple[Checked, float]:
        given = snapshot(batch)
        synchronize(self._setup.device)
        start = time.perf_counter()
        returned = method.complete(batch)
        synchronize(self._setup.device)
        seconds = time.perf_counter() - start
        return check(returned, batch, given), seconds

    def _warm_up(self, method: Method, batch: Batch) -> None:
        """Let the method do what only its first call does (build kernels, fill caches), unseen by the clock.

        One image is enough on the CPU; on CUDA, kernels are chosen by the whole batch's shape.
        """
        if self._warm_up_images == 0:
            count = len(batch.seeds) if self._setup.device.type == "cuda" else 1
            method.complete(snapshot(Batch(batch.corrupted[:count], batch.hole[:count], batch.seeds[:count])))
            synchronize(self._setup.device)
            self._warm_up_images = count

    def _count(self, records: list[ImageRecord], unreadable: Any) -> None:
        for record in records:
            self._seen.add(str(record["item"]))
            self._scored += 1
            self._unconverged += record["converged"] is False
            self._clamped += bool(record["clamped"])
            self._method_seconds += float(record["seconds"] or 0)
        self._seen.update(entry["item"] for entry in unreadable)
        self._unreadable.extend(unreadable)

    def record(self, status: Status, error: BaseException | None = None) -> CellRecord:
        """Return what is known of the cell now."""
        return record_of(
            self._cell,
            status,
            self._setup.environment,
            error,
            scored=self._scored,
            unreadable=tuple(self._unreadable),
            unconverged=self._unconverged,
            clamped=self._clamped,
            timing={
                "seconds_per_image": self._method_seconds / self._scored if self._scored else None,
                "method_seconds": self._method_seconds,
                "wall_seconds": time.perf_counter() - self._clock,
                "batch_size": self._setup.batch_size,
                "exhausted_batch_sizes": list(self._setup.exhausted),
                "warm_up_images": self._warm_up_images,
            },
            memory=self._memory.read(),
            started=self._started,
        )


def _records(
    loaded: Loaded, batch: Batch, checked: Checked, scores: dict[str, list[float]], seconds: float
) -> list[ImageRecord]:
    """Return one record an image, as the results folder keeps it."""
    clamped = checked.clamped.tolist()
    converged = [None] * len(loaded.items) if checked.converged is None else checked.converged.tolist()
    diagnostics = {f"method.{name}": values.tolist() for name, values in checked.diagnostics.items()}
    return [
        {
            "item": item,
            "index": loaded.indices[position],
            **({} if loaded.labels[position] is None else {"class": loaded.labels[position]}),
            **dataclasses.asdict(loaded.shapes[position]),
            "image_hash": loaded.hashes[position][0],
            "hole_hash": loaded.hashes[position][1],
            **{name: values[position] for name, values in scores.items()},
            "seconds": seconds,
            "clamped": clamped[position],
            "converged": converged[position],
            **{name: values[position] for name, values in diagnostics.items()},
        }
        for position, item in enumerate(loaded.items)
    ]


def _status_of(error: BaseException) -> Status:
    if isinstance(error, InvalidOutputError):
        return "invalid-output"
    out_of_memory = isinstance(error, torch.OutOfMemoryError | MemoryError)
    if out_of_memory or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error)):  # torch, on a CPU
        return "oom"
    return "failed"
