"""A place where jobs are done: the plugins, the device, and what is kept from one job to the next."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import torch

from inpaintbench.api import DatasetSpec, MaskSpec, Method, MethodSpec, MetricSpec
from inpaintbench.cell_writer import CellWriter
from inpaintbench.checkpoints import Checkpoint, Library
from inpaintbench.errors import CheckpointError, StaleError, StoreError
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask, ChosenMethod, ChosenMetric
from inpaintbench.execution.devices.device import torch_state_restored
from inpaintbench.execution.devices.settings import Settings
from inpaintbench.execution.evaluating.building import build_method
from inpaintbench.execution.evaluating.evaluate import Setup, evaluate
from inpaintbench.execution.evaluating.restoring import ProcessState
from inpaintbench.execution.evaluating.scoring import Panel
from inpaintbench.execution.jobs.job import CellJob, TrainingJob
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.execution.planning.learning import Learning
from inpaintbench.execution.planning.plan import weights_here
from inpaintbench.execution.teaching.school import School
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.plugins import Registry
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.records import CellRecord
from inpaintbench.selectors import select
from inpaintbench.store import Store

_KEPT: Final = 8
"""Data sets, masks and panels of metrics that are kept: a worker goes through those of one method again and again."""


class Workplace:
    """Does one job after the other, on one device.

    Args:
        registry: the plugins.
        device: on which everything happens.
        listener: told of pictures that are prepared, or waited for.

    Attributes:
        changed: whether code of others has left this process otherwise than it was before the last job. What could be
            put back has been; a process in which the next cell meets what the first one met is a new one.
    """

    def __init__(self, registry: Registry, device: torch.device, listener: Listener) -> None:
        self.registry, self.device, self.listener = registry, device, listener
        self.shelf = Shelf()
        self._dataset = lru_cache(_KEPT)(self._open_dataset)
        self._mask = lru_cache(_KEPT)(self._open_mask)
        self._metrics = lru_cache(_KEPT)(self._look_up_metrics)
        self._panel = lru_cache(_KEPT)(self._build_panel)
        self._method: tuple[tuple[str, str], Method] | None = None
        self.changed = False

    def do(self, job: CellJob, on_progress: Callable[[int], None] = lambda images: None) -> CellRecord:
        """Run a cell, unless another process has stored it since it was planned, and return what is stored of it.

        Args:
            job: the cell.
            on_progress: called with the number of images done.

        Raises:
            StaleError: if code, pictures or weights are no longer those that were planned.
            StoreError: if the folder cannot be written.
            UsageError: what ends the run, such as a data set that turns out to be unusable as a whole.
            KeyboardInterrupt: as it came; all scored batches are stored.
        """
        folder = Path(job.folder)
        self.changed = False
        writer = CellWriter(folder).open()
        try:
            if job.anew:
                if not job.begun:
                    writer.discard()
            elif (stored := _complete(folder)) is not None:
                return stored
            panel = self._panel(job.metrics)  # the same for all jobs of a run, whatever it imports
            before = Settings.read(), ProcessState.read()
            cell = self.cell(job)
            setup = Setup(
                device=self.device,
                batch_size=job.batch_size,
                exhausted=job.exhausted,
                panel=panel,
                samples=job.samples,
                strict=job.strict,
                shelf=self.shelf,
                listener=self.listener,
                method=self._taught,
                on_change=self._note_change,
            )
            record = evaluate(cell, writer, setup, on_progress)
        finally:
            writer.close()
        self.changed |= (Settings.read(), ProcessState.read()) != before  # by a data set or a mask
        if record.status != "complete" or self.changed:
            self._method = None  # nobody knows in what state a failure has left it, or what a constructor had set
        return record

    def train(self, job: TrainingJob) -> Checkpoint:
        """Train a method, unless another process has done so since it was planned.

        Raises:
            StaleError: if code or pictures are no longer those that were planned.
            CheckpointError: if it is not possible, or fails.
            UsageError: what ends the run, such as a test picture among the training pictures.
            KeyboardInterrupt: as it came; what was saved last is kept.
        """
        library = Library(Path(job.library))
        learning = Learning(self.registry, job.size, library)
        (method,) = select([job.method], MethodSpec, self.registry)
        (dataset,) = select([job.dataset], DatasetSpec, self.registry)
        training, _ = learning.look_up(method, dataset, self._mask(job.mask, job.size) if job.mask else None)
        if training is None or training.wanted.key != job.key:
            raise StaleError(f"{job.title} has changed since the run was planned. Run the same command again.")
        try:
            return School(self.device, library, self.listener, self.shelf).obtain(training)
        except OSError as error:  # such as of a full disk
            raise CheckpointError(f"{job.title} cannot be stored: {error}") from error

    def cell(self, job: CellJob) -> Cell:
        """Return the cell that a job is about.

        Raises:
            StaleError: if it is not the one that was planned.
        """
        (method,) = select([job.method], MethodSpec, self.registry)
        dataset = self._dataset(job.dataset, job.limit)
        cell = Cell(
            ChosenMethod.look_up(method, weights_here),
            dataset,
            self._mask(job.mask, job.size),
            self._metrics(job.metrics),
            job.size,
            job.seed,
            job.limit if dataset.limited else None,
            checkpoint=job.learned,
        )
        if cell.key != job.key:
            raise StaleError(
                f"{cell.title} has changed since the run was planned: code, pictures or weights are others. "
                "Run the same command again."
            )
        return cell

    def _taught(self, cell: Cell) -> Method:
        """Return the cell's method, on the device: the one of the job before, if that has learned the same."""
        which = cell.method.digest, cell.checkpoint.sha256 if cell.checkpoint else ""
        if self._method is None or self._method[0] != which:
            self._method = None  # what it holds is free before the next one is built
            self._method = which, build_method(cell, self.device)
        return self._method[1]

    def _note_change(self) -> None:
        self.changed = True

    def _open_dataset(self, selector: str, limit: int | None) -> ChosenDataset:
        (selection,) = select([selector], DatasetSpec, self.registry)
        return ChosenDataset.open(selection, limit)

    def _open_mask(self, selector: str, size: int) -> ChosenMask:
        (selection,) = select([selector], MaskSpec, self.registry)
        return ChosenMask.open(selection, size)

    def _look_up_metrics(self, selectors: tuple[str, ...]) -> tuple[ChosenMetric, ...]:
        return tuple(ChosenMetric.look_up(one, weights_here) for one in select(selectors, MetricSpec, self.registry))

    def _build_panel(self, selectors: tuple[str, ...]) -> Panel:
        with torch_state_restored():  # they score under settings that nobody chooses
            return Panel(self._metrics(selectors), self.device)


def _complete(folder: Path) -> CellRecord | None:
    try:
        stored = Store(folder).read(folder)
    except StoreError:  # damaged: it is written anew
        return None
    return stored.record if stored is not None and stored.record.status == "complete" else None
