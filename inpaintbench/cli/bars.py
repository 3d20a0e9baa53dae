"""What a person sees while files are fetched and pictures prepared: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from inpaintbench.api import Download
from inpaintbench.downloads.obtain import Listener


class Bars(Listener):
    """A bar on a terminal, lines elsewhere; both on stderr."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        if sys.stderr.isatty():
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TaskProgressColumn(),
                TimeRemainingColumn(compact=True),
                console=Console(stderr=True, emoji=False, markup=False, highlight=False),
                transient=True,
            )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def begin(self, what: str) -> None:
        """Start a bar, in place of the one before."""
        if self._progress:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task = self._progress.add_task(what, total=None)

    def move(self, done: int, total: int | None) -> None:
        """Move the bar."""
        if self._progress and self._task is not None:
            self._progress.update(self._task, completed=done, total=total)

    def waiting(self, dataset: str) -> None:
        """Another process is preparing pictures, of this data set or another."""
        self._say(f"waiting for another process that prepares pictures, before those of {dataset}")

    def fetching(self, download: Download) -> None:
        """A file is about to be fetched."""
        self._say(f"fetching {download.filename} ({download.megabytes:,.0f} MB)")

    def progressed(self, done: int, total: int | None) -> None:
        """So many bytes, or members of an archive, are there."""
        self.move(done, total)

    def unpacking(self, download: Download) -> None:
        """An archive is about to be unpacked."""
        self._say(f"unpacking {download.filename}")

    def _say(self, text: str) -> None:
        self.begin(text)
        if not self._progress:
            click.echo(text, err=True)
