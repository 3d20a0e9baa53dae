"""What a person sees while a plan runs: a live display on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column

from inpaintbench.checkpoints import Card
from inpaintbench.execution.chosen import ChosenDataset, ChosenTraining
from inpaintbench.execution.planning.plan import Plan, PlannedCell, State
from inpaintbench.execution.telling.listener import SILENCE_SECONDS, Listener
from inpaintbench.records import CellRecord
from inpaintbench.report.sheet import clean, shorten
from inpaintbench.weights import WeightsFile

_LEFT: Final[Mapping[State, str]] = {"failed": "failed before", "stale": "out of date"}
"""How cells are called that are neither run nor complete."""


class Lines(Listener):
    """One line a finished cell: for logs, pipes and tests."""

    def __init__(self) -> None:
        self._count = self._total = 0
        self._prepared: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put away."""

    def say(self, text: str) -> None:
        """Print one line."""
        click.echo(text, err=True)

    def fetching(self, file: WeightsFile) -> None:
        """Name the file."""
        self.say(f"Fetching {file.filename} ({file.megabytes:g} MB).")

    def planned(self, plan: Plan, to_run: Sequence[PlannedCell]) -> None:
        """Say how much there is to do, and what cannot be scored."""
        self._total = len(to_run)
        running = {planned.folder for planned in to_run}
        left = Counter(planned.state for planned in plan if planned.folder not in running)
        cells = "1 cell" if len(plan.cells) == 1 else f"{len(plan.cells)} cells"
        parts = [f"{len(to_run)} to run", f"{left['cached']} stored in {plan.store.root}"]
        parts += [f"{left[state]} {words}" for state, words in _LEFT.items() if left[state]]
        self.say(f"{cells}: {', '.join(parts)}.")
        for line in say_left_out(plan):
            self.say(line)
        for metric in plan.cells[0].cell.metrics if plan.cells else ():
            if metric.unavailable:
                self.say(f"{metric.selection.name} is not scored: {metric.unavailable}")

    def training_started(self, training: ChosenTraining) -> None:
        """Say what is trained, and for how long."""
        self.say(f"Training {training.title}: {training.steps:,} steps of {training.batch} images.")

    def training_elsewhere(self, training: ChosenTraining) -> None:
        """Say what is waited for."""
        self.say(f"Waiting for another process that trains {training.title}.")

    def training_finished(self, training: ChosenTraining, card: Card) -> None:
        """Say how it went."""
        if card.status == "complete":
            self.say(f"Trained {training.title} in {duration(card.seconds)}.")
        for warning in card.warnings:
            self.say(f"{training.title}: {warning}")

    def training_refused(self, training: ChosenTraining, why: str) -> None:
        """Say why there are no weights."""
        self.say(f"{training.title} is not trained. {shorten(why)}")

    def preparing(self, dataset: ChosenDataset, items: int) -> None:
        """Say once what is being waited for, unless it is there already."""
        if items < len(dataset.items) and dataset.selection.name not in self._prepared:
            self._prepared.add(dataset.selection.name)
            self.say(f"Preparing {len(dataset.items)} pictures of {dataset.selection.name}.")

    def waiting(self, dataset: ChosenDataset) -> None:
        """Say what keeps the cell."""
        self.say(f"Waiting for another process that prepares pictures, before those of {dataset.selection.name}.")

    def finished(self, planned: PlannedCell, record: CellRecord) -> None:
        """Print how the cell ended."""
        self._count += 1
        log = "" if record.status == "complete" else f" (see {planned.folder / 'log.txt'})"
        self.say(f"[{self._count}/{self._total}] {describe(record)}{log}")

    def retried(self, planned: PlannedCell, batch_size: int, why: str) -> None:
        """Say that a cell is tried again, and why."""
        self.say(f"{planned.cell.title}: tried again, with batches of {batch_size}. {shorten(why)}")

    def fell_silent(self, title: str) -> None:
        """Say what gives no sign of life, and what may be the matter."""
        self.say(
            f"{title}: no sign of life for {SILENCE_SECONDS:.0f} s. Its process stands still, or runs code that lets "
            "nothing else of it run."
        )

    def spoke_again(self, title: str) -> None:
        """Say that it lives."""
        self.say(f"{title}: signs of life again.")

    def held(self, why: str) -> None:
        """Say what keeps the run."""
        self.say(why)

    def not_tracked(self, why: str) -> None:
        """Say who has failed."""
        self.say(clean(shorten(why)))

    def refused(self, planned: PlannedCell, error: Exception) -> None:
        """Print why the cell is not stored."""
        self._count += 1
        self.say(f"[{self._count}/{self._total}] {planned.cell.title}: not stored. {error}")


@dataclass
class _Bar:
    """The bar of a running cell's images.

    Attributes:
        task: the bar.
        since: when its speed began to count; None while nothing is known of it.
        before: images that were done then.
    """

    task: TaskID
    since: float | None = None
    before: int = 0


class Display(Lines):
    """Bars for the cells and for the images of the running ones, with images a second and the time left."""

    def __init__(self) -> None:
        super().__init__()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True, emoji=False, markup=False, highlight=False),
            transient=True,
        )
        self._cells: TaskID | None = None
        self._running: dict[Path, _Bar] = {}
        self._preparing: dict[str, TaskID] = {}
        self._steps: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(text, soft_wrap=True)

    def planned(self, plan: Plan, to_run: Sequence[PlannedCell]) -> None:
        """Start the bar of the cells."""
        super().planned(plan, to_run)
        self._cells = self._progress.add_task("cells", total=len(to_run), speed="")

    def started(self, planned: PlannedCell) -> None:
        """Start the bar of the cell's images."""
        total = len(planned.cell.dataset.items)
        self._running[planned.folder] = _Bar(self._progress.add_task(planned.cell.title, total=total, speed=""))

    def training_started(self, training: ChosenTraining) -> None:
        """Start the bar of a training's steps."""
        super().training_started(training)
        self._end_preparing()
        self._steps = self._progress.add_task(f"training {training.title}", total=training.steps, speed="")

    def trained(self, training: ChosenTraining, steps: int) -> None:
        """Move it."""
        if self._steps is not None:
            self._progress.update(self._steps, completed=steps)

    def training_finished(self, training: ChosenTraining, card: Card) -> None:
        """Put it away, and say how it went."""
        super().training_finished(training, card)
        self._end_training()

    def training_refused(self, training: ChosenTraining, why: str) -> None:
        """Put it away, and say why there are no weights."""
        super().training_refused(training, why)
        self._end_training()

    def _end_training(self) -> None:
        self._end_preparing()
        if self._steps is not None:
            self._progress.remove_task(self._steps)
            self._steps = None

    def preparing(self, dataset: ChosenDataset, items: int) -> None:
        """Move the bar of the data set's pictures, which goes when they are prepared."""
        total, name = len(dataset.items), dataset.selection.name
        if name not in self._preparing:
            self._preparing[name] = self._progress.add_task(f"preparing {name}", total=total, speed="")
        self._progress.update(self._preparing[name], completed=items)
        if items == total:
            self._end_preparing(name)
            for bar in self._running.values():
                bar.since = None if bar.since is None else time.monotonic()  # preparing does not count for the speed

    def _end_preparing(self, name: str | None = None) -> None:
        for ended in [*self._preparing] if name is None else [name]:
            if (task := self._preparing.pop(ended, None)) is not None:
                self._progress.remove_task(task)

    def progressed(self, planned: PlannedCell, images: int) -> None:
        """Move the bar."""
        bar = self._running.get(planned.folder)
        if bar is None:
            return
        if bar.since is None:  # what an earlier run has left took no time of this one
            bar.since, bar.before = time.monotonic(), images
            self._progress.reset(bar.task, completed=images)
            return
        elapsed = time.monotonic() - bar.since
        speed = f"{(images - bar.before) / elapsed:,.0f} images/s" if elapsed > 0 else ""
        self._progress.update(bar.task, completed=images, speed=speed)

    def finished(self, planned: PlannedCell, record: CellRecord) -> None:
        """Put the cell's bar away, and print how it ended."""
        super().finished(planned, record)
        self._step(planned)

    def refused(self, planned: PlannedCell, error: Exception) -> None:
        """Put the cell's bar away, and print why it is not stored."""
        super().refused(planned, error)
        self._step(planned)

    def _step(self, planned: PlannedCell) -> None:
        self._end_preparing(planned.cell.dataset.selection.name)  # what the data set raised may have ended it
        bar = self._running.pop(planned.folder, None)
        if bar is not None:
            self._progress.remove_task(bar.task)
        if self._cells is not None:
            self._progress.advance(self._cells)


def say_left_out(plan: Plan) -> list[str]:
    """Say which methods of an adapted suite are not run, and why."""
    return [f"Left out: {', '.join(names)}. {why}" for why, names in plan.left_out.items()]


def duration(seconds: float) -> str:
    """Say a time in words that fit its length."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def describe(record: CellRecord) -> str:
    """Say in one line how a cell ended."""
    names = f"{record.method} × {record.dataset} × {record.mask}"
    if record.status != "complete":
        error = record.error or {}
        return f"{names}: {record.status}. {error.get('type', '')}: {shorten(error.get('message', ''))}"
    seconds = record.timing["seconds_per_image"]
    speed = f", {seconds * 1000:.3g} ms an image" if seconds is not None else ""
    unreadable = f", {len(record.unreadable)} could not be decoded" if record.unreadable else ""
    return f"{names}: {record.scored} of {record.expected} images{unreadable}{speed}"
