"""Who is told what happens while a plan runs: a progress display, a log, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from inpaintbench.checkpoints import Card
from inpaintbench.execution.chosen import ChosenDataset, ChosenTraining
from inpaintbench.execution.planning.plan import Plan, PlannedCell
from inpaintbench.records import CellRecord
from inpaintbench.weights import WeightsFile

SILENCE_SECONDS: Final = 30.0
"""A worker that gives no sign of life for so long is told of: it has been stopped, or lets no other thread run."""


class Listener:
    """Hears everything and says nothing; displays override what they show."""

    def fetching(self, file: WeightsFile) -> None:
        """Pretrained weights are about to be fetched from the network."""

    def planned(self, plan: Plan, to_run: Sequence[PlannedCell]) -> None:
        """The plan is made, and these cells will run."""

    def training_started(self, training: ChosenTraining) -> None:
        """A training starts, or goes on."""

    def training_elsewhere(self, training: ChosenTraining) -> None:
        """Another process trains the same; it is waited for."""

    def trained(self, training: ChosenTraining, steps: int) -> None:
        """So many steps of the running training are done; the first call tells how many an earlier run has left."""

    def training_finished(self, training: ChosenTraining, card: Card) -> None:
        """A training has been stored: complete, or failed."""

    def training_refused(self, training: ChosenTraining, why: str) -> None:
        """A training is not possible, or could not be stored."""

    def started(self, planned: PlannedCell) -> None:
        """A cell starts."""

    def obtaining(self, dataset: ChosenDataset) -> None:
        """The running cell is about to open its pictures, or to prepare them where they are missing."""

    def obtained(self, dataset: ChosenDataset) -> None:
        """It has them."""

    def preparing(self, dataset: ChosenDataset, items: int) -> None:
        """So many pictures of the data set are prepared that the running cell or training waits for."""

    def waiting(self, dataset: ChosenDataset) -> None:
        """Another process is preparing pictures, of this data set or another; it is waited for."""

    def progressed(self, planned: PlannedCell, images: int) -> None:
        """So many images of the running cell are done; the first call tells how many an earlier run has left."""

    def finished(self, planned: PlannedCell, record: CellRecord) -> None:
        """A cell has been stored: complete, or failed."""

    def retried(self, planned: PlannedCell, batch_size: int, why: str) -> None:
        """A cell is tried again, with so many images at once."""

    def refused(self, planned: PlannedCell, error: Exception) -> None:
        """A cell could not be stored."""

    def fell_silent(self, title: str) -> None:
        """The worker of a cell or a training gives no sign of life."""

    def spoke_again(self, title: str) -> None:
        """It has been heard of again."""

    def held(self, why: str) -> None:
        """Something keeps cells and trainings from being done, such as that a cluster has no room."""

    def not_tracked(self, why: str) -> None:
        """A plugin or a tracker that is told of cells has failed; no cell has."""

    def ticked(self) -> None:
        """A moment has passed."""


class Telling(Listener):
    """Tells of pictures that are prepared, and of a training, in messages that JSON can hold.

    Args:
        say: takes them.
    """

    def __init__(self, say: Callable[[Mapping[str, Any]], None]) -> None:
        self._say = say

    def obtaining(self, dataset: ChosenDataset) -> None:
        """Say so."""
        self._say({"is": "obtaining"})

    def obtained(self, dataset: ChosenDataset) -> None:
        """Say so."""
        self._say({"is": "obtained"})

    def preparing(self, dataset: ChosenDataset, items: int) -> None:
        """Say how many pictures are prepared."""
        self._say({"is": "preparing", "items": items})

    def waiting(self, dataset: ChosenDataset) -> None:
        """Say that another process is waited for."""
        self._say({"is": "waiting"})

    def training_started(self, training: ChosenTraining) -> None:
        """Say so."""
        self._say({"is": "training", "what": "started"})

    def training_elsewhere(self, training: ChosenTraining) -> None:
        """Say that another process trains the same."""
        self._say({"is": "training", "what": "elsewhere"})

    def trained(self, training: ChosenTraining, steps: int) -> None:
        """Say how many steps are done."""
        self._say({"is": "training", "what": "steps", "steps": steps})

    def training_finished(self, training: ChosenTraining, card: Card) -> None:
        """Say how it went."""
        self._say({"is": "training", "what": "finished", "card": card.to_json()})


class Chorus(Listener):
    """Passes on all that it hears to several listeners, in their order."""

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = listeners


def _passing(name: str) -> Callable[..., None]:
    def heard(self: Chorus, *what: Any) -> None:
        for listener in self.listeners:
            getattr(listener, name)(*what)

    return heard


for _name in vars(Listener):
    if not _name.startswith("_"):
        setattr(Chorus, _name, _passing(_name))
