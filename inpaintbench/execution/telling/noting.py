"""What the logbook of a run is told: that something happens, what is under way, and how cells end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from contextlib import suppress

from inpaintbench.checkpoints import Card
from inpaintbench.errors import StoreError
from inpaintbench.execution.chosen import ChosenTraining
from inpaintbench.execution.planning.plan import Plan, PlannedCell
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.logbook import Logbook, LoggedCell
from inpaintbench.logbook.files import explaining, read_file
from inpaintbench.records import SCHEMA, CellRecord


class Noting(Listener):
    """Keeps a logbook.

    Args:
        book: None if there is none.
        to_run: the cells that are to be done.
    """

    def __init__(self, book: Logbook | None, to_run: Sequence[PlannedCell]) -> None:
        self._book = book
        self._left = {planned.folder for planned in to_run}
        self._now: dict[Hashable, str] = {}
        self._silent: set[str] = set()
        self._counts: Counter[str] = Counter()

    def end(self) -> None:
        """Note that the run has come to its end, how its cells have ended, and whether `--fail-fast` has left some."""
        if self._book is not None:
            self._book.end("interrupted" if self._left else "ended", self._counts)

    def ticked(self) -> None:
        """Beat."""
        if self._book is not None:
            now = tuple(self._now.values())
            self._book.beat(now, [title for title in now if title in self._silent])

    def planned(self, plan: Plan, to_run: Sequence[PlannedCell]) -> None:
        """Note what is to be done, which trainings have changed."""
        self._left = {planned.folder for planned in to_run}
        if self._book is not None:
            with suppress(OSError):
                self._book.plan(map(logged, to_run))

    def training_started(self, training: ChosenTraining) -> None:
        """Note what is trained."""
        self._now[training.wanted.key] = f"training {training.title}"
        self.ticked()

    def trained(self, training: ChosenTraining, steps: int) -> None:
        """Beat."""
        self.ticked()

    def training_finished(self, training: ChosenTraining, card: Card) -> None:
        """Note that it is done."""
        self._now.pop(training.wanted.key, None)

    def training_refused(self, training: ChosenTraining, why: str) -> None:
        """Note that it is done."""
        self._now.pop(training.wanted.key, None)

    def started(self, planned: PlannedCell) -> None:
        """Note what runs."""
        self._now[planned.folder] = planned.cell.title
        self.ticked()

    def progressed(self, planned: PlannedCell, images: int) -> None:
        """Beat."""
        self.ticked()

    def fell_silent(self, title: str) -> None:
        """Note it."""
        self._silent.add(title)

    def spoke_again(self, title: str) -> None:
        """Strike it out."""
        self._silent.discard(title)

    def retried(self, planned: PlannedCell, batch_size: int, why: str) -> None:
        """Know that another worker is at it, and nothing bad of that one."""
        self._silent.discard(planned.cell.title)

    def finished(self, planned: PlannedCell, record: CellRecord) -> None:
        """Count it."""
        self._now.pop(planned.folder, None)
        self._left.discard(planned.folder)
        self._counts[record.status] += 1

    def refused(self, planned: PlannedCell, error: Exception) -> None:
        """Count it."""
        self._now.pop(planned.folder, None)
        self._left.discard(planned.folder)
        self._counts["not stored"] += 1


def logged(planned: PlannedCell) -> LoggedCell:
    """Return what a logbook says of a cell."""
    method, dataset, mask = planned.cell.names
    images = len(planned.cell.dataset.items)
    return LoggedCell(method, dataset, mask, planned.cell.key, images, planned.finished, _failed(planned))


def _failed(planned: PlannedCell) -> str:
    """Say when a later attempt has failed beside a complete result; nothing if none that can be read has."""
    if planned.state != "cached":
        return ""
    path = planned.folder / "failure.json"
    try:
        with explaining(path):
            failure = read_file(path, SCHEMA)
            return "" if failure is None else str(failure["finished"])
    except StoreError:
        return ""
