"""Evaluating one cell: load, complete, composite, score, store, batch by batch."""

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
from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import CacheError, DatasetError, StoreError, UnreadableImageError
from inpaintbench.execution.devices.device import (
    PeakMemory,
    describe_device,
    full_float32,
    synchronize,
    torch_state_restored,
)
from inpaintbench.execution.devices.settings import Apart, Changed
from inpaintbench.execution.evaluating.blaming import status_of
from inpaintbench.execution.evaluating.building import build_method
from inpaintbench.execution.evaluating.contract import check, snapshot
from inpaintbench.execution.evaluating.loader import Loaded, batches
from inpaintbench.execution.evaluating.recording import LONGEST_MESSAGE, capped, now, record_of
from inpaintbench.execution.evaluating.restoring import file_modes, process_state_restored
from inpaintbench.execution.evaluating.rows import rows
from inpaintbench.execution.evaluating.samples import save_samples
from inpaintbench.execution.evaluating.scoring import Panel
from inpaintbench.execution.evaluating.tally import Tally
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.integrity import digest
from inpaintbench.ops import composite, round_to_8_bits
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.records import CellRecord, ImageRecord, Status


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
        on_change: called if code of others has left torch or the process otherwise than it found it. That has been put
            back; but what a constructor or an import has set counts for none but this cell, so that nothing that was
            built can serve another one.
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
    on_change: Callable[[], None] = lambda: None

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
    changed: set[str] = set()
    run = _Run(cell, writer, setup, on_progress, changed.update)
    writer.begin(run.record("incomplete"))
    writer.log(f"{now()} {cell.title}: {len(cell.dataset.items)} images, {run.done} of them stored before")
    try:
        with full_float32(), torch_state_restored(changed.update), process_state_restored(changed.update):
            run.score_all()
        record = writer.seal(run.record("complete"))
        writer.log(f"{now()} complete")
        if changed:
            writer.log(f"What it had set otherwise was put back: {', '.join(sorted(changed))}.")
            setup.on_change()
    except (StoreError, DatasetError, CacheError, KeyboardInterrupt):
        raise
    except BaseException as error:  # whatever a plugin raises costs its own cell, and nothing else
        status = status_of(error)
        record = run.record(status, error)
        writer.log(f"{now()} {status}\n{capped(traceback.format_exc(), LONGEST_MESSAGE)}")
        if status != "oom" or setup.batch_size == 1:
            writer.fail(record)  # else it is tried with smaller batches; if not now, by the next run
    return record


class _Run:
    """The state of one evaluation."""

    def __init__(
        self,
        cell: Cell,
        writer: CellWriter,
        setup: Setup,
        on_progress: Callable[[int], None],
        changed: Changed,
    ) -> None:
        self._cell, self._writer, self._setup, self._on_progress = cell, writer, setup, on_progress
        self._changed = changed
        self._started, self._modes = now(), file_modes()
        self._clock = time.perf_counter()
        self._memory = PeakMemory(setup.device)
        self._warm_up_images = 0
        self._tally = Tally.of(writer.journal)
        environment = {name: setup.environment.get(name) for name in ("device", "versions")}
        self._how = {"batch_size": setup.batch_size, "environment": digest(environment)}

    @property
    def done(self) -> int:
        """Images that have been dealt with, scored or unreadable."""
        return len(self._tally.items)

    def score_all(self) -> None:
        """Score every image that is not stored yet."""
        self._refuse_unreadable(self._tally.unreadable)
        self._setup.panel.check()
        if isinstance(self._cell.dataset.built, Exception):
            raise self._cell.dataset.built
        self._on_progress(self.done)
        indices = [index for index, item in enumerate(self._cell.dataset.items) if item not in self._tally.items]
        if indices:
            self._score_items(indices)
        if not self._tally.scored:
            first = f"{self._tally.unreadable[0]['item']}: {self._tally.unreadable[0]['reason']}"
            raise UnreadableImageError(f"No image of {self._cell.names[1]} can be decoded; the first: {first}")

    def _score_items(self, indices: Sequence[int]) -> None:
        setup, data, apart = self._setup, self._cell.dataset, Apart(self._changed)
        setup.listener.obtaining(data)
        prepared = setup.shelf.obtain(
            data.wanted(self._cell.size),
            on_progress=lambda items: setup.listener.preparing(data, items),
            on_wait=lambda: setup.listener.waiting(data),
        )
        setup.listener.obtained(data)
        with closing(batches(self._cell, indices, setup.batch_size, prepared)) as all_loaded:
            with apart.theirs():
                method = setup.method(self._cell) if setup.method else build_method(self._cell, setup.device)
            for loaded in all_loaded:
                self._refuse_unreadable(loaded.unreadable)
                records = self._score(method, apart, loaded) if loaded.items else []
                self._writer.append(records, loaded.unreadable, self._how)
                self._tally.add(records, loaded.unreadable, self._how)
                self._on_progress(self.done)

    def _refuse_unreadable(self, unreadable: Sequence[Mapping[str, str]]) -> None:
        if unreadable and self._setup.strict:
            raise UnreadableImageError(f"{unreadable[0]['item']}: {unreadable[0]['reason']} (--strict)")

    def _score(self, method: Method, apart: Apart, loaded: Loaded) -> list[ImageRecord]:
        """Complete one batch, and return its records."""
        image, batch = loaded.to(self._setup.device)
        with apart.theirs():
            self._warm_up(method, batch)
        given = snapshot(batch)
        with apart.theirs():
            returned, seconds = self._complete(method, batch)
        checked = check(returned, batch, given)
        if os.umask(self._modes) != self._modes:  # what is written below must be readable
            self._changed(["file modes"])
        result = round_to_8_bits(composite(checked.image, image, batch.hole))
        kept = [position for position, index in enumerate(loaded.indices) if index < self._setup.samples]
        if kept:
            shown = (tensor[kept] for tensor in (image, batch.corrupted, batch.hole, result))
            save_samples(self._writer.samples, [loaded.indices[position] for position in kept], *shown)
        scores = self._setup.panel(result, image, batch.hole)
        timed = self._cell.method.selection.spec.timed
        return rows(loaded, batch, checked, scores, seconds / len(loaded.items) if timed else None)

    def _complete(self, method: Method, batch: Batch) -> tuple[object, float]:
        synchronize(self._setup.device)
        start = time.perf_counter()
        returned = method.complete(batch)
        synchronize(self._setup.device)
        return returned, time.perf_counter() - start

    def _warm_up(self, method: Method, batch: Batch) -> None:
        """Let the method do what only its first call does (build kernels, fill caches), unseen by the clock.

        One image is enough on the CPU; on CUDA, kernels are chosen by the whole batch's shape.
        """
        if self._warm_up_images == 0:
            count = len(batch.seeds) if self._setup.device.type == "cuda" else 1
            method.complete(snapshot(Batch(batch.corrupted[:count], batch.hole[:count], batch.seeds[:count])))
            synchronize(self._setup.device)
            self._warm_up_images = count

    def record(self, status: Status, error: BaseException | None = None) -> CellRecord:
        """Return what is known of the cell now."""
        return record_of(
            self._cell,
            status,
            self._setup.environment,
            error,
            **self._tally.counts,
            timing=self._tally.timing
            | {
                "wall_seconds": time.perf_counter() - self._clock,
                "batch_size": self._setup.batch_size,
                "exhausted_batch_sizes": list(self._setup.exhausted),
                "warm_up_images": self._warm_up_images,
            },
            memory=self._memory.read(),
            started=self._started,
        )
