"""Telling plugins and trackers what has become of cells, whatever they make of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from inpaintbench.errors import PluginError
from inpaintbench.execution.planning.plan import PlannedCell
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.plugins import Observer, PluginSource, Registry
from inpaintbench.records import CellRecord
from inpaintbench.trackers import open_trackers


class Tracking(Listener):
    """Calls the hooks that tell of something, one plugin after the other; in a `with` statement, which is the run.

    Args:
        observers: who is told.
        listener: told of those that fail, once of each.
    """

    def __init__(self, observers: Iterable[Observer], listener: Listener) -> None:
        self._observers = sorted(observers, key=lambda observer: observer.source.name)
        self._listener = listener
        self._failed: set[PluginSource] = set()
        self._base = Path.cwd()  # a plugin may go elsewhere

    @classmethod
    def of(cls, registry: Registry, names: Sequence[str], root: Path, listener: Listener) -> Self:
        """Return what tells all plugins that want to hear, and the trackers of these names.

        Args:
            registry: the plugins.
            names: of trackers.
            root: the results folder.
            listener: told of those that fail.

        Raises:
            UsageError: if there is no such tracker, or it needs what is not installed.
        """
        trackers = open_trackers(names, root.absolute())
        chosen = [Observer.of(tracker, PluginSource("bundled", name)) for name, tracker in trackers.items()]
        return cls([*registry.observers, *chosen], listener)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell that the run is over."""
        self._tell("on_run_finished", "the end of the run", interrupted=kind is not None)

    def finished(self, planned: PlannedCell, record: CellRecord) -> None:
        """Tell how a cell has ended."""
        self._tell("on_cell_finished", planned.cell.title, record=record, folder=self._base / planned.folder)

    def _tell(self, hook: str, about: str, **what: object) -> None:
        for observer in self._observers:
            try:
                observer.tell(hook, **what)
            except PluginError as error:
                if observer.source not in self._failed:
                    self._failed.add(observer.source)
                    self._listener.not_tracked(
                        f"{error}. That was about {about}. No result is harmed, and further failures of it go unsaid."
                    )
            finally:
                os.chdir(self._base)  # the run's own paths may be relative
